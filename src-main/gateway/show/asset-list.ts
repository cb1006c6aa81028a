import type { Asset } from '../../endpoints/certificate-model.ts'
import type { LedgerReader } from '../../ledger/reader.ts'
import { labelOf, nameOf } from '../../wire/languages.ts'
import { quorumCheckpoint } from '../agreement/quorum-checkpoint.ts'

/**
 * Assets with their streams. `firstUs` is the first reading; `lastUs` the moment up to which every open stream has delivered in
 * the newest state that a quorum cosigned, and no later than that state, which is as far as a certificate can speak. Null before there is one.
 */
export function assetList(reader: LedgerReader, gatewayOf: (actor: string) => string): Asset[] {
  // A certificate rests on the state that the newest agreed seal commits to: the one before it closed.
  const agreed = quorumCheckpoint(reader)
  const height = (agreed === null ? 0 : (reader.blocks.sealBelow(agreed.size)?.height ?? 0)) - 1
  const closedUs = reader.blocks.seal(height)?.timeUs ?? 0
  return reader.assets().map((asset) => {
    const open = asset.streams.filter((interval) => interval.lastSequence === null)
    const histories = asset.streams.flatMap(({ stream }) => reader.histories.at(asset.asset, stream, height) ?? [])
    const newest = open.flatMap(({ stream }) => reader.histories.at(asset.asset, stream, height)?.lastTimeUs ?? [])
    const delivered = open.length > 0 ? newest : [Math.max(...histories.map(({ newestTimeUs }) => newestTimeUs))]
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
      firstUs: histories.length === 0 ? null : Math.min(...histories.map((history) => history.firstTimeUs)),
      lastUs: histories.length === 0 || delivered.length === 0 ? null : Math.min(closedUs, ...delivered),
    }
  })
}
