/**
 * The ledger that a channel goes on from, named by its founder: after the loss of a majority nobody can go on in the old channel, so
 * another is founded that says where the old one ended. It is a claim about that ledger, and proves nothing of it.
 */
import { toHex } from '../wire/bytes.ts'
import type { CborInput } from '../wire/cbor.ts'
import { WireError } from '../wire/errors.ts'
import type { Fields } from '../wire/fields.ts'
import { HASH_BYTES } from '../wire/limits.ts'
import { channelOfOrigin } from '../wire/origin.ts'

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

/** The field, to be spread into a map; nothing where nothing is continued. */
export function encodeContinues({ continues }: MayContinue): { continues?: CborInput } {
  return continues === undefined ? {} : { continues: { ...continues } }
}

/** Reads the field where it is there. Throws WireError with the code of `fields`. */
export function readContinues(fields: Fields): MayContinue {
  if (!fields.has('continues')) return {}
  const nested = fields.nested('continues')
  const continues = {
    origin: nested.text('origin'),
    size: nested.integer('size', 1, Number.MAX_SAFE_INTEGER),
    root: nested.bytes('root', HASH_BYTES),
  }
  nested.end()
  try {
    channelOfOrigin(continues.origin)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    nested.fail('"origin" is no name of a channel’s log')
  }
  return { continues }
}

/** For documents that people's scripts read: the root in hex; null where nothing is continued. */
export function continuesJson({ continues }: MayContinue): { origin: string; size: number; root: string } | null {
  return continues === undefined ? null : { ...continues, root: toHex(continues.root) }
}
