/** States that gateways tell each other and that screens show. A new one is added here; the compiler names the words that it needs. */

/**
 * live: readings arrive as they should · connecting: not yet or not again connected · stale: connected but silent ·
 * refused: the other side refuses us · untrusted: we do not trust its certificate yet · stopped: not running.
 */
export const SOURCE_STATES = ['live', 'connecting', 'stale', 'stopped', 'refused', 'untrusted'] as const
export type SourceStateName = (typeof SOURCE_STATES)[number]

/** What a gateway does in the agreement of its channel. */
export const GATEWAY_ROLES = ['leader', 'follower', 'candidate', 'learner', 'unknown'] as const
export type GatewayRole = (typeof GATEWAY_ROLES)[number]

/** What the system says of its clock. */
export const CLOCK_STATES = ['synchronised', 'unsynchronised', 'unknown'] as const

/** Why a gateway does not believe its clock: it leapt, or it started before the newest seal, or long after it. */
export const CLOCK_DOUBTS = ['leapt', 'before-seal', 'after-seal'] as const
export type ClockDoubtKind = (typeof CLOCK_DOUBTS)[number]
