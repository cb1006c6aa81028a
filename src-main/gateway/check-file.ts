/** Checks a certificate file of any rendering on this machine: finds the `.plumb` in it and runs the verifier over that. */
import { loadAddon } from '../../native/addon.ts'
import type { Verification } from '../certificates/verification.ts'
import { verifyCertificate } from '../certificates/verify.ts'
import { embeddedCertificate } from '../documents/embedded.ts'
import { loadEngine } from '../documents/engine.ts'

/** `policies` came another way than the file: pinned, or named by the caller. Never throws for anything that stands in the file. */
export async function checkFile(bytes: Uint8Array, policies: readonly string[]): Promise<Verification> {
  return await verifyCertificate(embeddedCertificate(bytes), {
    policies,
    engine: loadEngine(),
    verifySignature: loadAddon().verify,
  })
}
