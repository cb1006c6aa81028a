import { streamId } from '../channel.ts'
import { linkChange } from '../change-chain.ts'
import { encodeCbor } from '../../wire/cbor.ts'
import { streamIdOf } from '../../wire/ids.ts'
import type { ActorId, StreamId } from '../../wire/ids.ts'
import { ID_BYTES, MAX_ASSET_STREAMS, MAX_STREAM_STRETCHES } from '../../wire/limits.ts'
import type { AssetStretch } from '../asset-state.ts'
import type { StreamState } from '../core-state.ts'
import { noAssets } from '../kind.ts'
import type { Decision, Kind } from '../kind.ts'
import type { CoreRefusalCode } from '../refusals.ts'
import { checked, count, id, integer, record, text } from '../schema.ts'
import { boundTo, canGrow, growingStretches } from '../standing.ts'
import type { StateView } from '../state-view.ts'
import type { EventStatement } from '../statements.ts'
import {
  checkStream,
  isSameMeaning,
  plainMeaning,
  STREAM_FIXED,
  streamFields,
  streamMeaning,
} from '../stream-fields.ts'
import type { StreamMeaning, StreamOpened } from '../stream-fields.ts'

const EXAMPLE_ASSET = 'VIN:WDB9066331S123456'

export const streamOpened: Kind<StreamOpened> = {
  form: checked(record(streamFields), checkStream),
  assets: noAssets,
  contracts: 'note',
  codes: ['stream-id-differs', 'stream-opens-early', 'stream-measures-other', 'stream-meaning-differs'],
  decide: decideOpened,
  example: {
    stream: streamIdOf(new Uint8Array(ID_BYTES)),
    source: 'press',
    tag: 'ns=2;s=Temperature',
    label: 'Press temperature',
    labels: { de: 'Pressentemperatur' },
    unit: 'Cel',
    kind: 'float',
    quantity: 'temperature',
    meaning: {
      ...plainMeaning('OPC UA'),
      address: { endpoint: 'opc.tcp://press.example:4840', node: 'ns=2;s=Temperature' },
    },
    trust: 'authenticated channel',
    simulated: true,
    range: [-40, 400],
    cadenceMs: 1_000,
    fromSequence: 0,
  },
}

/** The meaning of a stream's readings is another from a sequence on: another address, another type, another scale. */
export interface StreamChanged {
  readonly stream: StreamId
  readonly fromSequence: number
  readonly old: StreamMeaning
  readonly new: StreamMeaning
}

/** What was before stands in it, so that whoever shows readings of both sides can say so from this alone. */
export const streamChanged: Kind<StreamChanged> = {
  form: record({ stream: id(streamIdOf), fromSequence: count, old: streamMeaning, new: streamMeaning }),
  assets: noAssets,
  contracts: 'note',
  codes: ['stream-unknown', 'stream-foreign', 'stream-changes-early', 'stream-meaning-differs'],
  decide(view, { actor }, { stream, fromSequence, old, new: meaning }) {
    const refused = ownRefusal(view, actor, stream)
    if (refused !== null) return refused
    const known = view.get('stream', stream) as StreamState
    if (fromSequence < nextOf(view, stream)) return 'stream-changes-early'
    if (!isSameMeaning(known.meaning, old)) return 'stream-meaning-differs'
    const body = encodeCbor(streamChanged.form.encode({ stream, fromSequence, old, new: meaning }))
    const changes = linkChange(view.get('stream-changes', stream) ?? null, body)
    return [
      { kind: 'stream', id: stream, value: { ...known, meaning } },
      { kind: 'stream-changes', id: stream, value: changes },
    ]
  },
  example: {
    stream: streamIdOf(new Uint8Array(ID_BYTES)),
    fromSequence: 42,
    old: plainMeaning('Modbus TCP'),
    new: { ...plainMeaning('Modbus TCP'), type: 'int16', scale: '0.1' },
  },
}

/** A stream belongs to an asset from a sequence on: each of its readings is evidence about it. */
export interface StreamBound {
  readonly stream: StreamId
  readonly asset: string
  readonly fromSequence: number
}

export const streamBound: Kind<StreamBound> = {
  form: record({ stream: id(streamIdOf), asset: text(), fromSequence: count }),
  related: ({ asset }) => [asset],
  assets: ({ asset }) => [asset],
  contracts: 'note',
  codes: [
    'stream-unknown',
    'stream-foreign',
    'stream-bound-early',
    'stream-bound-already',
    'asset-streams-many',
    'stream-assets-many',
  ],
  decide: decideBound,
  example: { stream: streamIdOf(new Uint8Array(ID_BYTES)), asset: EXAMPLE_ASSET, fromSequence: 0 },
}

