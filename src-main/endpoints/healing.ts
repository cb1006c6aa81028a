/**
 * The repair of a damaged record with what other gateways have, and what it says in English: for the command line and the conditions. The
 * console has words of its own.
 */
import { z } from 'zod'
import type {} from 'zod-openapi'
import { Count, TimeUs } from './quantities.ts'

/** Why a damaged record could not be repaired. */
export const NOT_HEALED = [
  'alone',
  'nobody-reachable',
  'nobody-has-it',
  'they-differ',
  'too-much',
  'no-room',
  'damaged-otherwise',
  'failed',
] as const

export const Healing = z
  .object({
    /** `none`: nothing to do; `healed` and `not-healed` end it. */
    state: z.enum(['none', 'looking', 'fetching', 'rebuilding', 'healed', 'not-healed']),
    /** Payloads, entries and log rows that this disk lost, and those that were had from others. */
    lost: Count,
    fetched: Count,
    /** Names of the gateways that gave them. */
    from: z.array(z.string()),
    reason: z.enum(NOT_HEALED).nullable(),
    /** Which part, or what the disk says, where that is known. */
    detail: z.string().nullable(),
    /** When it is tried again by itself; null where it is not. */
    nextAtUs: TimeUs.nullable(),
  })
  .meta({ id: 'Healing' })
export type Healing = z.infer<typeof Healing>

export const NOT_HEALED_TEXT: Readonly<Record<(typeof NOT_HEALED)[number], string>> = {
  alone: 'parts of it are lost, and there is no other gateway that could have them',
  'nobody-reachable': 'parts of it are lost, and no other gateway could be reached',
  'nobody-has-it': 'parts of it are lost, and no gateway that could be reached has them undamaged',
  'they-differ': 'parts of it are lost, and the other gateways do not give the same, or nothing that holds',
  'too-much': 'more is lost than can be fetched: the disk is past repair',
  'no-room': 'there is no room on the disk for the ledger that would be made anew',
  'damaged-otherwise': 'something is damaged that only this gateway had',
  failed: 'the repair did not come to its end',
}

/** Why it could not be done, with the place. */
export function notHealedText({ reason, detail }: Pick<Healing, 'reason' | 'detail'>): string {
  const why = NOT_HEALED_TEXT[reason ?? 'failed']
  return detail === null ? why : `${why} (${detail})`
}
