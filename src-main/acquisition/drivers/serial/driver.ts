import { encodeCbor } from '../../../wire/cbor.ts'
import type { SerialSource, SerialTag } from '../../config.ts'
import { messageOf } from '../../../wire/plumbline-error.ts'
import { QUALITY } from '../../../wire/quality.ts'
import { Backoff, Pause } from '../backoff.ts'
import type { ByteStream, SerialLineSettings } from '../byte-stream.ts'
import type { Driver, DriverEnvironment, DriverSink } from '../driver.ts'
import { checkFrame } from './checksum.ts'
import { fieldDecoderOf, splitterOf, type FieldDecoder, type FrameSplitter } from './fields.ts'
import { framerOf, type Frame, type Framer } from './framing.ts'
import { Freshness } from './freshness.ts'

/** Opens a serial port; rejects with the system's reason. Tests swap it. */
export type OpenSerial = (settings: SerialLineSettings, timeoutMs: number) => Promise<ByteStream>

const OPEN_TIMEOUT_MS = 3000
const REOPEN_MS_MIN = 1000
const REOPEN_MS_MAX = 30_000
/** What arrives this soon after opening may have waited in a buffer for any time, so it is not believed to be of now. */
const SETTLE_MS = 250
/** So many of the tags that stay away are named. */
const NAMED_MAX = 5
const NULL_VALUE = { kind: 'null' } as const

/** Listens on one serial port and decodes the frames that come by themselves. */
export class SerialDriver implements Driver {
  readonly #source: SerialSource
  readonly #sink: DriverSink
  readonly #environment: DriverEnvironment
  readonly #open: OpenSerial
  readonly #split: FrameSplitter
  readonly #decoders: FieldDecoder[]
  readonly #freshness: Freshness
  readonly #pause = new Pause()
  #stream: ByteStream | null = null
  #framer: Framer
  #lastFrameMs = 0
  #stale = false
  #running: Promise<void> = Promise.resolve()
  #stopping = false

  constructor(source: SerialSource, sink: DriverSink, environment: DriverEnvironment, open: OpenSerial) {
    this.#source = source
    this.#sink = sink
    this.#environment = environment
    this.#open = open
    this.#split = splitterOf(source)
    this.#decoders = source.tags.map(fieldDecoderOf)
    this.#freshness = new Freshness(source.tags.map((tag) => tag.address.staleAfterMs ?? source.staleAfterMs))
    this.#framer = this.#newFramer()
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#pause.close()
    await this.#stream?.destroy()
    await this.#running
  }

  async #run(): Promise<void> {
    const backoff = new Backoff(REOPEN_MS_MIN, REOPEN_MS_MAX, this.#environment.random)
    const { path } = this.#source.connection
    while (!this.#stopping) {
      this.#sink.state('connecting', `opening ${path}`)
      const reason = await this.#openAndListen(backoff)
      if (this.#stopping) break
      this.#sink.interrupt(reason, QUALITY.badNotConnected)
      const waitMs = backoff.next()
      this.#sink.state(
        'connecting',
        `${reason}; next try in ${Math.ceil(waitMs / 1000)} s. Check that the device is plugged in and that ${path} may be read.`,
      )
      await this.#pause.wait(waitMs)
    }
  }

