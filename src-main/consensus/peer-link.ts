/**
 * One authenticated connection to one peer: hello, frames both ways, pings that measure the peer's clock.
 *
 * Link frames (type 0) are `u8 kind | …`, little endian:
 *
 *     0 hello    u8 version | u48 sender id | u48 receiver id     first frame of each side
 *     1 ping     u32 number
 *     2 pong     u32 number | u64 received at | u64 sent at        wall clock of the answering side, microseconds
 *     3 open     8 bytes of a channel's id                         the sender takes frames of this channel from now on
 *     4 closed   8 bytes of a channel's id                         and no more
 *
 * The connection counts as up from the peer's hello on: TLS 1.3 lets a client finish before the server has looked at its key.
 */
import type { TLSSocket } from 'node:tls'
import { ClockSamples } from './clock-samples.ts'
import { ConsensusError } from './consensus-error.ts'
import { encodeFrame, FRAME, FrameDecoder, NO_CHANNEL, type FrameType, type HostFrameType } from './frames.ts'

const LINK_VERSION = 2
const LINK = { hello: 0, ping: 1, pong: 2, open: 3, closed: 4 } as const
const ID_BYTES = 6
const HELLO_BYTES = 2 + 2 * ID_BYTES
const CHANNEL_FRAME_BYTES = 9
const PING_BYTES = 5
const PONG_BYTES = 21
const LINGER_MS_MAX = 500

/** Time as the host gives it; both in microseconds. */
export interface LinkClock {
  wallUs(): number
  monotonicUs(): number
}

export interface LinkOptions {
  socket: TLSSocket
  selfId: number
  peerId: number
  /** For messages: ids say nothing to a person. */
  peerName?: string
  clock: LinkClock
  /** Bytes that may wait for the socket before frames of the host are dropped. */
  queueBytesMax: number
  /** Counts every frame before it is looked at; false where the link was closed for it. */
  charge(type: FrameType, bytes: number): boolean
  onFrame(type: HostFrameType, body: Uint8Array, channel: string): void
  onUp(): void
  /** The peer takes frames of a channel, or no more. */
  onChannel?(channel: string, isOpen: boolean): void
  /** Called once, with the reason where the connection did not end in good order. */
  onClosed(reason: Error | null): void
}

export class PeerLink {
  readonly clockSamples = new ClockSamples()
  readonly #options: LinkOptions
  readonly #decoder: FrameDecoder
  #up = false
  #closed = false
  #corked = false
  #lastByteMonotonicUs: number
  #lastByteWallUs: number | null = null
  #pingNumber = 0
  #pingSent: { number: number; wallUs: number; monotonicUs: number } | null = null
  #droppedFrames = 0

  constructor(options: LinkOptions) {
    this.#options = options
    this.#lastByteMonotonicUs = options.clock.monotonicUs()
    this.#decoder = new FrameDecoder((type, body, channel) => this.#receive(type, body, channel))
    const { socket } = options
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', (error) => this.close(error))
    socket.on('close', () => this.close(null))
    this.#write(FRAME.link, helloBody(options.selfId, options.peerId), false)
  }

