/** Checks a certificate file of any rendering on this machine: finds the `.plumb` in it and runs the verifier over that. */
import { loadAddon } from '../../native/addon.ts'
import type { Verification } from '../certificates/verification.ts'
import { verifyCertificate } from '../certificates/verify.ts'
import { readCredential } from '../certificates/credential.ts'
import { readEvidence } from '../certificates/evidence.ts'
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

/**
 * The policy that a certificate file encloses, to be compared before it is pinned; null for a file that is no certificate. Only the
 * file's form is read: nothing in it is checked or run. Throws DocumentError for a PDF or HTML file without a certificate.
 */
export function enclosedPolicy(bytes: Uint8Array): string | null {
  const certificate = embeddedCertificate(bytes)
  try {
    return readEvidence(readCredential(certificate).evidence).policy
  } catch {
    return null
  }
}
