/** What the addon does alone: leaves hashed, batches checked, signatures verified. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { loadAddon } from '../../native/addon.ts'
import { RowWriter } from '../../src-main/wire/rows.ts'
import { parseStreamId } from '../../src-main/wire/ids.ts'
import { figure, secondsOf } from './figure.ts'

const READINGS = 5_000
const ROUNDS = 21
const SIGNATURES = 512
const ED25519 = 1

export function measureAddon(): void {
  const addon = loadAddon()
  const writer = new RowWriter(Array.from({ length: 20 }, () => parseStreamId(randomBytes(16).toString('hex'))))
  for (let i = 0; i < READINGS; i++)
    writer.push(
      i % 20,
      Math.floor(i / 20),
      1_774_915_200_000_000 + i * 1_000,
      { kind: 'float', value: Math.round(7_241 + 300 * Math.sin(i / 40)) / 100 },
      0,
      0,
    )
  const { streams, rows, heap } = writer.take()
  const secret = randomBytes(32)
  const sealing = secondsOf(ROUNDS, () => void addon.closeBatch(streams, rows, heap, secret))
  const { payload } = addon.closeBatch(streams, rows, heap, secret)
  const checking = secondsOf(ROUNDS, () => void addon.checkBatch(payload, READINGS))
  figure('leaves_sealed_per_second', READINGS / sealing, 'leaves/s', { batch: READINGS })
  figure('leaves_hashed_per_second', READINGS / checking, 'leaves/s', { batch: READINGS })
  figure('payload_bytes_per_reading_before_compression', payload.length / READINGS, 'bytes')

  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url'))
  const signed = Array.from({ length: SIGNATURES }, (_, i) => {
    const message = randomBytes(300 + i)
    return { message, signature: sign(null, message, privateKey) }
  })
  const verifying = secondsOf(ROUNDS, () => {
    for (const { message, signature } of signed) addon.verify(ED25519, key, message, signature)
  })
  figure('signatures_verified_per_second', SIGNATURES / verifying, 'signatures/s', { algorithm: 'Ed25519, strict' })
}
