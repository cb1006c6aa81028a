import { X509Certificate } from 'node:crypto'
import type { ServerCertificate } from '../../source-state.ts'
import type { OpcuaOffer } from './binding.ts'

/** SHA-256 of a DER certificate as 64 lower-case hex digits: what a person compares with the machine. */
export function fingerprintOf(certificate: Uint8Array): string {
  return new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase()
}

/** What to show of an offered certificate. Throws when it is no X.509 certificate. */
export function describeCertificate(offer: OpcuaOffer, endpoint: string, trusted: boolean): ServerCertificate {
  const certificate = new X509Certificate(offer.certificate)
  return {
    fingerprint: fingerprintOf(offer.certificate),
    subject: certificate.subject.replaceAll('\n', ', '),
    issuer: certificate.issuer.replaceAll('\n', ', '),
    notBeforeUs: Date.parse(certificate.validFrom) * 1000,
    notAfterUs: Date.parse(certificate.validTo) * 1000,
    endpoint,
    securityPolicy: offer.securityPolicy,
    trusted,
  }
}

/** Sixteen groups of four digits, as the console and most panels print a SHA-256. */
export function groupedFingerprint(fingerprint: string): string {
  return (fingerprint.toUpperCase().match(/.{4}/g) ?? []).join(' ')
}
