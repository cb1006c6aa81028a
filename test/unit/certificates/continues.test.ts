/** Certificates of a channel that continues another one: the claim is shown as proven only where every step holds. */
import { beforeAll, expect, test } from 'vitest'
import { continuedText } from '../../../src-main/certificates/continues-words.ts'
import { writeCredential } from '../../../src-main/certificates/credential.ts'
import { checkDocument } from '../../../src-main/certificates/document.ts'
import type { DocumentCheck } from '../../../src-main/certificates/document-check.ts'
import { writeEvidence } from '../../../src-main/certificates/evidence.ts'
import { wordDocument, wordedCertified } from '../../../src-main/certificates/page-words.ts'
import { sheetOf } from '../../../src-main/certificates/sheet.ts'
import { parseCheckpoint } from '../../../src-main/proof/checkpoint.ts'
import { fromUtf8, toHex } from '../../../src-main/wire/bytes.ts'
import type { Continues } from '../../../src-main/record/continues.ts'
import { issue, makeVehicle, materialOf, SIGNED_AT } from './vehicle.ts'
import type { Vehicle } from './vehicle.ts'

let old: Vehicle
let vehicle: Vehicle
let continues: Continues
let said: { origin: string; size: number; root: string }
let file: Uint8Array
beforeAll(async () => {
  old = await makeVehicle({ days: 4 })
  const { origin, size, root } = parseCheckpoint(old.channel.checkpoint())
  continues = { origin, size, root }
  said = { origin, size, root: toHex(root) }
  vehicle = await makeVehicle({ days: 4, continues })
  file = issue(vehicle)
})

const check = (bytes: Uint8Array, ...policies: string[]): Promise<DocumentCheck> =>
  checkDocument(bytes, {
    policies,
    engine: vehicle.host,
    fileName: 'a.plumb',
    ownScript: () => '',
    renderPage: async () => null,
  })

/** A file signed by the issuer of `of` whose subject was bent. */
function bent(of: Vehicle, channel: object): Uint8Array {
  const honest = JSON.parse(fromUtf8(issue(of)))
  const subject = { ...honest.credentialSubject, channel: { ...honest.credentialSubject.channel, ...channel } }
  return writeCredential({ validFrom: SIGNED_AT, subject, evidence: writeEvidence(materialOf(of)) }, of.signer)
}

const row = (of: DocumentCheck, language: 'en' | 'de'): string | undefined =>
  wordedCertified(of, language)?.rows.find(([name]) => /continues|setzt fort/.test(name))?.[1]

test('a certificate says what ledger its channel continues, and its evidence proves that the founder says so', async () => {
  const result = await check(file, vehicle.channel.policy())
  expect(result.verdict).toBe('unchanged')
  expect(result.claims?.subject['channel']).toMatchObject({ continues: said })
  expect(result.certified?.continues).toEqual(said)
  expect(row(result, 'en')).toBe(
    `${continues.origin.slice(0, 32)}… at ${continues.size} entries, root ${said.root.slice(0, 16)}…, by its founder’s word`,
  )
  expect(row(result, 'de')).toMatch(/ab \d+ Einträgen, Wurzel [0-9a-f]{16}…, nach dem Wort seines Gründers$/)
})

test('one of a channel that continues nothing says nothing of it, in the form that it always had', async () => {
  const result = await check(issue(old), old.channel.policy())
  expect([result.verdict, result.certified?.continues, row(result, 'en')]).toEqual(['unchanged', null, undefined])
  expect(Object.keys(result.claims?.subject['channel'] as object)).toEqual(['id', 'name', 'site'])
})

test.each<[string, () => Uint8Array, () => string]>([
  [
    'claims to continue a ledger, and its state does not',
    () => bent(old, { continues: said }),
    () => old.channel.policy(),
  ],
  [
    'leaves out what its state continues',
    () => bent(vehicle, { continues: undefined }),
    () => vehicle.channel.policy(),
  ],
  [
    'claims another size than its state has',
    () => bent(vehicle, { continues: { ...said, size: said.size + 1 } }),
    () => vehicle.channel.policy(),
  ],
])('one that %s is changed', async (_, forged, policy) => {
  const result = await check(forged(), policy())
  expect(result.verdict).toBe('changed')
  expect(result.steps.find(({ state }) => state === 'stops')?.detail).toMatch(/another channel than follows/)
  expect(row(result, 'en')).toBeUndefined()
})

test('under the old channel’s policy nobody can tell: it is the founder’s claim, and the new policy is to be compared and pinned', async () => {
  const result = await check(file, old.channel.policy())
  expect([result.verdict, ...result.missing.map(({ code }) => code)]).toEqual(['cannot-tell', 'policy_continued'])
  expect(result.steps.slice(3).every(({ state }) => state === 'not-run')).toBe(true)
  expect(result.headline).toBe('Cannot tell yet: is this channel known to you?')
  expect(result.explanation).toMatch(
    /says that its ledger continues the one whose trust policy you pinned.*anyone can claim it/,
  )
  expect(result.explanation).toMatch(
    /Compare the fingerprint of its own trust policy.*pin that policy, too: plumbline trust pin/,
  )
  expect(wordDocument(result, 'de').explanation).toMatch(
    /Das behauptet, wer ihn gegründet hat; behaupten kann es jeder/,
  )
  expect(wordedCertified(result, 'en')?.title).toBe('What the file claims')
})

test('a stranger’s claim to continue the pinned channel gets no further than that', async () => {
  const stranger = await makeVehicle({ days: 4, quorum: 1, continues: { ...continues, size: 1 } })
  const told = await check(issue(stranger), old.channel.policy())
  expect([told.verdict, told.missing[0]?.code]).toEqual(['cannot-tell', 'policy_continued'])
})

test('with both policies pinned, the new one decides', async () => {
  expect((await check(file, old.channel.policy(), vehicle.channel.policy())).verdict).toBe('unchanged')
})

test('the page says it, too', () => {
  const ledger = (of: Uint8Array): string =>
    sheetOf(of).released.pairs.find(({ label }) => label === 'Ledger')?.value ?? ''
  expect(ledger(file)).toMatch(/entries; continues plumbline\.local\/[0-9a-f]{16}… at \d+ entries/)
  expect(ledger(issue(old))).not.toMatch(/continues/)
})

test('a text out of a file stays as long as a line', () => {
  const long = continuedText({ origin: 'x'.repeat(500), size: 1, root: 'y'.repeat(500) }, 'en')
  expect(long.length).toBeLessThan(110)
})
