import { itemBytes } from '../../wire/fields.ts'
import { actorIdOf, idBytes } from '../../wire/ids.ts'
import type { ActorId } from '../../wire/ids.ts'
import { ID_BYTES, MAX_MEMBERS } from '../../wire/limits.ts'
import { noAssets, noEffect } from '../kind.ts'
import type { Kind } from '../kind.ts'

/** A gateway found that its disk had lost parts of the record, and has them again from others. */
export interface RecordHealed {
  readonly foundAtUs: number
  /** Ledger index at which the record differed first. */
  readonly entry: number
  /** How many of each it had from others. */
  readonly payloads: number
  readonly entries: number
  readonly logRows: number
  readonly from: readonly ActorId[]
}

export const recordHealed: Kind<RecordHealed> = {
  encode: (body) => ({ ...body, from: body.from.map(idBytes) }),
  decode: (fields) => ({
    foundAtUs: fields.timeUs('foundAtUs'),
    entry: fields.count('entry'),
    payloads: fields.count('payloads'),
    entries: fields.count('entries'),
    logRows: fields.count('logRows'),
    from: fields.list('from', MAX_MEMBERS, (item, where) =>
      actorIdOf(itemBytes(item, ID_BYTES, where, 'malformed_event')),
    ),
  }),
  assets: noAssets,
  decide: noEffect,
  example: { foundAtUs: 1_773_208_800_000_000, entry: 7, payloads: 1, entries: 0, logRows: 2, from: [] },
}
