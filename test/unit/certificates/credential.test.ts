import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { createVerifyCryptosuite } from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'
import { beforeAll, describe, expect, test } from 'vitest'
import { coveredBytes, readCredential } from '../../../src-main/certificates/credential.ts'
import type { JsonObject } from '../../../src-main/certificates/credential.ts'
import { didOfKey, fromMultibase, keyOfDid, toMultibase } from '../../../src-main/certificates/did-key.ts'
import { verifySignature } from '../../../src-main/proof/signature.ts'
import { fromUtf8, toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import { canonicalJson } from '../../../src-main/wire/json.ts'
import { vectorsDir, warnNoVectors } from '../../support/vectors.ts'
import { issue, makeVehicle } from './vehicle.ts'

let file: Uint8Array
beforeAll(async () => {
  file = issue(await makeVehicle({ days: 2, daysPerBatch: 2 }))
})

interface ForeignJson {
  evidence: { asset: string }
  proof: { created: string }
  validFrom: string
}
interface ForeignResult {
  verified: boolean
  error?: Error
}

/** Digital Bazaar's verifier; a did:key explains itself, so its loader needs no network. */
async function verifyForeign(json: { proof: JsonObject; [name: string]: unknown }): Promise<ForeignResult> {
  const { proof, ...document } = structuredClone(json)
  const suite = new DataIntegrityProof({ cryptosuite: createVerifyCryptosuite() })
  const documentLoader = async (url: string): Promise<{ document: object }> => {
    const [controller, publicKeyMultibase] = url.split('#') as [string, string]
    const context = 'https://w3id.org/security/multikey/v1'
    return { document: { '@context': context, id: url, type: 'Multikey', controller, publicKeyMultibase } }
  }
  return (await suite.verifyProof({ proof, document, documentLoader, proofSet: [proof] })) as ForeignResult
}

describe('the credential', () => {
  test('is accepted by a foreign verifier of eddsa-jcs-2022', async () => {
    const result = await verifyForeign(JSON.parse(fromUtf8(file)))
    expect(result.error).toBeUndefined()
    expect(result.verified).toBe(true)
  })

  test.each(['verdict', 'figures', 'issuedBy', 'asOf'])('is refused by it when "%s" was changed', async (field) => {
    const json = JSON.parse(fromUtf8(file))
    json.credentialSubject[field] = 'logically'
    expect((await verifyForeign(json)).verified).toBe(false)
  })

  test('is refused by it when evidence, issuer or proof time were changed', async () => {
    const bend = async (change: (json: ForeignJson) => void): Promise<boolean> => {
      const json = JSON.parse(fromUtf8(file))
      change(json)
      return (await verifyForeign(json)).verified
    }
    expect(await bend(() => {})).toBe(true)
    expect(await bend((json) => (json.evidence.asset += 'X'))).toBe(false)
    expect(await bend((json) => (json.proof.created = '2026-03-11T13:02:32Z'))).toBe(false)
    expect(await bend((json) => (json.validFrom = '2026-03-12T13:02:31Z'))).toBe(false)
  })

  test('is its own canonical JSON', () => {
    const text = fromUtf8(file)
    expect(canonicalJson(JSON.parse(text))).toBe(text)
  })

  test.each([
    ['a space', (text: string) => text.replace('{', '{ ')],
    ['a line end', (text: string) => `${text}\n`],
    ['another order', (text: string) => text.replace(/^\{("@context":\[[^\]]*\]),(.*)\}$/s, '{$2,$1}')],
    ['an escape', (text: string) => text.replace('"logical"', String.raw`"logic\u0061l"`)],
    [
      'a number spelt otherwise',
      (text: string) => text.replace('"version":1}', '"version":1.0}').replace('"disclosed":4', '"disclosed":4e0'),
    ],
    [
      'a member twice',
      (text: string) => text.replace('"verdict":"logical"', '"verdict":"logical","verdict":"logical"'),
    ],
    ['an unknown member', (text: string) => text.replace(/\}$/, ',"zzz":1}')],
    ['an unknown member of the proof', (text: string) => text.replace('"proofPurpose"', '"nonce":"1","proofPurpose"')],
    ['a third context', (text: string) => text.replace('"@context":[', '"@context":["https://example.org/",')],
    ['two proofs', (text: string) => text.replace(/"proof":(\{"@context"[^}]*\})/, '"proof":[$1,$1]')],
    ['another suite', (text: string) => text.replace('eddsa-jcs-2022', 'eddsa-rdfc-2022')],
    ['a hexadecimal signature', (text: string) => text.replace(/"proofValue":"z/, '"proofValue":"f')],
    ['the 30th of February', (text: string) => text.replaceAll(/2026-03-11/g, '2026-02-30')],
    ['the hour 24', (text: string) => text.replaceAll('T13:02:31Z', 'T24:00:00Z')],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
  ])('in no other spelling: %s is refused', (_name, change) => {
    const text = fromUtf8(file)
    const changed = change(text)
    expect(changed).not.toBe(text)
    expect(() => readCredential(utf8(changed))).toThrow()
  })
})

describe('did:key', () => {
  test('reads back the key it names, in one spelling', () => {
    const key = new Uint8Array(32).fill(7)
    const did = didOfKey(key)
    expect(did).toMatch(/^did:key:z6Mk/)
    expect(keyOfDid(did)).toEqual(key)
    expect(keyOfDid(did.replace('did:key:z', 'did:key:f'))).toBeNull()
    expect(keyOfDid(`${did}1`)).toBeNull()
    expect(keyOfDid('did:web:example.org')).toBeNull()
    expect(keyOfDid(`did:key:${toMultibase(new Uint8Array(34))}`)).toBeNull()
    expect(fromMultibase('z0OIl')).toBeNull()
  })
})

const folder = vectorsDir()
if (folder === null) warnNoVectors('W3C vectors of eddsa-jcs-2022')
describe.skipIf(folder === null)('W3C vectors of eddsa-jcs-2022', () => {
  const read = (name: string): string => readFileSync(join(folder!, 'vc-eddsa-jcs-2022', name), 'utf8').trim()

  test('canonical forms, hashes and signature are reproduced', () => {
    const { proof, ...document } = JSON.parse(read('signedJCS.json')) as { proof: JsonObject; [name: string]: unknown }
    const { proofValue, ...options } = proof
    expect(canonicalJson(document as JsonObject)).toBe(read('canonDocJCS.txt'))
    expect(canonicalJson(options)).toBe(read('proofCanonJCS.txt'))
    const covered = coveredBytes(document as JsonObject, options)
    expect(toHex(covered)).toBe(read('proofHashJCS.txt') + read('docHashJCS.txt'))
    const signature = fromMultibase(String(proofValue))!
    expect(toHex(signature)).toBe(read('sigHexJCS.txt'))
    const key = keyOfDid(String(options['verificationMethod']).split('#')[0]!)!
    expect(verifySignature(1, key, covered, signature)).toBe(true)
    covered[0] = covered[0]! ^ 1
    expect(verifySignature(1, key, covered, signature)).toBe(false)
  })
})
