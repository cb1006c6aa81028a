import { X509Certificate } from 'node:crypto'
import { messageOf } from '../../../wire/plumbline-error.ts'
import type { ServerCertificate } from '../../source-state.ts'
import { OpcuaFault, type OpcuaOffer } from './binding.ts'

/** An offered certificate that was parsed: it came in clear text, so until then it may be anything. */
export interface ShownCertificate {
  fingerprint: string
  der: Uint8Array
  description: Omit<ServerCertificate, 'trusted'>
}

/** SHA-256 of a DER certificate as 64 lower-case hex digits: what a person compares with the machine. */
export function fingerprintOf(certificate: Uint8Array): string {
  return new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase()
}

/** Throws OpcuaFault when what the server offers is no X.509 certificate. */
export function parseOffer(offer: OpcuaOffer, endpoint: string): ShownCertificate {
  try {
    const certificate = new X509Certificate(offer.certificate)
    const fingerprint = fingerprintOf(offer.certificate)
    return {
      fingerprint,
      der: offer.certificate,
      description: {
        fingerprint,
        subject: certificate.subject.replaceAll('\n', ', '),
        issuer: certificate.issuer.replaceAll('\n', ', '),
        notBeforeUs: timeUs(certificate.validFrom),
        notAfterUs: timeUs(certificate.validTo),
        endpoint,
        securityPolicy: offer.securityPolicy,
      },
    }
  } catch (error) {
    throw new OpcuaFault(
      'other',
      `the server's list of endpoints holds no certificate that can be read (${messageOf(error)}): it is damaged, or somebody changed it on the way`,
    )
  }
}

/** RFC 5280 4.1.2.5: 99991231235959Z means that a certificate has no end; that is more microseconds than a number holds. */
function timeUs(text: string): number {
  const us = Date.parse(text) * 1000
  if (Number.isNaN(us)) throw new Error(`"${text}" is no time`)
  return Math.min(us, Number.MAX_SAFE_INTEGER)
}

/** Sixteen groups of four digits, as the console and most panels print a SHA-256. */
export function groupedFingerprint(fingerprint: string): string {
  return (fingerprint.toUpperCase().match(/.{4}/g) ?? []).join(' ')
}
