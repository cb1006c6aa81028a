/** What a gateway in many channels costs over one in one, while nothing happens; and what two busy channels carry of what one does. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadAddon } from '../../native/addon.ts'
import { LedgerHost } from '../../src-main/gateway/channel/ledger-host.ts'
import { LedgerThread, type LedgerThreadEvents } from '../../src-main/gateway/channel/ledger-thread.ts'
import { workerData } from '../../src-main/gateway/channel/worker-data.ts'
import { checkConfig, type GatewayConfig } from '../../src-main/gateway/folder/config.ts'
import { gatewayFolder, type GatewayFolder } from '../../src-main/gateway/folder/data-folder.ts'
import { foundTogether } from '../../src-main/gateway/founding/found-together.ts'
import { describeGateway } from '../../src-main/gateway/founding/gateway-description.ts'
import { placeOf, putInPlace } from '../../src-main/gateway/founding/join-channel.ts'
import { ownKeys } from '../../src-main/gateway/founding/own-keys.ts'
import { nowUs } from '../../src-main/gateway/wall-clock.ts'
import { streamId } from '../../src-main/record/channel.ts'
import { parseActorId, parseChannelId, type StreamId } from '../../src-main/wire/ids.ts'
import { loadStream } from '../support/load/load-stream.ts'
import { RowWriter, UNNUMBERED } from '../../src-main/wire/rows.ts'
import { freePort } from '../../src-main/cli/free-port.ts'
import { plumblineJson, Running } from '../support/plumbline-process.ts'
import { figure, quantile } from './figure.ts'

const NAME = 'gw-bench'
const MANY = 50
/** The first checks and seals of each channel are over. */
const SETTLE_MS = 30_000
const IDLE_MS = 60_000
const BUSY_WARM_UP_MS = 3_000
const BUSY_MS = 5_000
const BUSY_ROUNDS = 3
const BATCH = 500
const IN_FLIGHT = 8
const STREAMS = 20
/** Linux counts a process's time in these, of which there are a hundred a second. */
const TICKS_PER_SECOND = 100

export async function measureChannels(): Promise<void> {
  const one = await idleCpu(1)
  const many = await idleCpu(MANY)
  const conditions = { seconds: IDLE_MS / 1000 }
  figure('idle_cpu_1_channel', 100 * one, '% of a core', conditions)
  figure('idle_cpu_50_channels', 100 * many, '% of a core', conditions)
  figure('idle_cpu_50_channels_over_1', 100 * (many - one), '% of a core', conditions)
  // In turn, so that a machine that is busy with something else for a while is so for both.
  const rounds: { alone: number; both: number }[] = []
  for (let round = 0; round < BUSY_ROUNDS; round++)
    rounds.push({ alone: await busyReadings(1), both: await busyReadings(2) })
  const median = (of: (round: (typeof rounds)[number]) => number): number => quantile(rounds.map(of), 0.5)
  const load = { batch: BATCH, voters: 1, rounds: BUSY_ROUNDS }
  figure(
    'readings_per_second_1_busy_channel',
    median(({ alone }) => alone),
    'readings/s',
    load,
  )
  figure(
    'readings_per_second_2_busy_channels',
    median(({ both }) => both),
    'readings/s',
    load,
  )
  figure(
    'two_busy_channels_over_one',
    median(({ alone, both }) => both / alone),
    'ratio',
    load,
  )
}

/** A gateway that founded so many channels alone; its places in them. */
function founded(root: string, count: number): GatewayFolder[] {
  const folder = gatewayFolder(join(root, NAME))
  mkdirSync(folder.root, { mode: 0o700 })
  const keys = ownKeys(folder)
  const { description } = describeGateway(keys, { name: NAME, legalName: 'Bench' })
  return Array.from({ length: count }, (_, i) => {
    const genesis = foundTogether(keys, {
      name: `Channel ${i + 1}`,
      site: 'Bench',
      simulated: true,
      members: [{ file: NAME, description }],
      nowUs: nowUs(),
      random: (bytes) => new Uint8Array(randomBytes(bytes)),
    })
    const place = placeOf(folder, genesis, i > 0)
    putInPlace(place, genesis)
    return place
  })
}

