/**
 * The envelope: a W3C Verifiable Credential 2.0 with one `eddsa-jcs-2022` proof (W3C vc-di-eddsa, section 3.3).
 * Only one spelling is accepted: the file is its own canonical JSON (RFC 8785), its contexts are ours, its proof
 * has exactly the fields below. So nothing in it can change without the check noticing, not even a space.
 */
import { concatBytes, equalBytes, fromUtf8, includesBytes, sha256, sha256Of, utf8 } from '../wire/bytes.ts'
import { WireError } from '../wire/errors.ts'
import { canonicalJson, parseStrictJson } from '../wire/json.ts'
import type { JsonValue } from '../wire/json.ts'
import { canonicalMembers } from '../wire/json-form.ts'
import type { Span } from '../wire/json-form.ts'
import { didOfKey, fromMultibase, keyOfDid, toMultibase, verificationMethodOf } from './did-key.ts'
import { CertificateError } from './errors.ts'
import { looksLike, wordNoCertificate } from './looks-like.ts'
import { hold } from './step.ts'

/** A certificate beyond this is refused unread; one reading takes about 300 bytes. */
export const CERTIFICATE_BYTES_MAX = 48 * 1024 * 1024
const JSON_DEPTH_MAX = 24
/** Room for 100,000 readings, each of at most 21 values: five, and a path of 16 through the largest batch. */
const JSON_VALUES_MAX = 2_500_000
/** No single member that is read before somebody vouches for the channel is longer in a certificate that Plumbline made. */
const BRIEF_BYTES_MAX = 1024 * 1024
const LIMITS = { maxLength: CERTIFICATE_BYTES_MAX, maxDepth: JSON_DEPTH_MAX, maxValues: JSON_VALUES_MAX }

/** The second context gives the terms that the first leaves open a default vocabulary (W3C VC 2.0, 5.3). */
export const CONTEXTS = ['https://www.w3.org/ns/credentials/v2', 'https://www.w3.org/ns/credentials/undefined-terms/v2']
export const TYPES = ['VerifiableCredential', 'PlumblineCertificate']

export type JsonObject = { [name: string]: JsonValue }

export interface Credential {
  /** did:key of the issuer. */
  issuer: string
  /** ISO 8601, UTC. */
  validFrom: string
  subject: JsonObject
  evidence: JsonObject
}

/**
 * How a certificate begins, and two texts that it holds: a file that has none of the three is no certificate, however it is damaged;
 * one that has any is a certificate, and what is wrong with it has changed it.
 */
const HEAD = utf8(`{"@context":${JSON.stringify(CONTEXTS)}`)
const MARKS = [utf8('PlumblineCertificate'), utf8('PlumblineEvidence')]

export interface SignedCredential extends Credential {
  /** Subject and evidence are read out of the file when they are asked for: they may be long. */
  readonly subject: JsonObject
  readonly evidence: JsonObject
  /** The subject without what is too long to be looked at before somebody vouches for the channel. */
  readonly briefSubject: JsonObject
  /** One member of the evidence, without reading the others; undefined where there is none that is short enough for that. */
  evidenceMember(name: string): JsonValue | undefined
  publicKey: Uint8Array
  /** What the signature covers: SHA-256 of the proof's options ‖ SHA-256 of the credential. */
  signedBytes: Uint8Array
  signature: Uint8Array
}

export interface CredentialSigner {
  /** Raw Ed25519 public key of use "credential". */
  publicKey: Uint8Array
  /** Ed25519 signature over the bytes, 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array
}

function unsecured(credential: Credential): JsonObject {
  return {
    '@context': [...CONTEXTS],
    type: [...TYPES],
    issuer: credential.issuer,
    validFrom: credential.validFrom,
    credentialSubject: credential.subject,
    evidence: credential.evidence,
  }
}

function proofOptions(issuer: string, created: string): JsonObject {
  return {
    '@context': [...CONTEXTS],
    type: 'DataIntegrityProof',
    cryptosuite: 'eddsa-jcs-2022',
    created,
    verificationMethod: verificationMethodOf(issuer),
    proofPurpose: 'assertionMethod',
  }
}

/**
 * What an `eddsa-jcs-2022` signature covers: SHA-256 of the proof's options ‖ SHA-256 of the document without proof
 * (vc-di-eddsa, 3.3.4).
 */
export function coveredBytes(document: JsonObject, options: JsonObject): Uint8Array {
  return concatBytes(sha256(utf8(canonicalJson(options))), sha256(utf8(canonicalJson(document))))
}

/** Signs and writes the file: canonical JSON in UTF-8. */
export function writeCredential(content: Omit<Credential, 'issuer'>, signer: CredentialSigner): Uint8Array {
  const credential = { ...content, issuer: didOfKey(signer.publicKey) }
  const document = unsecured(credential)
  const options = proofOptions(credential.issuer, credential.validFrom)
  const signature = signer.sign(coveredBytes(document, options))
  return utf8(canonicalJson({ ...document, proof: { ...options, proofValue: toMultibase(signature) } }))
}

/**
 * Reads a certificate of the one accepted form; its evidence only where somebody asks for it.
 *
 * Throws CertificateError `no_certificate` for bytes that are none, `unreadable` for more than is read here, and StepStop or WireError
 * saying what is not as it must be.
 */
export function readCredential(bytes: Uint8Array): SignedCredential {
  checkReadable(bytes)
  const file = new CanonicalFile(bytes)
  const credential = {
    issuer: textOf(file.read('issuer'), 'issuer'),
    validFrom: timeOf(file.read('validFrom'), 'validFrom'),
  }
  for (const name of OBJECTS) hold(file.isObject(name), `${name} is not a JSON object`)
  const publicKey = keyOfDid(credential.issuer)
  hold(publicKey !== null, 'the issuer is not the did:key of an Ed25519 key')
  hold(isJson(file.read('@context'), CONTEXTS), 'the contexts are others than those of a certificate')
  hold(isJson(file.read('type'), TYPES), 'the types are others than those of a certificate')
  const { options, signature } = readProof(file, credential.issuer)
  file.end([...Object.keys(unsecured({ ...credential, subject: {}, evidence: {} })), 'proof'])
  return {
    ...credential,
    get subject() {
      return objectOf(file.readWhole('credentialSubject'), 'credentialSubject')
    },
    get evidence() {
      return objectOf(file.readWhole('evidence'), 'evidence')
    },
    get briefSubject() {
      return file.brief('credentialSubject')
    },
    evidenceMember: (name) => file.read(`evidence/${name}`),
    publicKey,
    signature,
    signedBytes: concatBytes(sha256(utf8(canonicalJson(options))), file.hashWithout('proof')),
  }
}

/** The proof has exactly the fields of `proofOptions` and one signature. */
function readProof(file: CanonicalFile, issuer: string): { options: JsonObject; signature: Uint8Array } {
  const proof = objectOf(file.read('proof'), 'proof')
  const { proofValue, ...stated } = proof
  const signature = fromMultibase(textOf(proofValue, 'proofValue'))
  hold(signature !== null && signature.length === 64, 'proofValue is not canonical base58 of a signature of 64 bytes')
  const options = proofOptions(issuer, timeOf(proof['created'], 'proof.created'))
  const [expected, actual] = [canonicalJson(options), canonicalJson(stated)]
  hold(expected === actual, 'the proof has other fields than a certificate’s', expected, actual)
  return { options, signature }
}

function isJson(value: JsonValue | undefined, wanted: JsonValue): boolean {
  return value !== undefined && canonicalJson(value) === canonicalJson(wanted)
}

/** Members of which each is noted by itself, as `evidence/channel`. */
const OBJECTS = ['credentialSubject', 'evidence'] as const

/** A file that is its own canonical form, of which members are read one by one. */
class CanonicalFile {
  readonly #bytes: Uint8Array
  readonly #members: ReadonlyMap<string, Span>

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#members = withinLimits(() => canonicalMembers(bytes, OBJECTS, LIMITS))
  }

