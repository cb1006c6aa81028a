import { actorIdOf } from '../../wire/ids.ts'
import type { ActorId } from '../../wire/ids.ts'
import { MAX_MEMBERS } from '../../wire/limits.ts'
import { noAssets, noEffect } from '../kind.ts'
import type { Kind } from '../kind.ts'
import { count, id, list, record, timeUs } from '../schema.ts'

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
  form: record({
    foundAtUs: timeUs,
    entry: count,
    payloads: count,
    entries: count,
    logRows: count,
    from: list(id(actorIdOf), MAX_MEMBERS),
  }),
  assets: noAssets,
  contracts: 'note',
  codes: [],
  decide: noEffect,
  example: { foundAtUs: 1_773_208_800_000_000, entry: 7, payloads: 1, entries: 0, logRows: 2, from: [] },
}
