/** Folds the readings of one batch into the running state of the packs that an asset is bound to. */
import { equalBytes, toHex } from '../wire/bytes.ts'
import type { JsonValue } from '../wire/json.ts'
import type { Reading } from '../wire/reading.ts'
import { PackError } from './errors.ts'
import type { PackHost } from './host.ts'
import { readingForPack } from './reading-json.ts'
import type { ShippedPack } from './shipped.ts'

export interface ActivePack {
  id: string
  version: string
  hash: Uint8Array
  engineHash: Uint8Array
  parameters: JsonValue
}

export interface ApplyInput {
  /** The packs in force that the asset is bound to. */
  packs: ActivePack[]
  asset: string
  /** Ledger index of the batch. */
  index: number
  /** Readings of streams bound to the asset, by stream, then sequence. */
  readings: Reading[]
  /** What the streams measure; readings of a stream that is not listed are not for packs to see. */
  streams: { stream: string; quantity: string; unit: string; kind: string }[]
  state: (packId: string) => JsonValue | undefined
}

/**
 * An applier over one engine. A pack that throws or exceeds its limits does so on every replica alike: its state then keeps what it was and
 * notes the failure. A trap, or a pack or engine that this replica does not have, decides nothing: it throws PackError
 * and the replica must stop.
 */
export function packApplier(
  host: PackHost,
  catalog: readonly Pick<ShippedPack, 'source' | 'hash'>[],
): (input: ApplyInput) => { packId: string; state: JsonValue }[] {
  const sources = new Map(catalog.map((pack) => [toHex(pack.hash), pack.source]))
  return (input) => input.packs.map((pack) => ({ packId: pack.id, state: applyOne(host, sources, pack, input) }))
}

function applyOne(
  host: PackHost,
  sources: ReadonlyMap<string, string>,
  pack: ActivePack,
  input: ApplyInput,
): JsonValue {
  const source = sources.get(toHex(pack.hash))
  if (source === undefined) {
    throw new PackError(
      'pack_invalid',
      `pack ${pack.id} ${pack.version} (${toHex(pack.hash)}) is not in this release; update Plumbline`,
    )
  }
  if (!equalBytes(pack.engineHash, host.engineHash)) {
    throw new PackError(
      'engine_invalid',
      `pack ${pack.id} was activated for engine ${toHex(pack.engineHash)}, this is ${toHex(host.engineHash)}; update Plumbline`,
    )
  }
  const state = input.state(pack.id) ?? null
  try {
    return host.run(source, 'apply', {
      asset: input.asset,
      index: input.index,
      parameters: pack.parameters,
      streams: input.streams.map(({ stream, quantity, unit, kind }) => ({ stream, quantity, unit, kind })),
      readings: input.readings.map(readingForPack),
      state,
    })
  } catch (error) {
    if (!(error instanceof PackError) || error.code === 'pack_trap' || error.code === 'engine_invalid') throw error
    const kept = typeof state === 'object' && state !== null && !Array.isArray(state) ? state : {}
    return { ...kept, failure: { entry: input.index, code: error.code, message: error.message } }
  }
}
