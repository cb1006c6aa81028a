import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadAddon } from '../../native/addon.ts'
import { checkPublicKey, verifySignature } from '../../src-main/proof/signature.ts'
import { fromHex, utf8 } from '../../src-main/wire/bytes.ts'
import { vectorsDir, warnNoVectors } from '../support/vectors.ts'

interface Case {
  key: Uint8Array
  message: Uint8Array
  signature: Uint8Array
}

const addon = loadAddon()
const folder = vectorsDir()
if (!folder) warnNoVectors('signatures under the native addon')
const read = <T>(file: string): T => JSON.parse(readFileSync(`${folder}ed25519/${file}`, 'utf8')) as T

/** OpenSSL's verdict: RFC 8032 without the cofactor; it knows no enrolment. */
function openSslVerdict({ key, message, signature }: Case): boolean {
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key])
  return verify(null, message, createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature)
}

function pack(cases: readonly Case[]): Buffer {
  const parts = cases.flatMap(({ key, message, signature }) => {
    const head = Buffer.of(1, key.length, 0)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(message.length)
    return [head, key, length, message, Buffer.of(signature.length, 0), signature]
  })
  return Buffer.concat(parts)
}

/** The addon, the portable rule and OpenSSL agree under every key that may be enrolled; no other key counts. */
function expectAgreement(cases: readonly Case[]): { enrolled: number; accepted: number } {
  const many = addon.verifyMany(pack(cases))
  let enrolled = 0
  let accepted = 0
  for (const [index, item] of cases.entries()) {
    const mayEnrol = addon.checkPublicKey(1, item.key)
    const verdict = addon.verify(1, item.key, item.message, item.signature)
    const name = `case ${index}`
    expect(checkPublicKey(1, item.key), name).toBe(mayEnrol)
    expect(verifySignature(1, item.key, item.message, item.signature) && mayEnrol, name).toBe(verdict)
    expect(mayEnrol && openSslVerdict(item), name).toBe(verdict)
    expect(many[index], name).toBe(verdict ? 1 : 0)
    enrolled += mayEnrol ? 1 : 0
    accepted += verdict ? 1 : 0
  }
  return { enrolled, accepted }
}

test.skipIf(!folder)('no signature under the edge-case keys of ZIP 215 counts', () => {
  const vectors = read<{ vk_bytes: string; sig_bytes: string; valid_legacy: boolean }[]>('zip215.json')
  const cases = vectors.map(({ vk_bytes, sig_bytes }) => ({
    key: fromHex(vk_bytes),
    message: utf8('Zcash'),
    signature: fromHex(sig_bytes),
  }))
  // The strict rule accepts three of them; their keys have small order and are never enrolled.
  expect(vectors.filter((vector) => vector.valid_legacy).length).toBe(3)
  expect(expectAgreement(cases)).toEqual({ enrolled: 0, accepted: 0 })
})

test.skipIf(!folder)('the edge cases of CCTV get one verdict from all implementations', () => {
  const vectors = read<{ key: string; sig: string; msg: string }[]>('cctv-ed25519vectors.json')
  const cases = vectors.map(({ key, sig, msg }) => ({
    key: fromHex(key),
    message: utf8(msg),
    signature: fromHex(sig),
  }))
  expect(cases.length).toBeGreaterThan(500)
  const { enrolled, accepted } = expectAgreement(cases)
  expect(enrolled).toBeGreaterThan(0)
  expect(accepted).toBeLessThanOrEqual(enrolled)
})

test("Node's own signatures count, and no changed one does", () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const key = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
  const cases = Array.from({ length: 64 }, (_, bit) => {
    const message = utf8(`reading ${bit}`)
    const signature = new Uint8Array(sign(null, message, privateKey))
    if (bit > 0) signature[bit - 1]! ^= 1 << (bit % 8)
    return { key, message, signature }
  })
  expect(expectAgreement(cases)).toEqual({ enrolled: 64, accepted: 1 })
})

test('P-256 counts with low s only, under a compressed key', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x, y } = publicKey.export({ format: 'jwk' })
  const yBytes = Buffer.from(y!, 'base64url')
  const key = Buffer.concat([Buffer.of(2 + (yBytes.at(-1)! & 1)), Buffer.from(x!, 'base64url')])
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const message = utf8('reading')
  for (let round = 0; round < 8; round++) {
    const one = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    const other = Buffer.from(one)
    const s = order - BigInt(`0x${one.toString('hex', 32)}`)
    other.write(s.toString(16).padStart(64, '0'), 32, 'hex')
    const isLow = s > order / 2n
    for (const [signature, counts] of [
      [one, isLow],
      [other, !isLow],
    ] as const) {
      expect(addon.verify(2, key, message, signature)).toBe(counts)
      expect(verifySignature(2, key, message, signature)).toBe(counts)
    }
  }
  const uncompressed = Buffer.concat([Buffer.of(4), key.subarray(1), yBytes])
  expect([addon.checkPublicKey(2, key), addon.checkPublicKey(2, uncompressed)]).toEqual([true, false])
  expect(addon.checkPublicKey(2, Buffer.alloc(33, 2))).toBe(checkPublicKey(2, Buffer.alloc(33, 2)))
  expect(addon.checkPublicKey(3, key)).toBe(false)
})

test('a packed list that ends inside an item is refused', () => {
  const packed = pack([{ key: new Uint8Array(32), message: new Uint8Array(3), signature: new Uint8Array(64) }])
  expect(() => addon.verifyMany(packed.subarray(0, -1))).toThrow(
    expect.objectContaining({ code: 'invalid_argument' }) as Error,
  )
  expect(addon.verifyMany(new Uint8Array()).length).toBe(0)
})
