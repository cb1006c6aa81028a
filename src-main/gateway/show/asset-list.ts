import type { Asset } from '../../endpoints/certificate-model.ts'
import type { LedgerReader, ReadAsset } from '../../ledger/reader.ts'
import type { LeafIndex } from '../../wire/ids.ts'
import { labelOf, nameOf } from '../../wire/languages.ts'
import { quorumCheckpoint } from '../agreement/quorum-checkpoint.ts'

/** Further before the first reading nothing is looked for: an event may say any time of itself. */
const SAID_BEFORE_US_MAX = 86_400_000_000

/**
 * Assets with their streams. `firstUs` is the first reading; `lastUs` the moment up to which every open stream has delivered in
 * the newest state that a quorum cosigned, and no later than that state, which is as far as a certificate can speak. Null before there is one.
 * Once every stream has ended, as those of a finished lot, what its packs read of people lies between them, too: a plan before the first
 * reading, and whatever was said after the last.
 */
export function assetList(reader: LedgerReader, gatewayOf: (actor: string) => string): Asset[] {
  // A certificate rests on the state that the newest agreed seal commits to: the one before it closed.
  const agreed = quorumCheckpoint(reader)
  const height = (agreed === null ? 0 : (reader.blocks.sealBelow(agreed.size)?.height ?? 0)) - 1
  const closed = reader.blocks.seal(height)
  const closedUs = closed?.timeUs ?? 0
  return reader.assets().map((asset) => {
    const open = asset.streams.filter((interval) => interval.lastSequence === null)
    const histories = asset.streams.flatMap(({ stream }) => reader.histories.at(asset.asset, stream, height) ?? [])
    const newest = open.flatMap(({ stream }) => reader.histories.at(asset.asset, stream, height)?.lastTimeUs ?? [])
    const firstUs = Math.min(...histories.map((history) => history.firstTimeUs))
    const isEnded = histories.length > 0 && open.length === 0 && closed !== null
    const said = isEnded ? saidOf(reader, asset, { firstUs, before: closed.index }) : { firstUs, lastUs: 0 }
    const delivered =
      open.length > 0 ? newest : [Math.max(said.lastUs, ...histories.map(({ newestTimeUs }) => newestTimeUs))]
    return {
      id: asset.asset,
      scheme: asset.scheme,
      type: asset.type,
      ...nameOf(asset),
      simulated: asset.simulated,
      packs: [...asset.packs],
      streams: [...new Set(asset.streams.map(({ stream }) => stream))].map((stream) => {
        const state = reader.stream(stream)
        return {
          stream,
          ...labelOf(state ?? { label: stream }),
          unit: state?.unit ?? '',
          gateway: state === null ? '' : gatewayOf(state.actor),
        }
      }),
      firstUs: histories.length === 0 ? null : said.firstUs,
      lastUs: histories.length === 0 || delivered.length === 0 ? null : Math.min(closedUs, ...delivered),
    }
  })
}

/** From the first event that a pack of the asset reads, to the seal behind the last one and behind the ends of its streams. */
function saidOf(
  { assetEvents, blocks }: LedgerReader,
  { asset, packs }: ReadAsset,
  { firstUs, before }: { firstUs: number; before: LeafIndex },
): { firstUs: number; lastUs: number } {
  const types = packs.map((pack) => `${pack}.`)
  const first = types.flatMap((type) => assetEvents.firstSaidUs(asset, type, firstUs - SAID_BEFORE_US_MAX) ?? [])
  const last = ['stream.unbound', ...types].flatMap((type) => assetEvents.lastOf(asset, type, before) ?? [])
  const sealed = last.flatMap((index) => blocks.blockOf(index)?.timeUs ?? [])
  return { firstUs: Math.min(firstUs, ...first), lastUs: Math.max(0, ...sealed) }
}
