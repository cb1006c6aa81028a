import { incarnationIdOf } from '../../wire/ids.ts'
import type { IncarnationId } from '../../wire/ids.ts'
import { noAssets, noEffect } from '../kind.ts'
import type { Kind } from '../kind.ts'
import { id, nullable, record } from '../schema.ts'

/** A sign of life of a gateway that has nothing else to say. */
export const gatewayAlive: Kind<Record<string, never>> = {
  form: record({}),
  assets: noAssets,
  contracts: 'note',
  codes: [],
  decide: noEffect,
  example: {},
}

/** The first statement of every incarnation but an actor's first: the fence behind which nothing of the ended one counts. */
export interface GatewayResumed {
  /** The incarnation that it ends; null where the ledger has none of this actor. */
  readonly ends: IncarnationId | null
}

/** As the first statement of its incarnation it is a fence and comes before every kind; anywhere else it is refused. */
export const gatewayResumed: Kind<GatewayResumed> = {
  form: record({ ends: nullable(id(incarnationIdOf)) }),
  assets: noAssets,
  contracts: 'note',
  codes: ['resumed-amid-chain'],
  decide: () => 'resumed-amid-chain',
  example: { ends: null },
}
