/**
 * One gateway under load: the real ledger thread (store, Raft, TLS to its peers), fed with packed rows as fast as they are
 * acknowledged. Runs as a process of its own; the parent tells it when to begin and asks for its figures.
 */
import { loadStream } from './load-stream.ts'
import { readFileSync } from 'node:fs'
import { conditionText } from '../../../src-main/endpoints/condition-text.ts'
import { LedgerThread } from '../../../src-main/gateway/channel/ledger-thread.ts'
import { streamId } from '../../../src-main/record/channel.ts'
import { parseActorId, parseChannelId, type StreamId } from '../../../src-main/wire/ids.ts'
import { RowWriter, UNNUMBERED, type Rows } from '../../../src-main/wire/rows.ts'
import type { LedgerWorkerData } from '../../../src-main/gateway/channel/ledger-loop.ts'

const BATCH = 500
const STREAMS = 20
const GOOD = 0

export type ToLoad =
  | { type: 'begin'; batchesInFlight: number; isOracle?: boolean }
  | { type: 'pause' }
  | { type: 'figures' }
  | { type: 'stop' }
export type FromLoad =
  | { type: 'ready' }
  | { type: 'acknowledged'; name: string; sequence: number; index: number }
  | {
      type: 'figures'
      acknowledged: number
      latenciesMs: number[]
      cpuSeconds: number
      peakRssBytes: number
      size: number
      leader: string | null
    }
  | { type: 'fatal'; message: string }

const data = JSON.parse(readFileSync(process.argv[2] as string, 'utf8')) as LedgerWorkerData
const tell = (message: FromLoad): void => void process.send?.(message)

let acknowledged = 0
let latencies: number[] = []
let inFlight = 0
let isOracle = false
let limit = 0
let size = 0
let leader: string | null = null

const thread = await LedgerThread.start(data, {
  onApplied: () => undefined,
  onStatus: (status) => {
    size = status.size
    leader = status.leader
  },
  onAcknowledged: (message) => {
    if (message.readings === 0) return
    acknowledged += message.readings
    latencies.push(message.latencyMs)
    // What an earlier run had signed is acknowledged too, and was never in flight here.
    inFlight = Math.max(0, inFlight - 1)
    if (isOracle) tell({ type: 'acknowledged', name: data.name, sequence: message.sequence, index: message.index })
    feed()
  },
  onCondition: (code, place, on, facts = {}) => {
    if (on) process.stderr.write(`${data.name}: ${conditionText(code, place, facts)}\n`)
  },
  onUnrecorded: (event, reason) => process.stderr.write(`${data.name}: ${event}: ${reason}\n`),
  onFatal: (error) => {
    process.stderr.write(`${data.name}: ${error.message}\n`)
    tell({ type: 'fatal', message: error.message })
    // As the daemon does: what is on the disk is what counts now.
    setTimeout(() => process.exit(3), 50)
  },
}).catch((error: Error) => {
  tell({ type: 'fatal', message: error.message })
  setTimeout(() => process.exit(3), 50)
  return new Promise<never>(() => undefined)
})

const channel = parseChannelId(thread.identity.channel)
const actor = parseActorId(thread.identity.actor)
const streams: StreamId[] = Array.from({ length: STREAMS }, (_, i) => streamId(channel, actor, 'load', `tag-${i}`))
let line = thread.identity.streams.get(streams[0] ?? '')?.next ?? 0
for (const [i, stream] of streams.entries()) {
  if (thread.identity.streams.has(stream)) continue
  void thread.event('stream.opened', loadStream(stream, i))
}

/** 25 readings of each of 20 streams, two decimals, as an instrument gives them. */
function rows(): Rows {
  const writer = new RowWriter(streams)
  const nowUs = Math.round((performance.timeOrigin + performance.now()) * 1000)
  for (let i = 0; i < BATCH; i++) {
    const at = line + Math.floor(i / STREAMS)
    const value = Math.round(7_241 + 300 * Math.sin(at / 40 + (i % STREAMS))) / 100
    writer.push(i % STREAMS, UNNUMBERED, nowUs + i * 10, { kind: 'float', value }, GOOD, 0)
  }
  line += BATCH / STREAMS
  return writer.take()
}

function feed(): void {
  while (inFlight < limit) {
    inFlight += 1
    thread.rows({ rows: rows(), gaps: [], kind: 'live' })
  }
}

process.on('message', (message: ToLoad) => {
  if (message.type === 'begin') {
    limit = message.batchesInFlight
    isOracle = message.isOracle ?? false
    acknowledged = 0
    latencies = []
    feed()
  } else if (message.type === 'pause') limit = 0
  else if (message.type === 'figures') {
    const { user, system } = process.cpuUsage()
    tell({
      type: 'figures',
      acknowledged,
      latenciesMs: latencies,
      cpuSeconds: (user + system) / 1e6,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      size,
      leader,
    })
    acknowledged = 0
    latencies = []
  } else void thread.stop().then(() => process.exit(0))
})
process.on('disconnect', () => process.exit(0))
tell({ type: 'ready' })