  get #peer(): string {
    const { peerName, peerId } = this.#options
    return `Gateway ${peerName === undefined ? peerId : `"${peerName}"`}`
  }

  get up(): boolean {
    return this.#up && !this.#closed
  }
  /** True once the peer said hello, also after the link closed. */
  get wasUp(): boolean {
    return this.#up
  }
  get droppedFrames(): number {
    return this.#droppedFrames
  }
  get queuedBytes(): number {
    return this.#options.socket.writableLength
  }
  /** Wall time of the last byte from the peer, or null before the first. */
  get lastContactUs(): number | null {
    return this.#lastByteWallUs
  }

  /**
   * Queues a frame; frames of one turn of the event loop leave in one write. Returns false where the link is not up or its
   * queue is full: the frame is dropped, as a network may drop it too.
   */
  send(type: HostFrameType, body: Uint8Array, compress: boolean, channel: string = NO_CHANNEL): boolean {
    if (!this.up) return false
    if (this.queuedBytes + body.length > this.#options.queueBytesMax) {
      this.#droppedFrames += 1
      return false
    }
    this.#write(type, body, compress, channel)
    return true
  }

  /** Says that frames of a channel are taken, or no more. */
  sayChannel(channel: string, isOpen: boolean): void {
    if (!this.up) return
    const body = Buffer.alloc(CHANNEL_FRAME_BYTES)
    body[0] = isOpen ? LINK.open : LINK.closed
    body.write(channel, 1, 'hex')
    this.#writeLink(body)
  }

  /** Hands what is queued to the socket now, for a caller that is about to block on its disk. */
  flush(): void {
    if (!this.#corked) return
    this.#corked = false
    this.#options.socket.uncork()
  }

  /** Asks the peer for its time, and closes the link where it has been silent for longer than `silentUsMax`. */
  tick(silentUsMax: number): void {
    if (this.#closed) return
    const now = this.#options.clock.monotonicUs()
    const silentUs = now - this.#lastByteMonotonicUs
    if (silentUs > silentUsMax) {
      const message = `${this.#peer} has sent nothing for ${Math.round(silentUs / 1000)} ms.`
      this.close(new ConsensusError('peer_silent', message))
      return
    }
    if (!this.#up) return
    this.#pingNumber = (this.#pingNumber + 1) >>> 0
    this.#pingSent = { number: this.#pingNumber, wallUs: this.#options.clock.wallUs(), monotonicUs: now }
    const body = Buffer.alloc(PING_BYTES)
    body[0] = LINK.ping
    body.writeUInt32LE(this.#pingNumber, 1)
    this.#writeLink(body)
    this.flush()
  }

  close(reason: Error | null): void {
    if (this.#closed) return
    this.#closed = true
    this.#decoder.stop()
    this.flush()
    const { socket } = this.#options
    if (reason === null) {
      socket.destroySoon()
      // What is queued may never drain: the other side can have stopped reading.
      setTimeout(() => socket.destroy(), LINGER_MS_MAX).unref()
    } else socket.destroy()
    this.#options.onClosed(reason)
  }

  /** Pings and pongs are never dropped, so a peer that asks and does not read must be let go. */
  #writeLink(body: Uint8Array): void {
    if (this.queuedBytes <= this.#options.queueBytesMax) return this.#write(FRAME.link, body, false)
    const message = `${this.#peer} sends but does not read: ${this.queuedBytes} bytes wait for it.`
    this.close(new ConsensusError('peer_not_reading', message))
  }

  #write(type: FrameType, body: Uint8Array, compress: boolean, channel?: string): void {
    const { socket } = this.#options
    if (!this.#corked) {
      this.#corked = true
      socket.cork()
      setImmediate(() => this.flush())
    }
    const frame = encodeFrame(type, body, compress, channel)
    socket.write(frame.header)
    socket.write(frame.body)
  }

  #read(chunk: Buffer): void {
    this.#lastByteMonotonicUs = this.#options.clock.monotonicUs()
    this.#lastByteWallUs = this.#options.clock.wallUs()
    try {
      this.#decoder.push(chunk)
    } catch (error) {
      // What the host throws is the host's, and reaches it; what the peer sent closes the connection.
      const peersFault = error instanceof ConsensusError && PEERS_FAULTS.has(error.code)
      if (!peersFault) throw error
      this.close(error)
    }
  }

  #receive(type: FrameType, body: Uint8Array, channel: string): void {
    if (!this.#options.charge(type, body.length)) return
    if (type === FRAME.link) this.#receiveLink(body)
    else if (this.#up) this.#options.onFrame(type, body, channel)
    else throw new ConsensusError('frame_malformed', `${this.#peer} sent frame type ${type} before its hello.`)
  }

  #receiveLink(body: Uint8Array): void {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    const kind = bytes[0]
    // One of another version may have another length, and is told apart by its version all the same.
    if (kind === LINK.hello && (bytes.length === HELLO_BYTES || bytes[1] !== LINK_VERSION) && !this.#up)
      this.#receiveHello(bytes)
    else if (kind === LINK.ping && bytes.length === PING_BYTES && this.#up) this.#answerPing(bytes.readUInt32LE(1))
    else if (kind === LINK.pong && bytes.length === PONG_BYTES && this.#up) this.#receivePong(bytes)
    else if ((kind === LINK.open || kind === LINK.closed) && bytes.length === CHANNEL_FRAME_BYTES && this.#up)
      this.#options.onChannel?.(bytes.toString('hex', 1), kind === LINK.open)
    else
      throw new ConsensusError(
        'frame_malformed',
        `${this.#peer} sent a link frame of kind ${kind} and ${bytes.length} bytes out of place.`,
      )
  }

  #receiveHello(bytes: Buffer): void {
    const version = bytes[1]
    const { selfId, peerId } = this.#options
    const [from, to] = [bytes.readUIntLE(2, ID_BYTES), bytes.readUIntLE(2 + ID_BYTES, ID_BYTES)]
    if (version !== LINK_VERSION)
      throw new ConsensusError(
        'peer_mismatch',
        `${this.#peer} speaks version ${version} of the peer protocol, this one ${LINK_VERSION}.`,
        undefined,
        'Update the older of the two.',
      )
    if (from !== peerId || to !== selfId)
      throw new ConsensusError(
        'peer_mismatch',
        `${this.#peer}'s key said hello as ${from} to ${to}; this is ${selfId}.`,
        undefined,
        'Check the member ids in both configurations.',
      )
    this.#up = true
    this.#options.onUp()
  }

  #answerPing(number: number): void {
    const body = Buffer.alloc(PONG_BYTES)
    body[0] = LINK.pong
    body.writeUInt32LE(number, 1)
    const now = BigInt(Math.trunc(this.#options.clock.wallUs()))
    body.writeBigUInt64LE(now, 5)
    body.writeBigUInt64LE(now, 13)
    this.#writeLink(body)
  }

  #receivePong(bytes: Buffer): void {
    const sent = this.#pingSent
    if (sent === null || bytes.readUInt32LE(1) !== sent.number) return
    this.#pingSent = null
    this.clockSamples.add({
      sentWallUs: sent.wallUs,
      sentMonotonicUs: sent.monotonicUs,
      peerReceivedUs: Number(bytes.readBigUInt64LE(5)),
      peerSentUs: Number(bytes.readBigUInt64LE(13)),
      backMonotonicUs: this.#options.clock.monotonicUs(),
    })
  }
}

const PEERS_FAULTS: ReadonlySet<string> = new Set(['frame_malformed', 'frame_too_large', 'peer_mismatch'])

function helloBody(from: number, to: number): Uint8Array {
  const body = Buffer.alloc(HELLO_BYTES)
  body[0] = LINK.hello
  body[1] = LINK_VERSION
  body.writeUIntLE(from, 2, ID_BYTES)
  body.writeUIntLE(to, 2 + ID_BYTES, ID_BYTES)
  return body
}
