/**
 * The stored form of a payload: exactly one zstd frame (RFC 8878) with content size and checksum, a window of at most 8 MiB and
 * nothing after it. All of that is read from the frame's own headers before a byte is decompressed.
 */
import { constants as zlib, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { MAX_COMPRESSED_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES } from '../wire/limits.ts'
import { messageOf } from '../wire/plumbline-error.ts'
import { LedgerError } from './errors.ts'

const LEVEL = 3
const MAGIC = 0xfd2f_b528
const WINDOW_BYTES_MAX = 8 * 1024 * 1024
const BLOCK_HEADER_BYTES = 3
const CHECKSUM_BYTES = 4
const BLOCK_RLE = 1
const BLOCK_RESERVED = 3

/** Compresses a columnar payload into the frame that is stored, hashed and sent. */
export function compressPayload(columnar: Uint8Array): Buffer {
  return zstdCompressSync(columnar, {
    params: { [zlib.ZSTD_c_compressionLevel]: LEVEL, [zlib.ZSTD_c_checksumFlag]: 1, [zlib.ZSTD_c_contentSizeFlag]: 1 },
    pledgedSrcSize: columnar.length,
  })
}

/** Gives back the columnar payload. Throws LedgerError `payload_malformed`; `frame` is what a stranger signed. */
export function decompressPayload(frame: Uint8Array): Buffer {
  const size = checkFrame(frame)
  let columnar: Buffer
  try {
    columnar = zstdDecompressSync(frame, { maxOutputLength: Math.max(size, 1) })
  } catch (cause) {
    throw malformed(`does not decompress (${messageOf(cause)})`)
  }
  if (columnar.length !== size) throw malformed(`promises ${size} bytes and holds ${columnar.length}`)
  return columnar
}

/** Walks the frame's headers; returns the content size it promises. */
function checkFrame(frame: Uint8Array): number {
  if (frame.length > MAX_COMPRESSED_PAYLOAD_BYTES)
    throw malformed(`has ${frame.length} bytes; at most ${MAX_COMPRESSED_PAYLOAD_BYTES}`)
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  if (frame.length < 6 || view.getUint32(0, true) !== MAGIC) throw malformed('does not begin with a zstd frame')
  const descriptor = view.getUint8(4)
  const single = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >> 6
  if ((descriptor & 0x08) !== 0) throw malformed('sets a reserved bit of its header')
  if ((descriptor & 0x03) !== 0) throw malformed('needs a dictionary')
  if ((descriptor & 0x04) === 0) throw malformed('has no checksum')
  if (sizeFlag === 0 && !single) throw malformed('does not state its content size')
  const sizeAt = single ? 5 : 6
  const sizeBytes = 1 << sizeFlag
  if (frame.length < sizeAt + sizeBytes) throw malformed('ends inside its header')
  const size = contentSize(view, sizeAt, sizeFlag)
  if (size > MAX_PAYLOAD_BYTES) throw malformed(`would decompress to ${size} bytes; at most ${MAX_PAYLOAD_BYTES}`)
  const window = single ? size : windowBytes(view.getUint8(5))
  if (window > WINDOW_BYTES_MAX) throw malformed(`needs a window of ${window} bytes; at most ${WINDOW_BYTES_MAX}`)
  const end = endOfBlocks(view, sizeAt + sizeBytes) + CHECKSUM_BYTES
  if (end !== frame.length) throw malformed(`ends at byte ${end}, but ${frame.length} bytes are there`)
  return size
}

function contentSize(view: DataView, at: number, flag: number): number {
  if (flag === 0) return view.getUint8(at)
  // RFC 8878 3.1.1.1.4: the two-byte form is offset by 256.
  if (flag === 1) return view.getUint16(at, true) + 256
  if (flag === 2) return view.getUint32(at, true)
  return Number(view.getBigUint64(at, true))
}

/** RFC 8878 3.1.1.1.2. */
function windowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

function endOfBlocks(view: DataView, start: number): number {
  let at = start
  for (;;) {
    if (at + BLOCK_HEADER_BYTES > view.byteLength) throw malformed('ends inside a block header')
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
    const type = (header >> 1) & 3
    if (type === BLOCK_RESERVED) throw malformed('holds a block of a reserved type')
    at += BLOCK_HEADER_BYTES + (type === BLOCK_RLE ? 1 : header >> 3)
    if (at > view.byteLength) throw malformed('ends inside a block')
    if ((header & 1) === 1) return at
  }
}

function malformed(what: string): LedgerError {
  return new LedgerError('payload_malformed', `the payload ${what}`)
}
