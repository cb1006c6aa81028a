/**
 * The envelope: a W3C Verifiable Credential 2.0 with one `eddsa-jcs-2022` proof (W3C vc-di-eddsa, section 3.3).
 * Only one spelling is accepted: the file is its own canonical JSON (RFC 8785), its contexts are ours, its proof
 * has exactly the fields below. So nothing in it can change without the check noticing, not even a space.
 */
import { concatBytes, fromUtf8, sha256, utf8 } from '../wire/bytes.ts'
import { canonicalJson, parseStrictJson } from '../wire/json.ts'
import type { JsonValue } from '../wire/json.ts'
import { didOfKey, fromMultibase, keyOfDid, toMultibase, verificationMethodOf } from './did-key.ts'
import { hold, StepStop } from './step.ts'

/** A certificate beyond this is refused unread; one reading takes about 300 bytes. */
export const CERTIFICATE_BYTES_MAX = 48 * 1024 * 1024
const JSON_DEPTH_MAX = 24
/** Room for 100,000 readings, each of at most 21 values: five, and a path of 16 through the largest batch. */
const JSON_VALUES_MAX = 2_500_000

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

export interface SignedCredential extends Credential {
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

/** Reads a certificate of the one accepted form. Throws StepStop or WireError saying what is not as it must be. */
export function readCredential(bytes: Uint8Array): SignedCredential {
  hold(
    bytes.length <= CERTIFICATE_BYTES_MAX,
    `the file has ${bytes.length} bytes; a certificate has at most ${CERTIFICATE_BYTES_MAX}`,
  )
  const text = fromUtf8(bytes)
  const json = parseStrictJson(text, {
    maxLength: CERTIFICATE_BYTES_MAX,
    maxDepth: JSON_DEPTH_MAX,
    maxValues: JSON_VALUES_MAX,
  })
  const file = objectOf(json, 'the file')
  const proof = objectOf(file['proof'], 'proof')
  const credential: Credential = {
    issuer: textOf(file['issuer'], 'issuer'),
    validFrom: timeOf(file['validFrom'], 'validFrom'),
    subject: objectOf(file['credentialSubject'], 'credentialSubject'),
    evidence: objectOf(file['evidence'], 'evidence'),
  }
  const publicKey = keyOfDid(credential.issuer)
  hold(publicKey !== null, 'the issuer is not the did:key of an Ed25519 key')
  const signature = fromMultibase(textOf(proof['proofValue'], 'proofValue'))
  hold(signature !== null && signature.length === 64, 'proofValue is not canonical base58 of a signature of 64 bytes')
  const document = unsecured(credential)
  const options = proofOptions(credential.issuer, timeOf(proof['created'], 'proof.created'))
  const canonical = canonicalJson({ ...document, proof: { ...options, proofValue: textOf(proof['proofValue'], '') } })
  if (canonical !== text) throw firstDifference(canonical, text)
  return { ...credential, publicKey, signature, signedBytes: coveredBytes(document, options) }
}

function firstDifference(canonical: string, text: string): StepStop {
  let at = 0
  while (at < canonical.length && canonical[at] === text[at]) at++
  const excerpt = (of: string): string => JSON.stringify(of.slice(Math.max(0, at - 12), at + 24))
  return new StepStop(
    `the file is not the canonical form of a certificate, from character ${at} on`,
    excerpt(canonical),
    excerpt(text),
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
