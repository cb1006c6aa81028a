import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { existsSync, readFileSync } from 'node:fs'
import { createPublicKey, verify as nodeVerify } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadAddon } from '../../native/addon.ts'
import { equationHoldsUnderAnyKey } from '../../src-main/proof/ed25519.ts'
import { checkPublicKey, verifySignature } from '../../src-main/proof/signature.ts'
import { fromHex, toBase64Url, utf8 } from '../../src-main/wire/bytes.ts'
import { vectorsDir, warnNoVectors } from '../support/vectors.ts'

const dir = vectorsDir()
if (dir === null) warnNoVectors('Ed25519 edge cases')
const hasAddon = existsSync(fileURLToPath(new URL('../../native/plumbline.node', import.meta.url)))
if (!hasAddon) console.warn('skipped: comparison with the native addon: it is not built (npm run build:native)')

function load<T>(name: string): T {
  return JSON.parse(readFileSync(join(dir!, 'ed25519', name), 'utf8')) as T
}

interface Zip215 {
  vk_bytes: string
  sig_bytes: string
  valid_legacy: boolean
  valid_zip215: boolean
}
interface Cctv {
  number: number
  key: string
  sig: string
  msg: string
  flags: string[] | null
}

/** OpenSSL's verdict, which also has no cofactor; false where it refuses the key itself. */
function openSslAccepts(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(key) }, format: 'jwk' })
    return nodeVerify(null, message, publicKey, signature)
  } catch {
    return false
  }
}

describe.skipIf(dir === null)('Ed25519 edge cases', () => {
  it('of the ZIP215 set fulfil the equation where its strict verdict is valid, and never beyond its lax one', () => {
    const message = utf8('Zcash')
    const vectors = load<Zip215[]>('zip215.json')
    expect(vectors).toHaveLength(196)
    expect(vectors.filter((vector) => vector.valid_legacy)).toHaveLength(3)
    for (const { vk_bytes, sig_bytes, valid_legacy, valid_zip215 } of vectors) {
      const holds = equationHoldsUnderAnyKey(fromHex(vk_bytes), message, fromHex(sig_bytes))
      if (valid_legacy) expect(holds).toBe(true)
      if (holds) expect(valid_zip215).toBe(true)
    }
  })

  it('never count under our rule, because every key of the ZIP215 set is of small order', () => {
    for (const { vk_bytes, sig_bytes } of load<Zip215[]>('zip215.json')) {
      expect(checkPublicKey(1, fromHex(vk_bytes))).toBe(false)
      expect(verifySignature(1, fromHex(vk_bytes), utf8('Zcash'), fromHex(sig_bytes))).toBe(false)
    }
  })

  it('of the CCTV set count exactly where key and equation are sound, and OpenSSL accepts all of those', () => {
    let accepted = 0
    for (const { key, sig, msg, flags } of load<Cctv[]>('cctv-ed25519vectors.json')) {
      const [publicKey, signature, message] = [fromHex(key), fromHex(sig), utf8(msg)]
      const counts = verifySignature(1, publicKey, message, signature)
      const marks = new Set(flags ?? [])
      if (['low_order_A', 'low_order_component_A', 'non_canonical_A'].some((mark) => marks.has(mark))) {
        expect(checkPublicKey(1, publicKey)).toBe(false)
      }
      if (marks.size === 0) expect(counts).toBe(true)
      expect(counts).toBe(checkPublicKey(1, publicKey) && equationHoldsUnderAnyKey(publicKey, message, signature))
      if (counts) {
        accepted++
        expect(openSslAccepts(publicKey, message, signature)).toBe(true)
        expect([...marks].filter((mark) => mark.endsWith('_A') || mark === 'low_order_residue')).toEqual([])
      }
    }
    expect(accepted).toBeGreaterThan(0)
  })

  it.skipIf(!hasAddon)('get one verdict from the addon and from TypeScript', () => {
    const addon = loadAddon()
    for (const { key, sig, msg } of load<Cctv[]>('cctv-ed25519vectors.json')) {
      const [publicKey, signature, message] = [fromHex(key), fromHex(sig), utf8(msg)]
      expect(addon.verify(1, publicKey, message, signature)).toBe(verifySignature(1, publicKey, message, signature))
      expect(addon.checkPublicKey(1, publicKey)).toBe(checkPublicKey(1, publicKey))
    }
    for (const { vk_bytes, sig_bytes } of load<Zip215[]>('zip215.json')) {
      const [publicKey, signature] = [fromHex(vk_bytes), fromHex(sig_bytes)]
      expect(addon.verify(1, publicKey, utf8('Zcash'), signature)).toBe(false)
    }
  })
})

describe('signatures', () => {
  const message = utf8('a batch header')
  const { secretKey, publicKey } = ed25519.keygen(new Uint8Array(32).fill(7))
  const signature = ed25519.sign(message, secretKey)

  it('by Ed25519 count as made, and not with S raised by the group order', () => {
    expect(verifySignature(1, publicKey, message, signature)).toBe(true)
    const raised = signature.slice()
    let s = 0n
    for (let i = 63; i >= 32; i--) s = (s << 8n) | BigInt(signature[i]!)
    s += ed25519.Point.Fn.ORDER
    for (let i = 32; i < 64; i++, s >>= 8n) raised[i] = Number(s & 255n)
    expect(verifySignature(1, publicKey, message, raised)).toBe(false)
  })

  it('by Ed25519 do not count after any single changed bit', () => {
    for (let bit = 0; bit < 512; bit += 37) {
      const changed = signature.slice()
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(verifySignature(1, publicKey, message, changed)).toBe(false)
    }
    expect(verifySignature(1, publicKey, utf8('a batch headeR'), signature)).toBe(false)
    expect(verifySignature(1, publicKey.slice(1), message, signature)).toBe(false)
    expect(verifySignature(1, publicKey, message, signature.slice(1))).toBe(false)
    expect(verifySignature(9, publicKey, message, signature)).toBe(false)
  })

  it('by P-256 count with low S only, under compressed keys only', () => {
    const secret = new Uint8Array(32).fill(9)
    const key = p256.getPublicKey(secret, true)
    const low = p256.sign(message, secret, { lowS: true })
    const s = p256.Signature.fromBytes(low)
    const high = new p256.Signature(s.r, p256.Point.Fn.ORDER - s.s).toBytes()
    expect(verifySignature(2, key, message, low)).toBe(true)
    expect(verifySignature(2, key, message, high)).toBe(false)
    expect(verifySignature(2, p256.getPublicKey(secret, false), message, low)).toBe(false)
    expect(checkPublicKey(2, key)).toBe(true)
    expect(checkPublicKey(2, p256.getPublicKey(secret, false))).toBe(false)
    expect(checkPublicKey(2, new Uint8Array(33))).toBe(false)
  })
})