export interface StreamUnbound {
  readonly stream: StreamId
  readonly asset: string
  /** Last sequence that belongs to the asset; -1 when there was none. */
  readonly lastSequence: number
}

/** Whoever signs a stream may end what it says of an asset, whatever became of their relation. */
export const streamUnbound: Kind<StreamUnbound> = {
  form: record({ stream: id(streamIdOf), asset: text(), lastSequence: integer(-1) }),
  assets: ({ asset }) => [asset],
  contracts: 'note',
  codes: ['stream-unknown', 'stream-foreign', 'stream-closes-early', 'stream-not-bound', 'stream-closes-unopened'],
  decide: decideUnbound,
  example: { stream: streamIdOf(new Uint8Array(ID_BYTES)), asset: EXAMPLE_ASSET, lastSequence: 41 },
}

/** Nothing is to come of a stream that is bound to no asset any more. */
export interface StreamClosed {
  readonly stream: StreamId
  /** -1 when there was none. */
  readonly lastSequence: number
}

export const streamClosed: Kind<StreamClosed> = {
  form: record({ stream: id(streamIdOf), lastSequence: integer(-1) }),
  assets: noAssets,
  contracts: 'note',
  codes: ['stream-unknown', 'stream-foreign', 'stream-closes-early', 'stream-still-bound'],
  decide(view, { actor }, { stream, lastSequence }) {
    const refused = ownRefusal(view, actor, stream)
    if (refused !== null) return refused
    if (lastSequence < nextOf(view, stream) - 1) return 'stream-closes-early'
    return boundTo(view, stream).length === 0 ? [] : 'stream-still-bound'
  },
  example: { stream: streamIdOf(new Uint8Array(ID_BYTES)), lastSequence: 41 },
}

function decideOpened(view: StateView, { actor }: Pick<EventStatement, 'actor'>, body: StreamOpened): Decision {
  const { stream, fromSequence } = body
  if (stream !== streamId(view.channel, actor, body.source, body.tag)) return 'stream-id-differs'
  const known = view.get('stream', stream)
  if (known !== undefined && fromSequence < nextOf(view, stream)) return 'stream-opens-early'
  if (known !== undefined && !STREAM_FIXED.every((field) => known[field] === body[field]))
    return 'stream-measures-other'
  if (known !== undefined && !isSameMeaning(known.meaning, body.meaning)) return 'stream-meaning-differs'
  return [{ kind: 'stream', id: stream, value: { ...body, actor, openedAt: view.index } }]
}

function decideBound(view: StateView, { actor }: Pick<EventStatement, 'actor'>, body: StreamBound): Decision {
  const { stream, asset, fromSequence } = body
  const refused = ownRefusal(view, actor, stream)
  if (refused !== null) return refused
  const next = nextOf(view, stream)
  if (fromSequence < next) return 'stream-bound-early'
  const growing = growingAt(view, asset)
  if (growing.some((one) => one.stream === stream && (one.last === null || one.last >= fromSequence)))
    return 'stream-bound-already'
  if (growing.length >= MAX_ASSET_STREAMS) return 'asset-streams-many'
  if (growingStretches(view, stream).length >= MAX_STREAM_STRETCHES) return 'stream-assets-many'
  const streams = [...growing, { stream, first: fromSequence, last: null }]
  return [{ kind: 'asset-streams', id: asset, value: { streams } }]
}

function decideUnbound(view: StateView, { actor }: Pick<EventStatement, 'actor'>, body: StreamUnbound): Decision {
  const { stream, asset, lastSequence } = body
  const refused = ownRefusal(view, actor, stream)
  if (refused !== null) return refused
  if (lastSequence < nextOf(view, stream) - 1) return 'stream-closes-early'
  const known = view.get('asset-streams', asset)?.streams ?? []
  const open = known.find((one) => one.stream === stream && one.last === null)
  if (open === undefined) return 'stream-not-bound'
  if (lastSequence < open.first - 1) return 'stream-closes-unopened'
  const streams = known.map((one) => (one === open ? { ...one, last: lastSequence } : one))
  return [{ kind: 'asset-streams', id: asset, value: { streams } }]
}

/** Why an actor may not speak of a stream; null where it may. */
function ownRefusal(view: StateView, actor: ActorId, stream: StreamId): CoreRefusalCode | null {
  const known = view.get('stream', stream)
  if (known === undefined) return 'stream-unknown'
  return known.actor === actor ? null : 'stream-foreign'
}

function nextOf(view: StateView, stream: StreamId): number {
  return view.get('cursor', stream)?.next ?? 0
}

/** The stretches at an asset that readings to come can belong to. */
function growingAt(view: StateView, asset: string): AssetStretch[] {
  const streams = view.get('asset-streams', asset)?.streams ?? []
  return streams.filter(({ stream, last }) => canGrow({ last }, nextOf(view, stream)))
}
