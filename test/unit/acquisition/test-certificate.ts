import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { X509CertificateGenerator } from '@peculiar/x509'

const ED25519 = { name: 'Ed25519' }

/** A self-signed certificate of this name as DER. */
export async function testCertificate(name: string): Promise<Uint8Array> {
  const keys = (await webcrypto.subtle.generateKey(ED25519, false, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: '01',
      name: [{ CN: [name] }],
      notBefore: new Date(0),
      notAfter: new Date('2099-01-01'),
      signingAlgorithm: ED25519,
      keys,
    },
    webcrypto,
  )
  return new Uint8Array(certificate.rawData)
}
