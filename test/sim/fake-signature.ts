import type { Addon } from '../../native/addon.ts'

/** What a simulation signs marks with: whoever knows the public key could forge it, and nobody here does. Real ones cost too much. */
export function fakeSignature(addon: Pick<Addon, 'sha256'>, publicKey: Uint8Array, bytes: Uint8Array): Uint8Array {
  const half = addon.sha256(Buffer.concat([publicKey, bytes]))
  return Buffer.concat([half, half])
}
