/**
 * Frames between gateways: `u32le length | u8 type | body`, where length counts the type and what follows. One link carries all channels
 * that two gateways share: in every type but 0 the body comes after the first 8 bytes of the channel's id.
 *
 * | type | body |
 * |---|---|
 * | 0 | link: hello, ping, pong (peer-link.ts); never seen by the host |
 * | 1 | one message of the consensus core |
 * | 2 | entries of a follower, for the leader to propose |
 * | 3 | checkpoint or cosignature |
 * | 4 | status |
 * | 5 | what a gateway remembers, signed |
 * | 6 | parts of the ledger that a gateway lost |
 *
 * A type with bit 0x80 set carries its body as one zstd frame. Every length is checked against the cap of its type before
 * anything is allocated for it, compressed or not. The bytes come from an authenticated member, which may still be hostile.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { MAX_COMPRESSED_PAYLOAD_BYTES } from '../wire/limits.ts'
import { ConsensusError } from './consensus-error.ts'

export const FRAME = { link: 0, raft: 1, forward: 2, cosignature: 3, status: 4, memory: 5, parts: 6 } as const
export type FrameType = (typeof FRAME)[keyof typeof FRAME]
/** The types a host sends and receives. */
export type HostFrameType = Exclude<FrameType, 0>

const MIB = 1024 * 1024
/** One statement with the largest payload, and what is wrapped around it. */
const STATEMENTS_BYTES_MAX = MAX_COMPRESSED_PAYLOAD_BYTES + MIB
/** Largest body of each type in bytes, after decompression. A raft message carries at most 1 MiB of entries, or one large entry. */
export const FRAME_BODY_BYTES_MAX: Readonly<Record<FrameType, number>> = {
  0: 1024,
  1: STATEMENTS_BYTES_MAX,
  2: STATEMENTS_BYTES_MAX,
  3: 256 * 1024,
  4: 64 * 1024,
  5: 4 * 1024,
  6: STATEMENTS_BYTES_MAX,
}

const HEADER_BYTES = 5
const CHANNEL_BYTES = 8
/** Where there is only one, nothing needs to tell it from others. */
export const NO_CHANNEL = '0'.repeat(2 * CHANNEL_BYTES)
const COMPRESSED = 0x80
/** Compressing less is not worth its latency. */
const COMPRESS_BYTES_MIN = 16 * 1024
const COMPRESSION_LEVEL = 1

export interface Frame {
  type: FrameType
  body: Uint8Array
}

/** A frame ready for the socket, as parts that are written without being joined. */
export interface EncodedFrame {
  header: Uint8Array
  body: Uint8Array
}

/**
 * Encodes a frame, of a channel by the first 16 hex digits of its id. With `compress` a body of 16 KiB and more travels as zstd where that saves at least an eighth.
 *
 * @throws RangeError where the body is above its type's cap: the host's own mistake
 */
