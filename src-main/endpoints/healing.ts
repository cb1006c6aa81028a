/** What a repair of the record says, in English: for the command line and the conditions. The console has words of its own. */
import type { Healing, NOT_HEALED } from './model.ts'

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