/** Share of a core that a whole gateway takes in so many channels to which no source is bound. */
async function idleCpu(count: number): Promise<number> {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-channels-'))
  founded(root, count)
  const config = join(root, 'gateway.yaml')
  writeFileSync(config, `name: ${NAME}\nconsole: { port: ${await freePort()} }\n`)
  const daemon = Running.start(['start', '--config', config, '--data', root])
  try {
    await daemon.line(/Console: http/, 300_000)
    await sleep(SETTLE_MS)
    await requireRunning(root, count)
    const before = cpuSecondsOf(daemon.child.pid as number)
    await sleep(IDLE_MS)
    return (cpuSecondsOf(daemon.child.pid as number) - before) / (IDLE_MS / 1000)
  } finally {
    daemon.signal('SIGTERM')
    await daemon.ended
    rmSync(root, { recursive: true, force: true })
  }
}

/** What does not run costs nothing, and would be no figure. */
async function requireRunning(root: string, count: number): Promise<void> {
  const { document } = await plumblineJson<{ channels: { verdict: string }[] }>('status', '--data', root)
  const sound = document.channels.filter(({ verdict }) => verdict === 'unchanged').length
  if (sound !== count) throw new Error(`${sound} of ${count} channels run and are unchanged`)
}

/** proc(5): utime and stime of the process, all its threads. */
function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Readings a second that so many channels of one thread acknowledge together. */
async function busyReadings(count: number): Promise<number> {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-channels-'))
  const { config } = checkConfig(`name: ${NAME}`) as { config: GatewayConfig }
  const host = new LedgerHost()
  const loads = await Promise.all(founded(root, count).map((folder) => Load.start(config, folder, host)))
  try {
    for (const load of loads) load.feed()
    await sleep(BUSY_WARM_UP_MS)
    for (const load of loads) load.acknowledged = 0
    const fromMs = performance.now()
    await sleep(BUSY_MS)
    const readings = loads.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
    return readings / ((performance.now() - fromMs) / 1000)
  } finally {
    await Promise.all(loads.map((load) => load.stop()))
    rmSync(root, { recursive: true, force: true })
  }
}

/** A channel that is fed as fast as it acknowledges. */
class Load {
  acknowledged = 0
  readonly #thread: LedgerThread
  readonly #streams: StreamId[]
  #inFlight = 0
  #line = 0
  #stopping = false

  private constructor(thread: LedgerThread) {
    this.#thread = thread
    const { channel, actor } = thread.identity
    this.#streams = Array.from({ length: STREAMS }, (_, i) =>
      streamId(parseChannelId(channel), parseActorId(actor), 'load', `tag-${i}`),
    )
  }

  static async start(config: GatewayConfig, folder: GatewayFolder, host: LedgerHost): Promise<Load> {
    loadAddon()
    const begun: { load: Load | null } = { load: null }
    const events: LedgerThreadEvents = {
      onApplied: () => undefined,
      onStatus: () => undefined,
      onAcknowledged: ({ readings }) => begun.load?.took(readings),
      onCondition: () => undefined,
      onUnrecorded: () => undefined,
      onFatal: (error) => process.stderr.write(`${error.message}\n`),
    }
    const load = new Load(await LedgerThread.start(workerData(config, folder), events, null, host))
    begun.load = load
    await load.#open()
    return load
  }

  took(readings: number): void {
    if (readings === 0) return
    this.acknowledged += readings
    this.#inFlight = Math.max(0, this.#inFlight - 1)
    this.feed()
  }

  feed(): void {
    while (!this.#stopping && this.#inFlight < IN_FLIGHT) {
      this.#inFlight += 1
      const writer = new RowWriter(this.#streams)
      const atUs = nowUs()
      for (let i = 0; i < BATCH; i++) {
        const at = this.#line + Math.floor(i / STREAMS)
        const value = Math.round(7_241 + 300 * Math.sin(at / 40 + (i % STREAMS))) / 100
        writer.push(i % STREAMS, UNNUMBERED, atUs + i * 10, { kind: 'float', value }, 0, 0)
      }
      this.#line += BATCH / STREAMS
      this.#thread.rows({ rows: writer.take(), gaps: [], kind: 'live' })
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#thread.stop()
  }

  async #open(): Promise<void> {
    const opened = this.#streams.map((stream, i) => this.#thread.event('stream.opened', loadStream(stream, i)))
    await Promise.all(opened)
  }
}