  /** Undefined where it is longer than what is read of a file for which nobody vouches. */
  read(name: string): JsonValue | undefined {
    const span = this.#members.get(name)
    return span === undefined || span.to - span.from > BRIEF_BYTES_MAX ? undefined : this.#parse(span)
  }

  readWhole(name: string): JsonValue | undefined {
    const span = this.#members.get(name)
    return span === undefined ? undefined : this.#parse(span)
  }

  isObject(name: string): boolean {
    const span = this.#members.get(name)
    return span !== undefined && this.#bytes[span.from] === 0x7b
  }

  /** An object of those members of one that `read` reads. */
  brief(name: (typeof OBJECTS)[number]): JsonObject {
    const names = [...this.#members.keys()].filter((one) => one.startsWith(`${name}/`))
    const read = names.map((one) => [one.slice(name.length + 1), this.read(one)] as const)
    return Object.fromEntries(read.filter((member): member is [string, JsonValue] => member[1] !== undefined))
  }

  #parse({ from, to }: Span): JsonValue {
    return parseStrictJson(fromUtf8(this.#bytes.subarray(from, to)), LIMITS)
  }

  end(names: readonly string[]): void {
    for (const name of this.#members.keys())
      hold(
        name.includes('/') || names.includes(name),
        `the file has a member that no certificate has: ${name.slice(0, 40)}`,
      )
  }

  /** SHA-256 of the file's canonical form as if it lacked one of its members, which is not the last. */
  hashWithout(name: string): Uint8Array {
    const { nameAt, to } = this.#members.get(name)!
    return sha256Of(this.#bytes.subarray(0, nameAt), this.#bytes.subarray(to + 1))
  }
}

function checkReadable(bytes: Uint8Array): void {
  if (bytes.length > CERTIFICATE_BYTES_MAX)
    throw unreadable(`it has ${bytes.length} bytes, and a certificate has at most ${CERTIFICATE_BYTES_MAX}`)
  if (equalBytes(bytes.subarray(0, HEAD.length), HEAD) || MARKS.some((mark) => includesBytes(bytes, mark))) return
  const like = looksLike(bytes)
  const { what, next } = wordNoCertificate(like, 'en')
  throw new CertificateError('no_certificate', what, next, like)
}

/** A bound on what is read says nothing about the file: what is beyond it was not read, and was not found changed. */
function withinLimits<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof WireError) || (error.code !== 'too_large' && error.code !== 'too_deep')) throw error
    throw unreadable(error.message)
  }
}

function unreadable(why: string): CertificateError {
  return new CertificateError(
    'unreadable',
    why,
    'Expected: a .plumb file, or the PDF or HTML page that a Plumbline gateway made of one.',
  )
}

function objectOf(value: JsonValue | undefined, where: string): JsonObject {
  hold(typeof value === 'object' && value !== null && !Array.isArray(value), `${where} is not a JSON object`)
  return value
}

function textOf(value: JsonValue | undefined, where: string): string {
  hold(typeof value === 'string', `${where} is not text`)
  return value
}

function timeOf(value: JsonValue | undefined, where: string): string {
  const text = textOf(value, where)
  hold(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/.test(text), `${where} is not a UTC time`)
  const time = Date.parse(text)
  const isReal = Number.isFinite(time) && new Date(time).toISOString() === text.replace(/:(\d\d)Z$/, ':$1.000Z')
  hold(isReal, `${where} is a day or an hour that no calendar has`)
  return text
}