  /** Listens until the port goes away and returns why. */
  async #openAndListen(backoff: Backoff): Promise<string> {
    try {
      this.#stream = await this.#open(this.#source.connection, OPEN_TIMEOUT_MS)
    } catch (error) {
      return messageOf(error)
    }
    const stream = this.#stream
    let ended: string | null = null
    stream.onClosed = (reason) => {
      ended = reason
      this.#pause.wake()
    }
    this.#framer = this.#newFramer()
    const openedMs = performance.now()
    this.#lastFrameMs = openedMs
    this.#freshness.begin(openedMs)
    stream.onData = (bytes) => {
      if (performance.now() - openedMs < SETTLE_MS) return
      for (const frame of this.#framer.push(bytes)) this.#take(frame)
    }
    this.#stale = false
    while (!this.#stopping && ended === null) {
      await this.#pause.wait(Math.min(1000, Math.ceil(this.#source.staleAfterMs / 4)))
      if (this.#stopping || ended !== null) break
      if (!this.#checkStale()) backoff.reset()
    }
    await stream.destroy()
    this.#stream = null
    return ended ?? 'stopped'
  }

  #checkStale(): boolean {
    const nowMs = performance.now()
    const expired = this.#freshness.expire(nowMs)
    if (!this.#stale && nowMs - this.#lastFrameMs >= this.#source.staleAfterMs) {
      this.#stale = true
      const reason = `no good frame for ${this.#source.staleAfterMs} ms`
      this.#sink.interrupt(reason, QUALITY.badNoCommunication)
      this.#sink.state(
        'stale',
        `${reason}. Check the device, and baud rate, framing and checksum of ${this.#source.connection.path}.`,
      )
    } else if (!this.#stale && expired.length > 0) {
      for (const tag of expired) this.#sink.interrupt(this.#absence(tag), QUALITY.badDataUnavailable, [tag])
      this.#sink.state('live', this.#absences())
    }
    return this.#stale
  }

  #take(frame: Frame): void {
    const nowUs = this.#environment.nowUs()
    if (frame === null) return this.#takeFault(nowUs, QUALITY.badDecodingError)
    const evidence = encodeCbor(['serial', frame])
    const checked = checkFrame(frame, this.#source.checksum)
    if ('fault' in checked) return this.#takeFault(nowUs, QUALITY.badCommunicationError, evidence)
    const read = this.#split(Buffer.from(checked.body).toString('latin1'))
    if (read === null) return this.#takeFault(nowUs, QUALITY.badDecodingError, evidence)
    const nowMs = performance.now()
    let carried = 0
    this.#source.tags.forEach((tag, index) => {
      const text = read(tag.address)
      if (text === undefined) return
      carried++
      this.#freshness.heard(index, nowMs)
      this.#takeField(index, text, nowUs, evidence)
    })
    if (carried > 0) this.#live(nowMs)
  }

  #takeField(index: number, text: string | null, nowUs: number, evidence: Uint8Array): void {
    if (text === null) return this.#sink.sample(index, nowUs, NULL_VALUE, QUALITY.badDataUnavailable, evidence)
    const value = (this.#decoders[index] as FieldDecoder)(text)
    if (value === null) this.#sink.sample(index, nowUs, NULL_VALUE, QUALITY.badDecodingError, evidence)
    else this.#sink.sample(index, nowUs, value, QUALITY.good, evidence)
  }

  /** A damaged frame does not say whose values it held, so every tag gets a missing, bad one with the frame beside it. */
  #takeFault(nowUs: number, quality: number, evidence?: Uint8Array): void {
    for (let index = 0; index < this.#source.tags.length; index++)
      this.#sink.sample(index, nowUs, NULL_VALUE, quality, evidence)
  }

  #live(nowMs: number): void {
    this.#lastFrameMs = nowMs
    this.#stale = false
    this.#sink.state('live', this.#absences())
  }

  #absence(tag: number): string {
    const { id, address } = this.#source.tags[tag] as SerialTag
    return `no value of "${id}" for ${address.staleAfterMs ?? this.#source.staleAfterMs} ms`
  }

  /** Which tags stay away although the line lives; empty when none does. */
  #absences(): string {
    const { missing } = this.#freshness
    const named = missing.slice(0, NAMED_MAX).map((tag) => this.#absence(tag))
    const more = missing.length > NAMED_MAX ? `; and ${missing.length - NAMED_MAX} more` : ''
    return named.join('; ') + more
  }

  #newFramer(): Framer {
    return framerOf(this.#source.framing, (frame) => 'body' in checkFrame(frame, this.#source.checksum))
  }
}
