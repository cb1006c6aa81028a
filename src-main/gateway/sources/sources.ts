/** The sources of a gateway on their way to the ledger: registers what is new, then starts the thread that acquires. */
import { mainText, translationsOf } from '../../acquisition/config-naming.ts'
import { startAcquisitionWorker, type AcquisitionHandle } from '../../acquisition/handle.ts'
import { lotTags } from '../../acquisition/config-lot.ts'
import type { SourceConfig } from '../../acquisition/config.ts'
import type { SourceState } from '../../acquisition/source-state.ts'
import { protocolOf } from '../../acquisition/protocol.ts'
import { describeStreams, trustOf } from '../../acquisition/stream-description.ts'
import type { StreamAssignment } from '../../acquisition/stream-recorder.ts'
import { streamId } from '../../record/channel.ts'
import type { StreamState } from '../../record/core-state.ts'
import type { ActorId, ChannelId, StreamId } from '../../wire/ids.ts'
import { isSameMeaning } from '../../record/stream-fields.ts'
import { nameOf } from '../../wire/languages.ts'
import { UNNUMBERED } from '../../wire/rows.ts'
import { registrationOf } from '../folder/asset-registration.ts'
import type { GatewayConfig } from '../folder/config.ts'
import type { LedgerThread } from '../channel/ledger-thread.ts'
import type { SourceBrief } from '../agreement/peer-hello.ts'
import { refuseChangedMeaning } from './stream-meaning.ts'
import { NOT_RECORDING } from '../signing/stream-numbers.ts'

export interface SourcesOptions {
  config: GatewayConfig
  channel: ChannelId
  actor: ActorId
  thread: LedgerThread
  serverCertificatesDir: string
  /** What the ledger already knows. */
  known: {
    stream(id: StreamId): StreamState | null
    boundTo(id: StreamId): readonly string[]
    asset(id: string): object | null
  }
  onState(state: SourceState): void
}

/** Which stream each configured tag feeds. */
export function assignmentsOf(options: SourcesOptions): StreamAssignment[] {
  const { config, channel, actor, thread } = options
  return config.sources.flatMap((source) =>
    source.tags.map((tag) => {
      const stream = streamId(channel, actor, source.id, tag.id)
      const isRecorded = (thread.identity.streams.get(stream)?.lastTimeUs ?? null) !== null
      return { source: source.id, tag: tag.id, stream, isRecorded }
    }),
  )
}

/**
 * Signs what the ledger does not know yet: assets first, then the streams that may be bound to them. They stand before the
 * first batch in the gateway's chain, so nothing waits for them. A stream that is configured for another asset than before ends
 * there with what is read so far, and one that is read in another way is said to be from here on: which numbers those are, is known
 * where they are signed. Throws GatewayError `stream_changed`.
 */
export function register(options: SourcesOptions): void {
  const { config, channel, actor, thread, known } = options
  refuseChangedMeaning(config.sources, (source, tag) => known.stream(streamId(channel, actor, source, tag)))
  for (const { id, name, ...asset } of config.assets) {
    if (known.asset(id) !== null || thread.identity.registering.includes(id)) continue
    thread.record('asset.registered', registrationOf({ id, name, ...asset }))
  }
  for (const source of config.sources) {
    const inLots = new Set(source.lotFrom === undefined ? [] : lotTags(source.tags, source.lotFrom))
    for (const { asset, ...opening } of describeStreams(source)) {
      const stream = streamId(channel, actor, opening.source, opening.tag)
      const before = known.stream(stream)
      // Opened in an earlier run that is not applied yet: as it was configured then.
      if (before === null && thread.identity.streams.has(stream)) continue
      const fromSequence = UNNUMBERED
      const { meaning } = opening
      if (before === null) thread.record('stream.opened', { stream, ...opening, fromSequence })
      else if (!isSameMeaning(before.meaning, meaning))
        thread.record('stream.changed', { stream, fromSequence, old: before.meaning, new: meaning })
      // What the source says when it is read decides to which lot it belongs.
      if (inLots.has(opening.tag)) continue
      const bound = before === null ? [] : known.boundTo(stream)
      for (const other of bound)
        if (other !== asset) thread.record('stream.unbound', { stream, asset: other, lastSequence: UNNUMBERED })
      if (asset !== null && !bound.includes(asset)) thread.record('stream.bound', { stream, asset, fromSequence })
    }
  }
}

export function startSources(options: SourcesOptions, assignments: StreamAssignment[]): AcquisitionHandle {
  const { thread } = options
  return startAcquisitionWorker({
    sources: options.config.sources,
    streams: assignments,
    serverCertificatesDir: options.serverCertificatesDir,
    onRows: (rows, gaps, taken) => thread.rows({ rows, gaps, kind: 'live' }, taken),
    onDied: () => thread.send({ type: 'silence', reason: NOT_RECORDING }),
    onSourceState: options.onState,
  })
}

/** How a source looks to the peers and on screens. */
export function briefOf(source: SourceConfig, state: SourceState | undefined): SourceBrief {
  return {
    id: source.id,
    ...nameOf({ name: mainText(source.name), names: translationsOf(source.name) }),
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