export function encodeFrame(
  type: FrameType,
  body: Uint8Array,
  compress = false,
  channel: string = NO_CHANNEL,
): EncodedFrame {
  if (body.length > FRAME_BODY_BYTES_MAX[type])
    throw new RangeError(
      `body: ${body.length} bytes are above the cap of frame type ${type}, ${FRAME_BODY_BYTES_MAX[type]}`,
    )
  let carried = body
  let carriedType: number = type
  if (compress && body.length >= COMPRESS_BYTES_MIN) {
    const squeezed = zstdCompressSync(body, { params: { [constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL } })
    if (squeezed.length <= body.length - body.length / 8) {
      carried = squeezed
      carriedType = type | COMPRESSED
    }
  }
  const header = Buffer.allocUnsafe(headerBytes(type))
  header.writeUInt32LE(carried.length + header.length - HEADER_BYTES + 1, 0)
  header[4] = carriedType
  if (header.length > HEADER_BYTES) header.write(channel, HEADER_BYTES, 'hex')
  return { header, body: carried }
}

function headerBytes(type: number): number {
  return type === FRAME.link ? HEADER_BYTES : HEADER_BYTES + CHANNEL_BYTES
}

/**
 * Cuts a byte stream into frames. Bodies that lie inside one chunk are views of it; others are collected into a buffer of
 * exactly their length, so a slow or endless frame costs at most its cap.
 */
export class FrameDecoder {
  readonly #onFrame: (type: FrameType, body: Uint8Array, channel: string) => void
  readonly #header = Buffer.alloc(HEADER_BYTES + CHANNEL_BYTES)
  #headerFilled = 0
  #body: Uint8Array | null = null
  #bodyFilled = 0
  #stopped = false

  constructor(onFrame: (type: FrameType, body: Uint8Array, channel: string) => void) {
    this.#onFrame = onFrame
  }

  /** Ends the decoding: what is still in the chunk is not looked at. Called where a frame closes the connection. */
  stop(): void {
    this.#stopped = true
  }

  /**
   * Takes the next bytes of the stream and hands out every frame that they complete.
   *
   * @throws ConsensusError `frame_malformed`, `frame_too_large`; the stream cannot be continued after either
   */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length && !this.#stopped) at = this.#take(chunk, at)
  }

  #take(chunk: Uint8Array, start: number): number {
    let at = start
    if (this.#headerFilled < HEADER_BYTES) {
      at = this.#fillHeader(chunk, at, HEADER_BYTES)
      if (this.#headerFilled < HEADER_BYTES) return at
      checkHeader(this.#header)
    }
    const headed = headerBytes((this.#header[4] as number) & ~COMPRESSED)
    if (this.#headerFilled < headed) {
      at = this.#fillHeader(chunk, at, headed)
      if (this.#headerFilled < headed) return at
    }
    const needed = this.#header.readUInt32LE(0) - 1 - (headed - HEADER_BYTES)
    if (this.#body === null) {
      if (chunk.length - at >= needed) {
        this.#complete(chunk.subarray(at, at + needed))
        return at + needed
      }
      this.#body = Buffer.allocUnsafeSlow(needed)
      this.#bodyFilled = 0
    }
    const part = chunk.subarray(at, at + Math.min(needed - this.#bodyFilled, chunk.length - at))
    this.#body.set(part, this.#bodyFilled)
    this.#bodyFilled += part.length
    if (this.#bodyFilled === needed) this.#complete(this.#body)
    return at + part.length
  }

  /** Gives where the chunk goes on. */
  #fillHeader(chunk: Uint8Array, at: number, upTo: number): number {
    const length = Math.min(upTo - this.#headerFilled, chunk.length - at)
    this.#header.set(chunk.subarray(at, at + length), this.#headerFilled)
    this.#headerFilled += length
    return at + length
  }

  #complete(carried: Uint8Array): void {
    const carriedType = this.#header[4] as number
    const channel = this.#header.toString('hex', HEADER_BYTES, HEADER_BYTES + CHANNEL_BYTES)
    this.#headerFilled = 0
    this.#body = null
    const type = (carriedType & ~COMPRESSED) as FrameType
    this.#onFrame(type, (carriedType & COMPRESSED) === 0 ? carried : decompress(type, carried), channel)
  }
}

function checkHeader(header: Buffer): void {
  const length = header.readUInt32LE(0)
  const type = (header[4] as number) & ~COMPRESSED
  const cap = FRAME_BODY_BYTES_MAX[type as FrameType] as number | undefined
  if (cap === undefined)
    throw new ConsensusError('frame_malformed', `A peer sent frame type ${type}, which this version does not know.`)
  const before = 1 + headerBytes(type) - HEADER_BYTES
  if (length < before)
    throw new ConsensusError(
      'frame_malformed',
      `A peer sent a frame of length ${length}, which cannot hold its type and channel.`,
    )
  if (length - before > cap)
    throw new ConsensusError(
      'frame_too_large',
      `A peer announced ${length - before} bytes for frame type ${type}; its cap is ${cap}.`,
    )
}

function decompress(type: FrameType, carried: Uint8Array): Uint8Array {
  const cap = FRAME_BODY_BYTES_MAX[type]
  try {
    return zstdDecompressSync(carried, { maxOutputLength: cap })
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE')
      throw new ConsensusError(
        'frame_too_large',
        `A peer sent a frame of type ${type} that unpacks to more than ${cap} bytes.`,
        error,
      )
    throw new ConsensusError('frame_malformed', `A peer sent a frame of type ${type} that is not valid zstd.`, error)
  }
}
