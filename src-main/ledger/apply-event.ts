import { equalBytes } from '../wire/bytes.ts'
import { encodeCbor } from '../wire/cbor.ts'
import { coreKey, encodeCoreValue } from '../record/core-state.ts'
import type { AssetState } from '../record/core-state.ts'
import { streamId } from '../record/channel.ts'
import { decodeBody, isCoreEvent } from '../record/events.ts'
import type {
  AssetRegistered,
  CertificateIssued,
  CoreEvents,
  CoreEventType,
  StreamClosed,
  StreamOpened,
} from '../record/events.ts'
import type { LeafIndex } from '../wire/ids.ts'
import { MAX_ASSET_INTERVALS } from '../wire/limits.ts'
import type { CoreRefusalCode } from '../record/refusals.ts'
import type { EventStatement } from '../record/statements.ts'
import { STREAM_MEANING } from '../record/stream-fields.ts'
import type { LedgerState } from './state.ts'
import { streamRecord } from './state.ts'

/** Applies an event that was found valid. */
type Effect = (index: LeafIndex) => void

/** Printable ASCII without blanks at its ends: an id has one spelling, and no two ids look alike. */
const ASSET_ID = /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/

/**
 * Whether an event may take effect now: the effect, or the code of the reason for which it is invalid. Nothing changes until the
 * effect is called.
 */
export function checkEvent(state: LedgerState, event: EventStatement): Effect | CoreRefusalCode {
  if (isCoreEvent(event.type)) return check(event.type, state, event)
  const owner = event.type.slice(0, event.type.indexOf('.'))
  if (!state.packs.has(owner)) return 'type-unknown'
  return signerRefusal(state, event) ?? noEffect
}

/** Why the signer may not act as it says; null where it may. */
export function signerRefusal(state: LedgerState, event: EventStatement): CoreRefusalCode | null {
  const member = state.members.get(event.actor)
  if (member === undefined) return 'signer-no-member'
  return member.roles.includes(event.role) ? null : 'role-not-held'
}

const noEffect: Effect = () => {}

type Check<T extends CoreEventType> = (
  state: LedgerState,
  event: EventStatement,
  body: CoreEvents[T],
) => Effect | CoreRefusalCode

const checks: { readonly [T in CoreEventType]: Check<T> } = {
  'channel.opened': () => 'channel-opened-already',
  'stream.opened': streamOpened,
  'stream.closed': streamClosed,
  'asset.registered': assetRegistered,
  'gateway.alive': () => noEffect,
  // The one that begins an incarnation never comes here (apply.ts).
  'gateway.resumed': () => 'resumed-amid-chain',
  'certificate.issued': certificateIssued,
  'source.decided': () => noEffect,
  'alarm.acknowledged': () => noEffect,
  'record.healed': () => noEffect,
}

function check<T extends CoreEventType>(type: T, state: LedgerState, event: EventStatement): Effect | CoreRefusalCode {
  let body: CoreEvents[T]
  try {
    body = decodeBody(type, event.body)
  } catch {
    return 'body-malformed'
  }
  return signerRefusal(state, event) ?? checks[type](state, event, body)
}

function streamOpened(state: LedgerState, event: EventStatement, body: StreamOpened): Effect | CoreRefusalCode {
  if (body.stream !== streamId(state.channel, event.actor, body.source, body.tag)) return 'stream-id-differs'
  const known = state.streams.get(body.stream)
  if (known !== undefined && body.fromSequence < known.next) return 'stream-opens-early'
  if (known !== undefined && !STREAM_MEANING.every((field) => known.state[field] === body[field]))
    return 'stream-meaning-differs'
  if (body.asset !== null) {
    const asset = state.assets.get(body.asset)
    if (asset === undefined) return 'asset-unknown'
    if (asset.streams.length >= MAX_ASSET_INTERVALS) return 'asset-streams-many'
    const clash = asset.streams.some(
      (interval) =>
        interval.stream === body.stream &&
        (interval.lastSequence === null || interval.lastSequence >= body.fromSequence),
    )
    if (clash) return 'stream-bound-already'
  }
  return (index) => {
    const opened = { ...body, actor: event.actor, openedAt: index }
    const record = known ?? streamRecord(opened, body.fromSequence)
    record.state = opened
    state.streams.set(body.stream, record)
    state.advanceStream(record, record.next, record.lastTimeUs)
    state.set(coreKey.stream(body.stream), event.nonce, encodeCoreValue('stream', opened))
    const asset = body.asset === null ? undefined : state.assets.get(body.asset)
    if (asset === undefined) return
    record.bindings.push({ asset: asset.id, first: body.fromSequence, last: null })
    const { stream, fromSequence: firstSequence, quantity } = body
    asset.streams = [...asset.streams, { stream, firstSequence, lastSequence: null, quantity, actor: event.actor }]
    state.setAsset(asset, event.nonce)
  }
}

function streamClosed(state: LedgerState, event: EventStatement, body: StreamClosed): Effect | CoreRefusalCode {
  const record = state.streams.get(body.stream)
  if (record === undefined) return 'stream-unknown'
  if (record.state.actor !== event.actor) return 'stream-foreign'
  if (body.lastSequence < record.next - 1) return 'stream-closes-early'
  const closing = record.bindings.filter(
    (binding) => binding.last === null && (body.asset === null || binding.asset === body.asset),
  )
  if (body.asset !== null && closing.length === 0) return 'stream-not-bound'
  if (closing.some((binding) => body.lastSequence < binding.first - 1)) return 'stream-closes-unopened'
  return () => {
    for (const binding of closing) {
      binding.last = body.lastSequence
      const asset = state.assets.get(binding.asset)
      if (asset === undefined) continue
      asset.streams = asset.streams.map((interval) =>
        interval.stream === body.stream && interval.lastSequence === null
          ? { ...interval, lastSequence: body.lastSequence }
          : interval,
      )
      state.setAsset(asset, event.nonce)
    }
    state.advanceStream(record, record.next, record.lastTimeUs)
  }
}

function assetRegistered(state: LedgerState, event: EventStatement, body: AssetRegistered): Effect | CoreRefusalCode {
  const { asset, ...rest } = body
  if (!ASSET_ID.test(asset)) return 'asset-id-malformed'
  const known = state.assets.get(asset)
  // Two gateways may come to the same asset at the same time.
  if (known !== undefined) return isSameAsset(known.state, rest) ? noEffect : 'asset-differs'
  if (new Set(body.packs).size !== body.packs.length) return 'pack-twice'
  if (body.packs.some((id) => !state.packs.has(id))) return 'pack-inactive'
  return () => state.setAsset({ id: asset, state: rest, streams: [] }, event.nonce)
}

function isSameAsset(known: Omit<AssetState, 'streams'>, given: Omit<AssetRegistered, 'asset'>): boolean {
  const bytesOf = (asset: Omit<AssetState, 'streams'>): Uint8Array =>
    encodeCbor(encodeCoreValue('asset', { ...asset, streams: [] }))
  return equalBytes(bytesOf(known), bytesOf(given))
}

function certificateIssued(
  state: LedgerState,
  _event: EventStatement,
  body: CertificateIssued,
): Effect | CoreRefusalCode {
  if (!state.assets.has(body.asset)) return 'asset-unknown'
  if (!state.packs.has(body.pack)) return 'pack-inactive'
  return body.fromUs <= body.toUs ? noEffect : 'period-reversed'
}
