/**
 * The certificate under which a gateway speaks to its peers: self-signed, Ed25519, made from the `tls` key.
 *
 * It carries a key, nothing more. Who may connect is decided by the ledger's membership, so the dates are the widest that
 * X.509 can say (RFC 5280, 4.1.2.5: 99991231235959Z means no expiry) and are never looked at.
 */
// The certificate library registers its parts by decorators and needs this global before it is loaded.
import 'reflect-metadata'
import { createPrivateKey, createPublicKey, webcrypto, type X509Certificate } from 'node:crypto'
import { X509CertificateGenerator } from '@peculiar/x509'
import { ConsensusError } from './consensus-error.ts'

const ED25519 = { name: 'Ed25519' }
const NOT_BEFORE = new Date('2020-01-01T00:00:00Z')
const NEVER_EXPIRES = new Date('9999-12-31T23:59:59Z')

export interface CertificateDates {
  notBefore: Date
  notAfter: Date
}

/**
 * A self-signed certificate in PEM form for the PKCS#8 PEM `keyPem`; `name` becomes its common name.
 *
 * @throws ConsensusError `certificate_failed` where the PEM is no Ed25519 private key
 */
export async function makeTlsCertificate(
  keyPem: string,
  name: string,
  dates: CertificateDates = { notBefore: NOT_BEFORE, notAfter: NEVER_EXPIRES },
): Promise<string> {
  try {
    const { subtle } = webcrypto
    const secret = createPrivateKey(keyPem)
    const privateDer = secret.export({ format: 'der', type: 'pkcs8' })
    const publicDer = createPublicKey(secret).export({ format: 'der', type: 'spki' })
    const keys = {
      privateKey: await subtle.importKey('pkcs8', privateDer, ED25519, false, ['sign']),
      publicKey: await subtle.importKey('spki', publicDer, ED25519, true, ['verify']),
    }
    const certificate = await X509CertificateGenerator.createSelfSigned(
      { serialNumber: '01', name: [{ CN: [name] }], ...dates, signingAlgorithm: ED25519, keys },
      webcrypto,
    )
    return certificate.toString('pem')
  } catch (error) {
    const message = `No certificate for "${name}" could be made from the tls key.`
    throw new ConsensusError('certificate_failed', message, error)
  }
}

/** The raw 32-byte Ed25519 key of a peer's certificate, or null where it has another kind of key. */
export function certificateKey(certificate: X509Certificate): Uint8Array | null {
  const { publicKey } = certificate
  if (publicKey.asymmetricKeyType !== 'ed25519') return null
  const { x } = publicKey.export({ format: 'jwk' })
  return x === undefined ? null : Uint8Array.from(Buffer.from(x, 'base64url'))
}
