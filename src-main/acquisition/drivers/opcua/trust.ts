import type { TrustDecision } from '../../../wire/stream-words.ts'
import type { OpcuaSource } from '../../config.ts'
import { AcquisitionError } from '../../errors.ts'
import type { OpcuaCertificateStore } from './binding.ts'
import { groupedFingerprint, type ShownCertificate } from './certificate.ts'

/**
 * Null when this source may talk to the server that shows this certificate, else why not and what to do. Each source is
 * judged on its own: machines that swap addresses must not record as each other.
 */
export async function objectionTo(
  source: OpcuaSource,
  shown: ShownCertificate,
  store: OpcuaCertificateStore,
): Promise<string | null> {
  const { fingerprint, der } = shown
  const readable = groupedFingerprint(fingerprint)
  const pinned = source.trustedFingerprint?.toLowerCase()
  if (pinned !== undefined && pinned !== fingerprint)
    return `This gateway refuses the server's certificate: it is another certificate than the configuration's trustedFingerprint. Shown: ${readable}. Configured: ${groupedFingerprint(pinned)}. If the machine got a new one, compare and write the new fingerprint.`
  const decision = store.decision(der, source.id)
  if (decision === 'refused')
    return `This gateway refuses the server's certificate because a person decided so. Fingerprint (SHA-256): ${readable}.`
  // The configuration names the certificate: that is a decision somebody made and wrote down.
  if (pinned === fingerprint) await store.decide(der, source.id, 'pinned')
  else if (decision !== 'trusted') {
    const others = store.acceptedFor(der).filter((other) => other !== source.id)
    if (others.length > 0)
      return `This gateway trusts the server's certificate for source ${others.map((other) => `"${other}"`).join(', ')}, not for this one. Check that the address leads to the right machine, then trust or refuse it here too. Fingerprint (SHA-256): ${readable}.`
    if (decision === 'pinned') return unknown(readable)
  }
  const status = await store.check(der)
  if (status === 'Good') return null
  if (status === 'BadCertificateUntrusted') return unknown(readable)
  return `This gateway refuses the server's certificate: ${status}. Give the server a valid certificate. Fingerprint (SHA-256): ${readable}.`
}

function unknown(readable: string): string {
  return `This gateway does not know the server's certificate yet. Compare its fingerprint (SHA-256) with the machine and trust or refuse it: ${readable}.`
}

/** Throws AcquisitionError unless a person's decision is about the certificate on show and can take effect. */
export function checkDecision(
  source: OpcuaSource,
  shown: ShownCertificate,
  given: string,
  decision: TrustDecision,
): void {
  if (given !== shown.fingerprint)
    throw new AcquisitionError(
      'fingerprint_differs',
      `The fingerprint ${given} is not that of the certificate which source "${source.id}" shows (${shown.fingerprint}).`,
      'Compare again and decide about the one it shows now.',
    )
  const pinned = source.trustedFingerprint?.toLowerCase()
  if (decision === 'trust' && pinned !== undefined && pinned !== shown.fingerprint)
    throw new AcquisitionError(
      'other_certificate_pinned',
      `The configuration of source "${source.id}" trusts only the certificate ${pinned}, and it shows ${shown.fingerprint}.`,
      'If the machine got a new certificate, write its fingerprint as trustedFingerprint, or remove that setting.',
    )
}
