import { encodeCbor } from '../../../wire/cbor.ts'
import type { SerialSource } from '../../config.ts'
import { reasonOf } from '../../errors.ts'
import { Backoff, Pause } from '../backoff.ts'
import type { ByteStream, SerialLineSettings } from '../byte-stream.ts'
import { QUALITY, type Driver, type DriverEnvironment, type DriverSink } from '../driver.ts'
import { checkFrame } from './checksum.ts'
import { fieldDecoderOf, splitterOf, type FieldDecoder, type FrameSplitter } from './fields.ts'
import { framerOf, type Framer } from './framing.ts'

/** Opens a serial port; rejects with the system's reason. Tests swap it. */
export type OpenSerial = (settings: SerialLineSettings, timeoutMs: number) => Promise<ByteStream>

const OPEN_TIMEOUT_MS = 3000
const REOPEN_MS_MIN = 1000
const REOPEN_MS_MAX = 30_000
/** What arrives this soon after opening may have waited in a buffer for any time, so it is not believed to be of now. */
const SETTLE_MS = 250
const NULL_VALUE = { kind: 'null' } as const

/** Listens on one serial port and decodes the frames that come by themselves. */
export class SerialDriver implements Driver {
  readonly #source: SerialSource
  readonly #sink: DriverSink
  readonly #environment: DriverEnvironment
  readonly #open: OpenSerial
  readonly #split: FrameSplitter
  readonly #decoders: FieldDecoder[]
  readonly #pause = new Pause()
  #stream: ByteStream | null = null
  #framer: Framer
  #lastFrameMs = 0
  #stale = false
  /** The first frame after opening may have begun before we listened. */
  #firstFrame = true
  #running: Promise<void> = Promise.resolve()
  #stopping = false

  constructor(source: SerialSource, sink: DriverSink, environment: DriverEnvironment, open: OpenSerial) {
    this.#source = source
    this.#sink = sink
    this.#environment = environment
    this.#open = open
    this.#split = splitterOf(source)
    this.#decoders = source.tags.map(fieldDecoderOf)
    this.#framer = framerOf(source.framing)
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
      return reasonOf(error)
    }
    const stream = this.#stream
    let ended: string | null = null
    stream.onClosed = (reason) => {
      ended = reason
      this.#pause.wake()
    }
    this.#framer = framerOf(this.#source.framing)
    this.#firstFrame = true
    const openedMs = performance.now()
    this.#lastFrameMs = openedMs
    stream.onData = (bytes) => {
      if (performance.now() - openedMs < SETTLE_MS) return
      for (const frame of this.#framer.push(bytes)) this.#take(frame)
    }
    this.#stale = false
    while (!this.#stopping && ended === null) {
      await this.#pause.wait(Math.min(1000, Math.ceil(this.#source.staleAfterMs / 4)))
      if (!this.#checkStale()) backoff.reset()
    }
    await stream.destroy()
    this.#stream = null
    return ended ?? 'stopped'
  }

  #checkStale(): boolean {
    const silentMs = performance.now() - this.#lastFrameMs
    if (this.#stopping || this.#stale || silentMs < this.#source.staleAfterMs) return this.#stale
    this.#stale = true
    const reason = `no good frame for ${this.#source.staleAfterMs} ms`
    this.#sink.interrupt(reason, QUALITY.badNoCommunication)
    this.#sink.state(
      'stale',
      `${reason}. Check the device, and baud rate, framing and checksum of ${this.#source.connection.path}.`,
    )
    return true
  }

  #take(frame: Uint8Array): void {
    const nowUs = this.#environment.nowUs()
    const checked = checkFrame(frame, this.#source.checksum)
    const first = this.#firstFrame
    this.#firstFrame = false
    if ('fault' in checked) {
      // Half a frame right after opening is nobody's fault and names no value.
      if (!first) this.#takeFault(frame, nowUs, QUALITY.badCommunicationError)
      return
    }
    const read = this.#split(Buffer.from(checked.body).toString('latin1'))
    if (read === null) {
      if (!first) this.#takeFault(frame, nowUs, QUALITY.badDecodingError)
      return
    }
    const evidence = encodeCbor(['serial', frame])
    let carried = 0
    this.#source.tags.forEach((tag, index) => {
      const text = read(tag.address)
      if (text === undefined) return
      carried++
      const value = text === null ? null : (this.#decoders[index] as FieldDecoder)(text)
      if (value !== null) this.#sink.sample(index, nowUs, value, QUALITY.good, evidence)
      else
        this.#sink.sample(
          index,
          nowUs,
          NULL_VALUE,
          text === null ? QUALITY.badDataUnavailable : QUALITY.badDecodingError,
          evidence,
        )
    })
    if (carried > 0) this.#live()
  }

  /** A damaged frame does not say whose values it held, so every tag gets a missing, bad one with the frame beside it. */
  #takeFault(frame: Uint8Array, nowUs: number, quality: number): void {
    const evidence = encodeCbor(['serial', frame])
    for (let index = 0; index < this.#source.tags.length; index++)
      this.#sink.sample(index, nowUs, NULL_VALUE, quality, evidence)
  }

  #live(): void {
    this.#lastFrameMs = performance.now()
    this.#stale = false
    this.#sink.state('live', '')
  }
}
