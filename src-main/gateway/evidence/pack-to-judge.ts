/** Which pack judges an asset, and in which version. */
import type { LedgerReader } from '../../ledger/reader.ts'
import type { Pack } from '../../packs/pack.ts'
import { didYouMean } from '../../wire/near-match.ts'
import { GatewayError } from '../error.ts'

export interface WantedPack {
  asset: string
  /** Where several judge the asset, which. */
  pack?: string | undefined
  toUs: number
  /** A pack by its hash, where this gateway has it. */
  packOf(hash: Uint8Array): Pack | undefined
}

/** The pack that is to judge. Throws GatewayError `no_pack`, `pack_unclear` or `pack_not_bound`. */
export function packIdOf(
  { asset, pack: wanted }: Pick<WantedPack, 'asset' | 'pack'>,
  packs: readonly string[],
): string {
  const [first, ...others] = packs
  if (first === undefined)
    throw new GatewayError('no_pack', `no rule pack judges "${asset}"`, 'Bind one under assets[].packs.')
  const listed = packs.join(', ')
  if (wanted === undefined && others.length > 0)
    throw new GatewayError(
      'pack_unclear',
      `several rule packs judge "${asset}": ${listed}`,
      'Say which of them is to judge: --pack ID, or "pack" in the call.',
    )
  if (wanted !== undefined && !packs.includes(wanted))
    throw new GatewayError(
      'pack_not_bound',
      `the rule pack "${wanted}" does not judge "${asset}".${didYouMean(wanted, packs)}`,
      `It is judged by: ${listed}.`,
    )
  return wanted ?? first
}

/**
 * The version that was in force in the state that is certified, `height`: another one may be by now. Throws GatewayError `pack_retired`,
 * `pack_not_shipped`.
 */
export function packToJudge(
  reader: LedgerReader,
  { toUs, packOf }: Pick<WantedPack, 'toUs' | 'packOf'>,
  { id, height }: { id: string; height: number },
): Pack {
  const inForce = reader.state.packAt(height, id)
  const retired = inForce?.retired ?? null
  if (retired !== null && toUs > retired.timeUs)
    throw new GatewayError(
      'pack_retired',
      `the pack "${id}" was retired by entry ${retired.entry}, before the period ends`,
      'Choose a period that ends before it, or have a version of it activated: plumbline pack list.',
    )
  const pack = inForce === null ? undefined : packOf(inForce.hash)
  if (pack === undefined)
    throw new GatewayError('pack_not_shipped', `the pack "${id}" is not in this release`, 'Update Plumbline.')
  return pack
}
