import { streamId } from '../channel.ts'
import { streamIdOf } from '../../wire/ids.ts'
import type { StreamId } from '../../wire/ids.ts'
import { ID_BYTES, MAX_ASSET_INTERVALS, MAX_STREAM_STRETCHES } from '../../wire/limits.ts'
import type { AssetState, StreamInterval } from '../core-state.ts'
import type { Decision, Kind } from '../kind.ts'
import { checked, id, integer, nullable, record, text } from '../schema.ts'
import type { StateChange, StateView } from '../state-view.ts'
import type { EventStatement } from '../statements.ts'
import { checkStream, STREAM_MEANING, streamFields } from '../stream-fields.ts'
import type { StreamOpened } from '../stream-fields.ts'

export const streamOpened: Kind<StreamOpened> = {
  form: checked(record(streamFields), checkStream),
  assets: ({ asset }) => (asset === null ? [] : [asset]),
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
    protocol: 'opcua',
    trust: 'authenticated channel',
    simulated: true,
    range: [-40, 400],
    cadenceMs: 1_000,
    asset: null,
    fromSequence: 0,
  },
}

export interface StreamClosed {
  readonly stream: StreamId
  readonly asset: string | null
  /** Last sequence that belongs to the stream (or to its time at the asset); -1 when there was none. */
  readonly lastSequence: number
}

export const streamClosed: Kind<StreamClosed> = {
  form: record({ stream: id(streamIdOf), asset: nullable(text()), lastSequence: integer(-1) }),
  assets: ({ asset }) => (asset === null ? [] : [asset]),
  decide: decideClosed,
  example: { stream: streamIdOf(new Uint8Array(ID_BYTES)), asset: 'VIN:WDB9066331S123456', lastSequence: 41 },
}

function decideOpened(view: StateView, { actor }: Pick<EventStatement, 'actor'>, body: StreamOpened): Decision {
  const { stream, asset: id, fromSequence, quantity } = body
  if (stream !== streamId(view.channel, actor, body.source, body.tag)) return 'stream-id-differs'
  const known = view.get('stream', stream)
  if (known !== undefined && fromSequence < view.nextOf(stream)) return 'stream-opens-early'
  if (known !== undefined && !STREAM_MEANING.every((field) => known[field] === body[field]))
    return 'stream-meaning-differs'
  const opened: StateChange = { kind: 'stream', id: stream, value: { ...body, actor, openedAt: view.index } }
  if (id === null) return [opened]
  const asset = view.get('asset', id)
  if (asset === undefined) return 'asset-unknown'
  if (asset.streams.length >= MAX_ASSET_INTERVALS) return 'asset-streams-many'
  if (view.openStretches(stream) >= MAX_STREAM_STRETCHES) return 'stream-assets-many'
  const clash = asset.streams.some(
    (interval) =>
      interval.stream === stream && (interval.lastSequence === null || interval.lastSequence >= fromSequence),
  )
  if (clash) return 'stream-bound-already'
  const bound: StreamInterval = { stream, firstSequence: fromSequence, lastSequence: null, quantity, actor }
  return [opened, { kind: 'asset', id, value: { ...asset, streams: [...asset.streams, bound] } }]
}

function decideClosed(view: StateView, { actor }: Pick<EventStatement, 'actor'>, body: StreamClosed): Decision {
  const { stream, lastSequence } = body
  const known = view.get('stream', stream)
  if (known === undefined) return 'stream-unknown'
  if (known.actor !== actor) return 'stream-foreign'
  if (lastSequence < view.nextOf(stream) - 1) return 'stream-closes-early'
  const changes: StateChange[] = []
  for (const id of body.asset === null ? view.boundTo(stream) : [body.asset]) {
    const asset = view.get('asset', id)
    const open = asset?.streams.find((interval) => interval.stream === stream && interval.lastSequence === null)
    if (asset === undefined || open === undefined) continue
    if (lastSequence < open.firstSequence - 1) return 'stream-closes-unopened'
    changes.push({ kind: 'asset', id, value: closed(asset, open, lastSequence) })
  }
  return body.asset !== null && changes.length === 0 ? 'stream-not-bound' : changes
}

function closed(asset: AssetState, open: StreamInterval, lastSequence: number): AssetState {
  return { ...asset, streams: asset.streams.map((one) => (one === open ? { ...one, lastSequence } : one)) }
}
