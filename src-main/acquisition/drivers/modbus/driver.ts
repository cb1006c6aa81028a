import { encodeCbor } from '../../../wire/cbor.ts'
import type { ModbusSource } from '../../config.ts'
import { messageOf } from '../../../wire/plumbline-error.ts'
import { QUALITY } from '../../../wire/quality.ts'
import { Backoff, Pause } from '../backoff.ts'
import type { Driver, DriverEnvironment, DriverSink } from '../driver.ts'
import { planBlocks, polledTags, rawOf, splitBlock, type Block, type PolledTag } from './blocks.ts'
import { ModbusLine, type OpenLink, type ReadOutcome } from './line.ts'
import { qualityOfException } from './quality.ts'
import { AnswerHealth } from './unit-health.ts'

const RECONNECT_MS_MIN = 1000
const RECONNECT_MS_MAX = 30_000
/** Exceptions by which a Modbus gateway says that the unit behind it is silent. */
const GATEWAY_EXCEPTIONS = new Set([10, 11])
const ILLEGAL_ADDRESS = 2

interface DueBlock extends Block {
  /** On the monotonic clock. */
  dueMs: number
  health: AnswerHealth
}

/** Reasons of so many blocks are named. */
const NAMED_MAX = 5

/** Polls the blocks of one connection, each at its own pace. */
export class ModbusDriver implements Driver {
  readonly #source: ModbusSource
  readonly #sink: DriverSink
  readonly #environment: DriverEnvironment
  readonly #line: ModbusLine
  readonly #pause = new Pause()
  readonly #units = new Map<number, AnswerHealth>()
  #blocks: DueBlock[]
  #running: Promise<void> = Promise.resolve()
  #stopping = false

  constructor(source: ModbusSource, sink: DriverSink, environment: DriverEnvironment, openLink: OpenLink) {
    this.#source = source
    this.#sink = sink
    this.#environment = environment
    this.#line = new ModbusLine(openLink, { timeoutMs: source.timeoutMs, latenessMs: source.latenessMs })
    const tags = polledTags(source)
    this.#blocks = planBlocks(tags, source.gapFill).map((block) => dueBlock(block, 0))
    const units = new Set(tags.map((tag) => tag.unit))
    for (const unit of units) this.#units.set(unit, new AnswerHealth(units.size === 1))
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
      return messageOf(error)
    }
    while (!this.#stopping) {
      const block = this.#nextBlock()
      const waitMs = this.#dueMs(block) - performance.now()
      if (waitMs > 0) await this.#pause.wait(waitMs)
      if (this.#stopping) break
      const outcome = await this.#line.read(block)
      if (outcome.kind === 'wait') continue
      if (outcome.kind === 'broken') return outcome.reason
      if (outcome.kind !== 'silent') backoff.reset()
      this.#take(block, outcome)
      this.#schedule(block)
      this.#reportState()
    }
    return 'stopped'
  }

  #take(block: DueBlock, outcome: Answer): void {
    if (outcome.kind === 'data') {
      this.#succeeded(block)
      const nowUs = this.#environment.nowUs()
      for (const tag of block.tags) this.#sampleTag(block, tag, outcome.bytes, nowUs)
    } else if (outcome.kind === 'exception' && !GATEWAY_EXCEPTIONS.has(outcome.code)) {
      this.#succeeded(block)
      this.#takeException(block, outcome.code)
    } else {
      this.#failed(block, outcome.reason)
      const quality = outcome.kind === 'exception' ? QUALITY.badNoCommunication : QUALITY.badTimeout
      this.#sink.interrupt(
        outcome.reason,
        quality,
        block.tags.map((tag) => tag.index),
      )
    }
  }

  #succeeded(block: DueBlock): void {
    block.health.succeeded()
    this.#unit(block.unit).succeeded()
  }

  /** A device may ignore one block only: then that one is asked more rarely, and the unit only when it answers none. */
  #failed(block: DueBlock, reason: string): void {
    const unit = this.#unit(block.unit)
    block.health.failed(reason)
    unit.failed(reason)
    if (this.#isDead(block.unit)) unit.quarantine(performance.now())
    else block.health.quarantine(performance.now())
  }

  /** True when no block of the unit answers. */
  #isDead(unit: number): boolean {
    return this.#blocks.every((block) => block.unit !== unit || !block.health.answering)
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
      const pieces = splitBlock(block).map((piece) => dueBlock(piece, performance.now()))
      this.#blocks = this.#blocks.filter((other) => other !== block).concat(pieces)
      return
    }
    const nowUs = this.#environment.nowUs()
    const evidence = encodeCbor(['modbus-exception', block.unit, block.table, block.address, code])
    for (const tag of block.tags)
      this.#sink.sample(tag.index, nowUs, { kind: 'null' }, qualityOfException(code), evidence)
  }

  /** The block that is due first; among those that waited for the same thing the one that waited longest. */
  #nextBlock(): DueBlock {
    return this.#blocks.reduce((first, block) => {
      const later = this.#dueMs(block) - this.#dueMs(first)
      return later < 0 || (later === 0 && block.dueMs < first.dueMs) ? block : first
    })
  }

  /** When a block may be asked, with quarantine and with what its unit needs before it is believed. */
  #dueMs(block: DueBlock): number {
    return Math.max(
      block.dueMs,
      block.health.quarantinedUntilMs,
      this.#unit(block.unit).quarantinedUntilMs,
      this.#line.askableAtMs(block.unit),
    )
  }

  /** Keeps the pace; polls that were missed are not made up for. */
  #schedule(block: DueBlock): void {
    const nowMs = performance.now()
    block.dueMs = block.dueMs === 0 ? nowMs + block.intervalMs : block.dueMs + block.intervalMs
    if (block.dueMs < nowMs) block.dueMs = nowMs + block.intervalMs - ((nowMs - block.dueMs) % block.intervalMs)
  }

  #reportState(): void {
    const dead = [...this.#units].filter(([unit]) => this.#isDead(unit))
    const silentBlocks = this.#blocks.filter((block) => !block.health.answering && !this.#isDead(block.unit))
    const reasons = [
      ...dead.map(([unit, health]) => `unit ${unit} does not answer: ${health.reason}`),
      ...silentBlocks.map(
        ({ unit, table, address, health }) =>
          `unit ${unit} does not answer for ${table} ${address + this.#source.addressBase}: ${health.reason}`,
      ),
    ]
    const more = reasons.length > NAMED_MAX ? `; and ${reasons.length - NAMED_MAX} more` : ''
    const text = reasons.slice(0, NAMED_MAX).join('; ') + more
    if (dead.length === this.#units.size)
      this.#sink.state('stale', `${text}. Check the unit's power, address and wiring.`)
    else this.#sink.state('live', text)
  }

  #unit(unit: number): AnswerHealth {
    return this.#units.get(unit) as AnswerHealth
  }

  #place(): string {
    const { connection } = this.#source
    return connection.transport === 'rtu' ? connection.path : `${connection.host}:${connection.port}`
  }
}

/** What a request came to when there is something to tell. */
type Answer = Exclude<ReadOutcome, { kind: 'broken' | 'wait' }>

function dueBlock(block: Block, dueMs: number): DueBlock {
  return { ...block, dueMs, health: new AnswerHealth(false) }
}
