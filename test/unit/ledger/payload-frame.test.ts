import { constants as zlib, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { compressPayload, decompressPayload } from '../../../src-main/ledger/payload-frame.ts'
import { MAX_PAYLOAD_BYTES } from '../../../src-main/wire/limits.ts'

const content = Buffer.from('a columnar payload '.repeat(40))
const good = compressPayload(content)

/** Frames as other encoders write them. */
function frame(params: Record<number, number>, pledge = true, bytes: Uint8Array = content): Buffer {
  return zstdCompressSync(bytes, { params, ...(pledge ? { pledgedSrcSize: bytes.length } : {}) })
}

test('what was compressed comes back, whatever its size', () => {
  for (const size of [0, 1, 255, 256, 300, 65_791, 65_792, 1_000_000]) {
    const bytes = Buffer.alloc(size, 'plumb')
    expect(decompressPayload(compressPayload(bytes)).equals(bytes)).toBe(true)
  }
})

test('a frame without checksum or content size is refused', () => {
  expect(() => decompressPayload(frame({ [zlib.ZSTD_c_checksumFlag]: 0 }))).toThrow('has no checksum')
  expect(() => decompressPayload(frame({ [zlib.ZSTD_c_checksumFlag]: 1, [zlib.ZSTD_c_contentSizeFlag]: 0 }))).toThrow(
    'does not state its content size',
  )
})

test('anything after the one frame is refused, also another frame', () => {
  expect(() => decompressPayload(Buffer.concat([good, Buffer.from([0])]))).toThrow(/ends at byte \d+, but/)
  expect(() => decompressPayload(Buffer.concat([good, good]))).toThrow(/ends at byte \d+, but/)
})

test('a window above 8 MiB is refused before anything is decompressed', () => {
  const large = Buffer.alloc(MAX_PAYLOAD_BYTES)
  for (let i = 0; i < large.length; i += 64) large.writeUInt32LE(i, i)
  const wide = frame({ [zlib.ZSTD_c_checksumFlag]: 1, [zlib.ZSTD_c_windowLog]: 25 }, true, large)
  expect(() => decompressPayload(wide)).toThrow('window')
})

test('a frame that promises more than the limit is refused by its header', () => {
  const bomb = frame({ [zlib.ZSTD_c_checksumFlag]: 1 }, true, Buffer.alloc(MAX_PAYLOAD_BYTES + 1))
  expect(bomb.length).toBeLessThan(10_000)
  expect(() => decompressPayload(bomb)).toThrow(`would decompress to ${MAX_PAYLOAD_BYTES + 1} bytes`)
})

test('every cut and every flipped bit is refused', () => {
  for (let length = 0; length < good.length; length++)
    expect(() => decompressPayload(good.subarray(0, length))).toThrow('the payload')
  for (let bit = 0; bit < good.length * 8; bit++) {
    const changed = Buffer.from(good)
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
    let same = false
    try {
      same = decompressPayload(changed).equals(content)
    } catch {
      continue
    }
    // Some header bits say the same in another way; what comes out is then the same content or nothing.
    expect(same).toBe(true)
  }
})
