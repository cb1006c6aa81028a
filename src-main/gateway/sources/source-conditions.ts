import type { SourceState } from '../../acquisition/source-state.ts'
import type { OnCondition } from '../conditions.ts'

/** States of a source that need a person. */
const CONDITIONS = [
  ['untrusted', 'source-untrusted'],
  ['refused', 'source-refused'],
  ['stale', 'source-stale'],
] as const

/** A machine that is switched on again is usually there before. */
const UNREACHED_US = 60_000_000

/**
 * Says what is wrong with a source of this gateway; its place is `gateway/source id`, as two gateways may have one id. To be called again
 * from time to time: one that cannot be reached changes nothing by itself.
 */
export function noteSource(onCondition: OnCondition, gateway: string, at: SourceState, nowUs: number): void {
  const { source, name, state, sinceUs } = at
  for (const [bad, code] of CONDITIONS) onCondition(code, `${gateway}/${source}`, state === bad, { source: name })
  const isUnreached = state === 'connecting' && nowUs - sinceUs >= UNREACHED_US
  onCondition('source-unreached', `${gateway}/${source}`, isUnreached, { source: name })
}

/** Whether it is of the gateway itself, and said nowhere else: of its console, or of a channel that stopped. */
export function ofGateway(code: string): boolean {
  return /^(?:console|channel)-/.test(code)
}
