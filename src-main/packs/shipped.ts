/** The packs that come with this release. A channel activates them by hash; certificates enclose their source. */
import type { JsonValue } from '../wire/json.ts'
import { packHash } from './host.ts'
import { odometerSource1_0, odometerSource1_1 } from './odometer/source.ts'

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

const odometer = (version: string, source: string): ShippedPack => ({
  id: 'odometer',
  version,
  source,
  hash: packHash(source),
  parameters: ODOMETER_PARAMETERS,
})

/** The newest version of each pack: what a new channel activates. */
export function shippedPacks(): ShippedPack[] {
  return [odometer('1.1', odometerSource1_1)]
}

/** Every version that ever came with a release: a channel keeps the one that it activated. */
export function everyPackVersion(): ShippedPack[] {
  return [...shippedPacks(), odometer('1.0', odometerSource1_0)]
}
