/** The packs that come with this release. A channel activates them by hash; certificates enclose their source. */
import type { JsonValue } from '../wire/json.ts'
import { packHash } from './host.ts'
import { odometerSource } from './odometer/source.ts'

export interface ShippedPack {
  id: string
  version: string
  /** UTF-8 text that the sandbox evaluates. */
  source: string
  /** SHA-256 of `source`. */
  hash: Uint8Array
  /** Parameters to activate it with where the channel sets no others. */
  parameters: { [name: string]: JsonValue }
}

/** Caps in km, gap in days (see the pack's own text for the rest, which rarely changes). */
const ODOMETER_PARAMETERS = {
  capsKm: { day: 2000, week: 8000, month: 25000, quarter: 60000, year: 200000 },
  gapDaysMax: 30,
}

/** What a new channel activates. Once there is a second version of a pack, the first stays: channels keep what they activated. */
export function shippedPacks(): ShippedPack[] {
  return [
    {
      id: 'odometer',
      version: '1.0',
      source: odometerSource,
      hash: packHash(odometerSource),
      parameters: ODOMETER_PARAMETERS,
    },
  ]
}
