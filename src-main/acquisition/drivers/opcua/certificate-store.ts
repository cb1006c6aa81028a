import { chmod, mkdir, readFile, stat } from 'node:fs/promises'
import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { OPCUACertificateManager } from 'node-opcua'
import type { OpcuaCertificateStore } from './binding.ts'
import { CertificateDecisions, type CertificateDecision } from './certificate-decisions.ts'
import { fingerprintOf } from './certificate.ts'

const VALIDITY_DAYS = 3650

/** How a certificate of ours is named. */
export interface OwnCertificate {
  applicationUri: string
  commonName: string
  hosts: string[]
}

/** A store of certificates on disk: own, trusted, rejected, issuers. Unknown certificates are never trusted by default. */
export class DiskCertificateStore implements OpcuaCertificateStore {
  readonly manager: OPCUACertificateManager
  readonly applicationUri: string
  readonly own: { fingerprint: string; file: string }
  readonly #decisions: CertificateDecisions

  private constructor(
    manager: OPCUACertificateManager,
    decisions: CertificateDecisions,
    applicationUri: string,
    own: { fingerprint: string; file: string },
  ) {
    this.manager = manager
    this.#decisions = decisions
    this.applicationUri = applicationUri
    this.own = own
  }

  /** Opens the store in `folder`; the first time it makes an RSA key and a self-signed certificate there. */
  static async open(folder: string, own: OwnCertificate): Promise<DiskCertificateStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const decisions = await CertificateDecisions.open(join(folder, 'decisions.json'))
    const manager = new OPCUACertificateManager({
      rootFolder: folder,
      // The stack's own default trusts every server it meets.
      automaticallyAcceptUnknownCertificate: false,
      disableFileWatchers: true,
      keySize: 2048,
    })
    await manager.initialize()
    await chmod(manager.privateKey, 0o600)
    const file = join(folder, 'own', 'certs', 'plumbline.pem')
    if (!(await exists(file))) await createOwn(manager, file, own)
    const certificate = new X509Certificate(await readFile(file))
    // The application URI must equal the one in the certificate, whatever was asked for when it was made.
    const uri = /URI:([^,\s]+)/.exec(certificate.subjectAltName ?? '')?.[1] ?? own.applicationUri
    return new DiskCertificateStore(manager, decisions, uri, { fingerprint: fingerprintOf(certificate.raw), file })
  }

  async check(certificate: Uint8Array): Promise<string> {
    return (await this.manager.checkCertificate(Buffer.from(certificate))).name
  }

  decision(certificate: Uint8Array, source: string): CertificateDecision | null {
    return this.#decisions.of(fingerprintOf(certificate), source)
  }

  acceptedFor(certificate: Uint8Array): string[] {
    return this.#decisions.acceptedFor(fingerprintOf(certificate))
  }

  async decide(certificate: Uint8Array, source: string, decision: CertificateDecision): Promise<void> {
    const fingerprint = fingerprintOf(certificate)
    if (this.#decisions.of(fingerprint, source) !== decision) await this.#decisions.set(fingerprint, source, decision)
    if (decision !== 'refused') await this.trust(certificate)
    // Another source may go on with it: the decision alone keeps this one away.
    else if (this.acceptedFor(certificate).length === 0) await this.manager.rejectCertificate(Buffer.from(certificate))
  }

  /** For all who ask this store, whatever their name. */
  async trust(certificate: Uint8Array): Promise<void> {
    await this.manager.trustCertificate(Buffer.from(certificate))
  }

  async close(): Promise<void> {
    await this.manager.dispose()
  }
}

async function createOwn(manager: OPCUACertificateManager, file: string, own: OwnCertificate): Promise<void> {
  const isAddress = (host: string) => /^[\d.]+$|:/.test(host)
  await manager.createSelfSignedCertificate({
    applicationUri: own.applicationUri,
    subject: `/CN=${own.commonName}/O=Plumbline`,
    dns: own.hosts.filter((host) => !isAddress(host)),
    ip: own.hosts.filter(isAddress),
    startDate: new Date(),
    validity: VALIDITY_DAYS,
    outputFile: file,
  })
}

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  )
}
