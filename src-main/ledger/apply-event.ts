import { equalBytes } from '../wire/bytes.ts'
import { encodeCbor } from '../wire/cbor.ts'
import { coreKey, encodeCoreValue } from '../wire/core-state.ts'
import type { AssetState } from '../wire/core-state.ts'
import { streamId } from '../wire/channel.ts'
import { decodeBody, isCoreEvent } from '../wire/events.ts'
import type {
  AssetRegistered,
  CertificateIssued,
  CoreEvents,
  CoreEventType,
  StreamClosed,
  StreamOpened,
} from '../wire/events.ts'
import type { LeafIndex } from '../wire/ids.ts'
import type { EventStatement } from '../wire/statements.ts'
import { STREAM_MEANING } from '../wire/stream-fields.ts'
import type { LedgerState } from './state.ts'
import { streamRecord } from './state.ts'

/** Applies an event that was found valid. */
type Effect = (index: LeafIndex) => void

/** Longest list of stretches one asset can have; its state value must stay provable. */
const MAX_ASSET_INTERVALS = 4_096
/** Printable ASCII without blanks at its ends: an id has one spelling, and no two ids look alike. */
const ASSET_ID = /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/

/**
 * Whether an event may take effect now: the effect, or the fixed reason for which it is invalid. Nothing changes until the
 * effect is called.
 */
export function checkEvent(state: LedgerState, event: EventStatement): Effect | string {
  const member = state.members.get(event.actor)
  if (member === undefined) return 'the signer is no member'
  if (!member.roles.includes(event.role)) return 'the signer does not hold the role it acts in'
  if (!isCoreEvent(event.type)) {
    const owner = event.type.slice(0, event.type.indexOf('.'))
    return state.packs.has(owner) ? noEffect : 'event type is unknown'
  }
  return check(event.type, state, event)
}

const noEffect: Effect = () => {}

type Check<T extends CoreEventType> = (
  state: LedgerState,
  event: EventStatement,
  body: CoreEvents[T],
) => Effect | string

const checks: { readonly [T in CoreEventType]: Check<T> } = {
  'channel.opened': () => 'the channel is open already',
  'stream.opened': streamOpened,
  'stream.closed': streamClosed,
  'asset.registered': assetRegistered,
  'gateway.alive': () => noEffect,
  'certificate.issued': certificateIssued,
  'source.decided': () => noEffect,
  'alarm.acknowledged': () => noEffect,
}

function check<T extends CoreEventType>(type: T, state: LedgerState, event: EventStatement): Effect | string {
  let body: CoreEvents[T]
  try {
    body = decodeBody(type, event.body)
  } catch {
    return 'event body is malformed'
  }
  return checks[type](state, event, body)
}

function streamOpened(state: LedgerState, event: EventStatement, body: StreamOpened): Effect | string {
  if (body.stream !== streamId(state.channel, event.actor, body.source, body.tag))
    return 'stream id does not follow from channel, signer, source and tag'
  const known = state.streams.get(body.stream)
  if (known !== undefined && body.fromSequence < known.next) return 'stream opens before a sequence that was applied'
  if (known !== undefined && !STREAM_MEANING.every((field) => known.state[field] === body[field]))
    return 'stream measures something else than before'
  if (body.asset !== null) {
    const asset = state.assets.get(body.asset)
    if (asset === undefined) return 'asset is not registered'
    if (asset.streams.length >= MAX_ASSET_INTERVALS) return 'asset has too many stretches of streams'
    const clash = asset.streams.some(
      (interval) =>
        interval.stream === body.stream &&
        (interval.lastSequence === null || interval.lastSequence >= body.fromSequence),
    )
    if (clash) return 'stream is bound to that asset already'
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

function streamClosed(state: LedgerState, event: EventStatement, body: StreamClosed): Effect | string {
  const record = state.streams.get(body.stream)
  if (record === undefined) return 'stream was never opened'
  if (record.state.actor !== event.actor) return 'stream belongs to another actor'
  if (body.lastSequence < record.next - 1) return 'stream closes before a sequence that was applied'
  const closing = record.bindings.filter(
    (binding) => binding.last === null && (body.asset === null || binding.asset === body.asset),
  )
  if (body.asset !== null && closing.length === 0) return 'stream is not bound to that asset'
  if (closing.some((binding) => body.lastSequence < binding.first - 1)) return 'stream closes before it opened'
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

function assetRegistered(state: LedgerState, event: EventStatement, body: AssetRegistered): Effect | string {
  const { asset, ...rest } = body
  if (!ASSET_ID.test(asset)) return 'asset id is not printable ASCII in its one form'
  const known = state.assets.get(asset)
  // Two gateways may come to the same asset at the same time.
  if (known !== undefined) return isSameAsset(known.state, rest) ? noEffect : 'asset is registered already, and differs'
  if (new Set(body.packs).size !== body.packs.length) return 'a pack is named twice'
  if (body.packs.some((id) => !state.packs.has(id))) return 'a pack is not active'
  return () => state.setAsset({ id: asset, state: rest, streams: [] }, event.nonce)
}

function isSameAsset(known: Omit<AssetState, 'streams'>, given: Omit<AssetRegistered, 'asset'>): boolean {
  const bytesOf = (asset: Omit<AssetState, 'streams'>): Uint8Array =>
    encodeCbor(encodeCoreValue('asset', { ...asset, streams: [] }))
  return equalBytes(bytesOf(known), bytesOf(given))
}

function certificateIssued(state: LedgerState, _event: EventStatement, body: CertificateIssued): Effect | string {
  if (!state.assets.has(body.asset)) return 'asset is not registered'
  if (!state.packs.has(body.pack)) return 'pack is not active'
  return body.fromUs <= body.toUs ? noEffect : 'period ends before it begins'
}
