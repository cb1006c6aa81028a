/**
 * The certificate that a gateway shows to browsers elsewhere: its own, or the site's.
 *
 * Its own is self-signed, ECDSA P-256, because browsers take no Ed25519, and holds for 825 days, the most that Apple's systems accept
 * (support.apple.com/103769). It is made anew from the same key 30 days before its end and whenever the names change: the fingerprint of the
 * certificate changes then, that of the key does not, and both are shown, so that who compares anew can see that the key stayed.
 */
// The certificate library registers its parts by decorators and needs this global before it is loaded.
import 'reflect-metadata'
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  webcrypto,
  X509Certificate,
  type KeyObject,
} from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { Logger } from 'pino'
import { writeDurably } from '../disk/durable-file.ts'
import { ShutError } from './shut-error.ts'

/** Of a private key: its account and, as distributions have it, a group may read it, and only its account write. */
const OTHERS = 0o027

const P256 = { name: 'ECDSA', namedCurve: 'P-256' }
const SIGNED_BY = { name: 'ECDSA', hash: 'SHA-256' }
const DAY_MS = 86_400_000
const HOLDS_MS = 825 * DAY_MS
export const RENEWED_BEFORE_MS = 30 * DAY_MS
/** Clocks of others may be behind. */
const BEGINS_BEFORE_MS = DAY_MS

/** What a TLS server needs, and what a person compares. */
export interface DoorCertificate {
  readonly certificatePem: string
  readonly keyPem: string
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string
  /** SHA-256 of the public key (SubjectPublicKeyInfo), lower-case hex: stays when the certificate is renewed. */
  readonly keyFingerprint: string
  readonly notAfterMs: number
  /** Made by this gateway. */
  readonly isOwn: boolean
}

/**
 * This gateway's own certificate for `names`, from its folder; made where there is none, it ends soon or it carries other names.
 *
 * @param folder made with mode 0700; its key has mode 0600
 * @param log told when one that is there gives way to another, since people compare its fingerprint
 * @throws {ShutError} `certificate-unmade` where the folder can't be written or the key in it is none
 */
export async function ownCertificate(
  folder: string,
  names: readonly string[],
  nowMs: number,
  log: Pick<Logger, 'info'>,
): Promise<DoorCertificate> {
  const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const keyPem = existsSync(keyFile) ? readFileSync(keyFile, 'utf8') : newKey()
    const kept = existsSync(certificateFile) ? readFileSync(certificateFile, 'utf8') : null
    const why = kept === null ? null : whyAnew(kept, keyPem, names, nowMs)
    if (kept !== null && why === null) return described(kept, keyPem, true)
    const certificatePem = await selfSigned(keyPem, names, nowMs)
    writeDurably(keyFile, keyPem)
    writeDurably(certificateFile, certificatePem)
    const made = described(certificatePem, keyPem, true)
    const { fingerprint, keyFingerprint } = made
    if (why !== null)
      log.info({ why, names, fingerprint, keyFingerprint }, `the certificate of the console was made anew: ${why}`)
    return made
  } catch (error) {
    throw new ShutError('certificate-unmade', `${folder}: ${(error as Error).message}`)
  }
}

/**
 * The site's certificate from its PEM files.
 *
 * @throws {ShutError} naming the file and what is wrong with it: unreadable, expired, not yet valid, another key, a name missing
 */
export function siteCertificate(
  files: { certificate: string; key: string },
  names: readonly string[],
  nowMs: number,
): DoorCertificate {
  const certificatePem = read(files.certificate, 'certificate-unreadable')
  const keyPem = read(files.key, 'key-unreadable')
  if (process.platform !== 'win32' && (statSync(files.key).mode & OTHERS) !== 0)
    throw new ShutError('key-open', files.key)
  const certificate = parsed(() => new X509Certificate(certificatePem), 'certificate-unreadable', files.certificate)
  const key = parsed(() => createPrivateKey(keyPem), 'key-unreadable', files.key)
  if (!certificate.checkPrivateKey(key)) throw new ShutError('key-differs', files.key)
  if (certificate.validToDate.getTime() <= nowMs)
    throw new ShutError('certificate-expired', day(certificate.validToDate))
  if (certificate.validFromDate.getTime() > nowMs)
    throw new ShutError('certificate-early', day(certificate.validFromDate))
  const missing = names.filter((name) => !covers(certificate, name))
  if (missing.length > 0) throw new ShutError('name-missing', missing.join(', '))
  return described(certificatePem, keyPem, false)
}

