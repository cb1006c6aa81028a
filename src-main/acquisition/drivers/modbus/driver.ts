import { encodeCbor } from '../../../wire/cbor.ts'
import type { ModbusSource } from '../../config.ts'
import { reasonOf } from '../../errors.ts'
import { Backoff, Pause } from '../backoff.ts'
import { QUALITY, type Driver, type DriverEnvironment, type DriverSink } from '../driver.ts'
import { planBlocks, polledTags, rawOf, splitBlock, type Block, type PolledTag } from './blocks.ts'
import { ModbusLine, type OpenLink, type ReadOutcome } from './line.ts'
import { qualityOfException } from './quality.ts'
import { UnitHealth } from './unit-health.ts'

const RECONNECT_MS_MIN = 1000
const RECONNECT_MS_MAX = 30_000
/** Exceptions by which a Modbus gateway says that the unit behind it is silent. */
const GATEWAY_EXCEPTIONS = new Set([10, 11])
const ILLEGAL_ADDRESS = 2

interface DueBlock extends Block {
  /** On the monotonic clock. */
  dueMs: number
}

/** Polls the blocks of one connection, each at its own pace. */
export class ModbusDriver implements Driver {
  readonly #source: ModbusSource
  readonly #sink: DriverSink
  readonly #environment: DriverEnvironment
  readonly #line: ModbusLine
  readonly #pause = new Pause()
  readonly #units = new Map<number, UnitHealth>()
  readonly #tags: PolledTag[]
  #blocks: DueBlock[]
  #running: Promise<void> = Promise.resolve()
  #stopping = false

  constructor(source: ModbusSource, sink: DriverSink, environment: DriverEnvironment, openLink: OpenLink) {
    this.#source = source
    this.#sink = sink
    this.#environment = environment
    this.#line = new ModbusLine(openLink, { timeoutMs: source.timeoutMs, latenessMs: source.latenessMs })
    this.#tags = polledTags(source)
    this.#blocks = planBlocks(this.#tags, source.gapFill).map((block) => ({ ...block, dueMs: 0 }))
    const units = new Set(this.#tags.map((tag) => tag.unit))
    for (const unit of units) this.#units.set(unit, new UnitHealth(units.size === 1))
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#pause.close()
    await this.#line.close()
    await this.#running
  }

  async #run(): Promise<void> {
    const backoff = new Backoff(RECONNECT_MS_MIN, RECONNECT_MS_MAX, this.#environment.random)
    while (!this.#stopping) {
      this.#sink.state('connecting', `connecting to ${this.#place()}`)
      const reason = await this.#connectAndPoll(backoff)
      if (this.#stopping) break
      this.#sink.interrupt(reason, QUALITY.badNotConnected)
      const waitMs = backoff.next()
      this.#sink.state(
        'connecting',
        `${reason}; next try in ${Math.ceil(waitMs / 1000)} s. Check cable, power and address of ${this.#place()}.`,
      )
      await this.#pause.wait(waitMs)
    }
  }

  /** Polls until the connection breaks and returns why. */
  async #connectAndPoll(backoff: Backoff): Promise<string> {
    try {
      await this.#line.open()
    } catch (error) {
      return reasonOf(error)
    }
    while (!this.#stopping) {
      const block = this.#nextBlock()
      const waitMs = block.dueMs - performance.now()
      if (waitMs > 0) await this.#pause.wait(waitMs)
      if (this.#stopping) break
      const outcome = await this.#line.read(block)
      if (outcome.kind === 'broken') return outcome.reason
      if (outcome.kind !== 'silent') backoff.reset()
      this.#take(block, outcome)
      this.#schedule(block)
      this.#reportState()
    }
    return 'stopped'
  }

  #take(block: DueBlock, outcome: ReadOutcome): void {
    const unit = this.#unit(block.unit)
    if (outcome.kind === 'data') {
      unit.succeeded()
      const nowUs = this.#environment.nowUs()
      for (const tag of block.tags) this.#sampleTag(block, tag, outcome.bytes, nowUs)
    } else if (outcome.kind === 'exception' && !GATEWAY_EXCEPTIONS.has(outcome.code)) {
      unit.succeeded()
      this.#takeException(block, outcome.code)
    } else if (outcome.kind !== 'broken') {
      unit.failed(outcome.reason, performance.now())
      const quality = outcome.kind === 'exception' ? QUALITY.badNoCommunication : QUALITY.badTimeout
      const tags = this.#tags.filter((tag) => tag.unit === block.unit).map((tag) => tag.index)
      this.#sink.interrupt(outcome.reason, quality, tags)
    }
  }

  #sampleTag(block: Block, tag: PolledTag, answer: Uint8Array, nowUs: number): void {
    const raw = rawOf(block, tag, answer)
    const evidence = encodeCbor(['modbus', tag.unit, tag.table, tag.address, raw])
    const value = tag.decode(raw)
    if (value === null) this.#sink.sample(tag.index, nowUs, { kind: 'null' }, QUALITY.badDecodingError, evidence)
    else this.#sink.sample(tag.index, nowUs, value, QUALITY.good, evidence)
  }

  #takeException(block: DueBlock, code: number): void {
    if (code === ILLEGAL_ADDRESS && block.tags.length > 1) {
      // The device may refuse only what was read along: ask in smaller pieces from now on.
      const pieces = splitBlock(block).map((piece) => ({ ...piece, dueMs: performance.now() }))
      this.#blocks = this.#blocks.filter((other) => other !== block).concat(pieces)
      return
    }
    const nowUs = this.#environment.nowUs()
    const evidence = encodeCbor(['modbus-exception', block.unit, block.table, block.address, code])
    for (const tag of block.tags)
      this.#sink.sample(tag.index, nowUs, { kind: 'null' }, qualityOfException(code), evidence)
  }

  /** The block that is due first, quarantine counted in. */
  #nextBlock(): DueBlock {
    const due = (block: DueBlock) => Math.max(block.dueMs, this.#unit(block.unit).quarantinedUntilMs)
    const next = this.#blocks.reduce((first, block) => (due(block) < due(first) ? block : first))
    next.dueMs = due(next)
    return next
  }

  /** Keeps the pace; polls that were missed are not made up for. */
  #schedule(block: DueBlock): void {
    const nowMs = performance.now()
    block.dueMs = block.dueMs === 0 ? nowMs + block.intervalMs : block.dueMs + block.intervalMs
    if (block.dueMs < nowMs) block.dueMs = nowMs + block.intervalMs - ((nowMs - block.dueMs) % block.intervalMs)
  }

  #reportState(): void {
    const silent = [...this.#units].filter(([, health]) => !health.answering)
    const text = silent.map(([unit, health]) => `unit ${unit} does not answer: ${health.reason}`).join('; ')
    if (silent.length === this.#units.size)
      this.#sink.state('stale', `${text}. Check the unit's power, address and wiring.`)
    else this.#sink.state('live', text)
  }

  #unit(unit: number): UnitHealth {
    return this.#units.get(unit) as UnitHealth
  }

  #place(): string {
    const { connection } = this.#source
    return connection.transport === 'rtu' ? connection.path : `${connection.host}:${connection.port}`
  }
}
