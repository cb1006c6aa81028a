import type { SerialSource } from '../../config.ts'
import { FRAME_BYTES_MAX } from '../../config-drivers.ts'

/** A frame without its delimiter, or null in place of one that was longer than FRAME_BYTES_MAX and was thrown away. */
export type Frame = Uint8Array | null

/** Cuts a stream of bytes, listened to from any moment on, into frames that are whole for certain. */
export interface Framer {
  push(bytes: Uint8Array): Frame[]
}

/** `holds` tells whether the checksum of a frame holds; frames of a fixed length are found by it. */
export function framerOf(framing: SerialSource['framing'], holds: (frame: Uint8Array) => boolean): Framer {
  if (framing.kind === 'length') return new SlidingFramer(framing.bytes, holds)
  if (framing.kind === 'regex') {
    const pattern = new RegExp(framing.end, 'u')
    return new CuttingFramer((buffer) => {
      const match = pattern.exec(buffer.toString('latin1'))
      if (match === null || match[0] === '') return null
      const end = match.index + match[0].length
      return [end, end]
    })
  }
  const delimiter = Buffer.from(framing.delimiter, 'hex')
  return new CuttingFramer((buffer) => {
    const at = buffer.indexOf(delimiter)
    return at === -1 ? null : [at, at + delimiter.length]
  })
}

/** Where the first frame of a buffer ends and where the next begins, or null while it is incomplete. */
type Cut = (buffer: Buffer) => [end: number, next: number] | null

class CuttingFramer implements Framer {
  readonly #cut: Cut
  #buffer = Buffer.alloc(0)
  /** What comes up to the next frame end is the tail of something: 25.40 may have been 125.40. */
  #tail = true

  constructor(cut: Cut) {
    this.#cut = cut
  }

  push(bytes: Uint8Array): Frame[] {
    this.#buffer = Buffer.concat([this.#buffer, bytes])
    const frames: Frame[] = []
    for (let cut = this.#cut(this.#buffer); cut !== null; cut = this.#cut(this.#buffer)) {
      const [end, next] = cut
      if (!this.#tail && end > FRAME_BYTES_MAX) frames.push(null)
      else if (!this.#tail && end > 0) frames.push(Uint8Array.from(this.#buffer.subarray(0, end)))
      this.#tail = false
      this.#buffer = this.#buffer.subarray(next)
    }
    if (this.#buffer.length > FRAME_BYTES_MAX) {
      if (!this.#tail) frames.push(null)
      this.#tail = true
      this.#buffer = Buffer.alloc(0)
    }
    return frames
  }
}

/** One frame may hold its checksum by chance in the wrong place; the next then does not. */
const FRAMES_IN_STEP = 2

/** Nothing marks where a frame of a fixed length begins but its checksum: out of step, the bytes are tried one by one. */
class SlidingFramer implements Framer {
  readonly #frameBytes: number
  readonly #holds: (frame: Uint8Array) => boolean
  #buffer = Buffer.alloc(0)
  /** Frames in a row whose checksum held. */
  #inStep = 0

  constructor(frameBytes: number, holds: (frame: Uint8Array) => boolean) {
    this.#frameBytes = frameBytes
    this.#holds = holds
  }

  push(bytes: Uint8Array): Frame[] {
    this.#buffer = Buffer.concat([this.#buffer, bytes])
    const frames: Frame[] = []
    while (this.#buffer.length >= this.#frameBytes) {
      const frame = Uint8Array.from(this.#buffer.subarray(0, this.#frameBytes))
      const holds = this.#holds(frame)
      // The frame that breaks the step is passed on too: its damage is evidence.
      if (holds ? this.#inStep + 1 >= FRAMES_IN_STEP : this.#inStep >= FRAMES_IN_STEP) frames.push(frame)
      this.#inStep = holds ? this.#inStep + 1 : 0
      this.#buffer = this.#buffer.subarray(holds ? this.#frameBytes : 1)
    }
    return frames
  }
}
