/**
 * The ledger that a channel goes on from, named by its founder: after the loss of a majority nobody can go on in the old channel, so
 * another is founded that says where the old one ended. It is a claim about that ledger, and proves nothing of it.
 */
import { toHex } from '../wire/bytes.ts'
import { WireError } from '../wire/errors.ts'
import { HASH_BYTES } from '../wire/limits.ts'
import { channelOfOrigin } from '../wire/origin.ts'
import { bytes, checked, integer, record, refuse, text } from './schema.ts'
import type { Form } from './schema.ts'

export interface Continues {
  /** Origin of its checkpoints. */
  readonly origin: string
  /** Entries up to and including its newest seal; at least 1, its genesis. */
  readonly size: number
  /** Root of its ledger tree at that size. */
  readonly root: Uint8Array
}

/** What founds a channel may name a ledger that it continues; where it continues nothing, the field is not there. */
export interface MayContinue {
  readonly continues?: Continues
}

export const continuesForm: Form<Continues> = checked(
  record({ origin: text(), size: integer(1), root: bytes(HASH_BYTES) }),
  ({ origin }, where) => {
    try {
      channelOfOrigin(origin)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      refuse(where, '"origin" is no name of a channel’s log')
    }
  },
)

/** For documents that people's scripts read: the root in hex; null where nothing is continued. */
export function continuesJson({ continues }: MayContinue): { origin: string; size: number; root: string } | null {
  return continues === undefined ? null : { ...continues, root: toHex(continues.root) }
}