/** Why one that is there does not do any more; null where it does. */
function whyAnew(pem: string, keyPem: string, names: readonly string[], nowMs: number): string | null {
  try {
    const certificate = new X509Certificate(pem)
    if (!certificate.checkPrivateKey(createPrivateKey(keyPem))) return 'it is of another key'
    // Also a name that was taken out: whoever has that name by now must not be taken for this console.
    if (carried(certificate) !== carriedBy(names)) return 'its names were changed'
    const isValid = certificate.validFromDate.getTime() <= nowMs
    return isValid && certificate.validToDate.getTime() - nowMs > RENEWED_BEFORE_MS ? null : 'it ends soon'
  } catch {
    return 'it cannot be read'
  }
}

/** The names of a certificate of our own making, in an order of their own. */
function carried(certificate: X509Certificate): string {
  const names = (certificate.subjectAltName ?? '').split(', ').map((entry) => entry.replace(/^(?:DNS|IP Address):/, ''))
  return carriedBy(names)
}

function carriedBy(names: readonly string[]): string {
  // An IPv6 address has many spellings; a URL knows one.
  const one = (name: string): string => (isIP(name) === 6 ? new URL(`http://[${name}]`).hostname : name.toLowerCase())
  return names.map(one).toSorted().join(' ')
}

/** By its alternative names alone, as browsers do (RFC 9525, 2). */
function covers(certificate: X509Certificate, name: string): boolean {
  return isIP(name) === 0
    ? certificate.checkHost(name, { subject: 'never' }) !== undefined
    : certificate.checkIP(name) !== undefined
}

async function selfSigned(keyPem: string, names: readonly string[], nowMs: number): Promise<string> {
  const { subtle } = webcrypto
  const secret = createPrivateKey(keyPem)
  const keys = {
    privateKey: await subtle.importKey('pkcs8', secret.export({ format: 'der', type: 'pkcs8' }), P256, false, ['sign']),
    publicKey: await subtle.importKey('spki', spkiOf(secret), P256, true, ['verify']),
  }
  // RFC 5280, 4.1.2.2: a positive number of at most 20 bytes.
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serial.toString('hex'),
      name: [{ CN: [(names[0] ?? '').slice(0, 64)] }, { O: ['Plumbline'] }],
      notBefore: new Date(nowMs - BEGINS_BEFORE_MS),
      notAfter: new Date(nowMs - BEGINS_BEFORE_MS + HOLDS_MS),
      signingAlgorithm: SIGNED_BY,
      keys,
      extensions: [
        new SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
        ),
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      ],
    },
    webcrypto,
  )
  return certificate.toString('pem')
}

function described(certificatePem: string, keyPem: string, isOwn: boolean): DoorCertificate {
  const certificate = new X509Certificate(certificatePem)
  return {
    certificatePem,
    keyPem,
    fingerprint: sha256(certificate.raw),
    keyFingerprint: sha256(spkiOf(createPrivateKey(keyPem))),
    notAfterMs: certificate.validToDate.getTime(),
    isOwn,
  }
}

function spkiOf(secret: KeyObject): Buffer {
  return createPublicKey(secret).export({ format: 'der', type: 'spki' })
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
}

function read(path: string, code: 'certificate-unreadable' | 'key-unreadable'): string {
  return parsed(() => readFileSync(path, 'utf8'), code, path)
}

function parsed<T>(work: () => T, code: 'certificate-unreadable' | 'key-unreadable', path: string): T {
  try {
    return work()
  } catch (error) {
    throw new ShutError(code, `${path}: ${(error as Error).message}`)
  }
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
