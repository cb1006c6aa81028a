/** The sources of a gateway on their way to the ledger: registers what is new, then starts the thread that acquires. */
import { startAcquisitionWorker, type AcquisitionHandle } from '../acquisition/handle.ts'
import type { SourceConfig } from '../acquisition/config.ts'
import type { SourceState } from '../acquisition/source-state.ts'
import { describeStreams, protocolOf, trustOf } from '../acquisition/stream-description.ts'
import type { StreamAssignment } from '../acquisition/stream-recorder.ts'
import { streamId } from '../wire/channel.ts'
import type { AssetState, StreamState } from '../wire/core-state.ts'
import type { ActorId, ChannelId, StreamId } from '../wire/ids.ts'
import type { GatewayConfig } from './config.ts'
import type { LedgerThread } from './ledger-thread.ts'
import type { SourceBrief } from './peer-hello.ts'
import { refuseChangedMeaning } from './stream-meaning.ts'

export interface SourcesOptions {
  config: GatewayConfig
  channel: ChannelId
  actor: ActorId
  thread: LedgerThread
  certificatesDir: string
  /** What the ledger already knows. */
  known: { stream(id: string): StreamState | null; asset(id: string): AssetState | null }
  /** When the stream's newest reading in the ledger was taken. */
  lastTimeUs(stream: StreamId): number | null
  onState(state: SourceState): void
}

/** Which stream each configured tag feeds, with the sequence its next reading gets. */
export function assignmentsOf(options: SourcesOptions): StreamAssignment[] {
  const { config, channel, actor, thread } = options
  return config.sources.flatMap((source) =>
    source.tags.map((tag) => {
      const stream = streamId(channel, actor, source.id, tag.id)
      const place = thread.identity.sequences.get(stream)
      const lastTimeUs = place?.lastTimeUs ?? options.lastTimeUs(stream)
      return {
        source: source.id,
        tag: tag.id,
        stream,
        nextSequence: place?.next ?? 0,
        ...(lastTimeUs === null ? {} : { lastTimeUs }),
      }
    }),
  )
}

/**
 * Signs what the ledger does not know yet: assets first, then the streams that may be bound to them. They stand before the
 * first batch in the gateway's chain, so nothing waits for them. A stream that is configured for another asset than before ends
 * there with what is read so far. Throws GatewayError `stream_changed`.
 */
export function register(options: SourcesOptions): void {
  const { config, channel, actor, thread, known } = options
  refuseChangedMeaning(config.sources, (source, tag) => known.stream(streamId(channel, actor, source, tag)))
  for (const { id, ...asset } of config.assets) {
    if (known.asset(id) !== null || thread.identity.registering.includes(id)) continue
    thread.record('asset.registered', [id], { asset: id, ...asset })
  }
  for (const source of config.sources) {
    for (const description of describeStreams(source)) {
      const stream = streamId(channel, actor, description.source, description.tag)
      const place = thread.identity.sequences.get(stream)
      const before = known.stream(stream)
      const isOpen = before !== null || place?.opened === true
      // Opened in an earlier run that is not applied yet: as it was configured then.
      if (isOpen && (before === null || before.asset === description.asset)) continue
      const next = isOpen ? (place?.next ?? 0) : 0
      if (before !== null && before.asset !== null)
        thread.record('stream.closed', [before.asset], { stream, asset: before.asset, lastSequence: next - 1 })
      const assets = description.asset === null ? [] : [description.asset]
      thread.record('stream.opened', assets, { stream, ...description, fromSequence: next })
    }
  }
}

export function startSources(options: SourcesOptions, assignments: StreamAssignment[]): AcquisitionHandle {
  const { thread } = options
  return startAcquisitionWorker({
    sources: options.config.sources,
    streams: assignments,
    certificatesDir: options.certificatesDir,
    onRows: (rows, taken) => thread.rows(rows, taken),
    onGap: (gap) =>
      thread.send({
        type: 'gap',
        gap: {
          stream: gap.stream,
          fromTimeUs: gap.fromTimeUs,
          toTimeUs: gap.toTimeUs,
          reason: gap.reason,
          lost: gap.toSequence >= gap.fromSequence ? [gap.fromSequence, gap.toSequence] : null,
        },
      }),
    onSourceState: options.onState,
  })
}

/** How a source looks to the peers and on screens. */
export function briefOf(source: SourceConfig, state: SourceState | undefined): SourceBrief {
  return {
    id: source.id,
    name: source.name,
    protocol: protocolOf(source),
    state: state?.state ?? 'connecting',
    reason: state?.reason ?? '',
    trust: trustOf(source),
    simulated: source.simulated,
    address: addressOf(source),
    points: source.tags.length,
  }
}

function addressOf(source: SourceConfig): string {
  if (source.driver === 'opcua') return source.endpoint
  const { connection } = source
  return 'path' in connection ? connection.path : `${connection.host}:${connection.port}`
}
