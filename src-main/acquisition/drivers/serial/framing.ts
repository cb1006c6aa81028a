import type { SerialSource } from '../../config.ts'

/** Longest frame; a line without an end must not fill the memory. */
export const FRAME_BYTES_MAX = 4000

/** Cuts a stream of bytes into frames. Bytes before the first whole delimiter-framed line may be half a frame: its checksum decides. */
export interface Framer {
  /** Complete frames in what has arrived so far, without their delimiter. */
  push(bytes: Uint8Array): Uint8Array[]
  /** How many bytes were thrown away because no frame end came. */
  readonly discarded: number
}

export function framerOf(framing: SerialSource['framing']): Framer {
  if (framing.kind === 'length')
    return new CuttingFramer((buffer) => (buffer.length < framing.bytes ? null : [framing.bytes, framing.bytes]))
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
  discarded = 0

  constructor(cut: Cut) {
    this.#cut = cut
  }

  push(bytes: Uint8Array): Uint8Array[] {
    this.#buffer = Buffer.concat([this.#buffer, bytes])
    const frames: Uint8Array[] = []
    for (let cut = this.#cut(this.#buffer); cut !== null; cut = this.#cut(this.#buffer)) {
      const [end, next] = cut
      if (end > 0) frames.push(Uint8Array.from(this.#buffer.subarray(0, end)))
      this.#buffer = this.#buffer.subarray(next)
    }
    if (this.#buffer.length > FRAME_BYTES_MAX) {
      this.discarded += this.#buffer.length
      this.#buffer = Buffer.alloc(0)
    }
    return frames
  }
}
