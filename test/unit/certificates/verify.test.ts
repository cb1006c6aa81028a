import { beforeAll, describe, expect, test } from 'vitest'
import { OPERATOR_ALONE } from '../../../src-main/certificates/agreement.ts'
import { writeCredential } from '../../../src-main/certificates/credential.ts'
import { readEvidence, writeEvidence } from '../../../src-main/certificates/evidence.ts'
import type { CertificateMaterial } from '../../../src-main/certificates/material.ts'
import { STEPS } from '../../../src-main/certificates/step.ts'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { fromUtf8, sha256, toHex } from '../../../src-main/wire/bytes.ts'
import { canonicalJson } from '../../../src-main/wire/json.ts'
import { closing, compact } from './told-less.ts'
import { closeState, dayUs, declareReplaced, issue, makeVehicle, materialOf, SIGNED_AT } from './vehicle.ts'
import type { Vehicle } from './vehicle.ts'

let vehicle: Vehicle
let material: CertificateMaterial
let file: Uint8Array
beforeAll(async () => {
  vehicle = await makeVehicle()
  material = materialOf(vehicle)
  file = issue(vehicle, material)
})

const check = (bytes: Uint8Array, policy: string | undefined = vehicle.channel.policy()): Promise<Verification> =>
  verifyCertificate(bytes, { policy, engine: vehicle.host })
const states = (result: Verification): string => result.steps.map((step) => step.state).join(' ')
const calledAs = (name: string, legalName: string) => ({ name, legalName })
const ONE_OWNER = ['a', 'b', 'c'].map((name) => calledAs(name, 'One Owner GmbH'))

describe('an honest certificate', () => {
  test('holds in every step, under the names and in the order of the format', async () => {
    const result = await check(file)
    expect(result.verdict).toBe('unchanged')
    expect(states(result)).toBe('holds holds holds holds holds holds holds holds')
    expect(result.steps.map((step) => [step.id, step.title])).toEqual(STEPS.map(([id, title]) => [id, title]))
    expect(result.file).toEqual({ bytes: file.length, hash: toHex(sha256(file)) })
  })

  test('says whose word it rests on, what is not proven, and what the issuer alone states', async () => {
    const result = await check(file)
    expect(result.agreement).toMatchObject({
      required: '2 of 3',
      independentMembers: 3,
      gatewaysTotal: 3,
      witnesses: [],
    })
    expect(result.notProven[0]).toMatch(/^Unchanged is not the same as true/)
    expect(result.notProven).toContain('odometer: serial line, unauthenticated; no calibration is recorded.')
    expect(result.claims!.stated).toEqual(material.stated)
    expect(result.claims!.subject['verdict']).toBe('logical')
  })

  test('holds between two seals, with the readings before them as a few hashes', async () => {
    const later = materialOf(vehicle, { fromUs: dayUs(4) })
    expect(later.streams.map((stream) => [stream.before.length, stream.leaves.length])).toEqual([
      [1, 8],
      [1, 8],
    ])
    const result = await check(issue(vehicle, later))
    expect(result.verdict).toBe('unchanged')
    expect(result.claims!.subject['readings']).toEqual({ judged: 16, disclosed: 16, withheld: 0 })
  })

  test('judges only what lies in its period', async () => {
    const shorter = materialOf(vehicle, { fromUs: dayUs(1), toUs: dayUs(3) })
    const result = await check(issue(vehicle, shorter))
    expect(result.claims!.subject['readings']).toEqual({ judged: 6, disclosed: 8, withheld: 0 })
    expect(result.claims!.subject['figures']).toMatchObject({ firstKm: 48_041.5, readings: 3 })
    expect(result.verdict).toBe('unchanged')
  })

  test('says the same in whatever order its streams and events are listed', async () => {
    const reversed = issue(vehicle, { ...material, streams: [...material.streams].reverse() })
    const subjects = [file, reversed].map((bytes) => JSON.parse(fromUtf8(bytes)).credentialSubject)
    expect(subjects[1]).toEqual(subjects[0])
    expect((await check(reversed)).verdict).toBe('unchanged')
  })

  test('evidence reads back as the material it was made of', () => {
    expect(canonicalJson(writeEvidence(readEvidence(writeEvidence(material))))).toBe(
      canonicalJson(writeEvidence(material)),
    )
  })

  test('calls a fraud illogical and is unchanged all the same', async () => {
    const rolled = await makeVehicle({ km: (day) => (day < 7 ? 90_000 + day * 30 : 20_000 + day * 30) })
    const result = await verifyCertificate(issue(rolled), { policy: rolled.channel.policy(), engine: rolled.host })
    expect(result.verdict).toBe('unchanged')
    expect(result.claims!.subject).toMatchObject({ verdict: 'illogical', reasons: [{ code: 'ROLLBACK', sequence: 7 }] })
  })

  test('calls simulated sources simulated', async () => {
    const simulated = await makeVehicle({ simulated: true, days: 4 })
    const result = await verifyCertificate(issue(simulated), {
      policy: simulated.channel.policy(),
      engine: simulated.host,
    })
    expect(result.claims!.subject['simulated']).toBe(true)
    expect(result.notProven).toContain('Simulated: these values come from a simulator, not from a sensor.')
  })

  test('names in two languages are those of the signed state, and no others', async () => {
    const named = await makeVehicle({ german: { asset: 'Lieferwagen', label: 'Kilometerstand' }, days: 4 })
    const trust = { policy: named.channel.policy(), engine: named.host }
    const issued = issue(named)
    const result = await verifyCertificate(issued, trust)
    expect(result.verdict).toBe('unchanged')
    const subject = result.claims!.subject as { asset: object; streams: { labels?: object }[] }
    expect(subject.asset).toMatchObject({ names: { de: 'Lieferwagen' } })
    expect(subject.streams.map(({ labels }) => labels)).toContainEqual({ de: 'Kilometerstand' })

    const evidence = writeEvidence(materialOf(named))
    const others = [
      { ...subject, asset: { ...subject.asset, names: { de: 'Rennwagen' } } },
      {
        ...subject,
        streams: subject.streams.map((stream) =>
          Object.fromEntries(Object.entries(stream).filter(([name]) => name !== 'labels')),
        ),
      },
    ]
    for (const other of others) {
      const forged = writeCredential({ validFrom: SIGNED_AT, subject: other as never, evidence }, named.signer)
      expect((await verifyCertificate(forged, trust)).verdict).toBe('changed')
    }
  })

  test('says plainly when one owner runs every gateway', async () => {
    const owned = await makeVehicle({ called: ONE_OWNER, days: 4 })
    const result = await verifyCertificate(issue(owned), { policy: owned.channel.policy(), engine: owned.host })
    expect(result.agreement).toMatchObject({ independentMembers: 1 })
    expect(result.notProven).toContain(OPERATOR_ALONE)
  })

  test.each([
    [1, /one liar suffices/],
    [2, /stops with one down/],
  ])('says what %i of 2 gateways is worth', async (quorum, words) => {
    const pair = await makeVehicle({ called: [calledAs('a', 'A'), calledAs('b', 'B')], quorum, days: 4 })
    const result = await verifyCertificate(issue(pair), { policy: pair.channel.policy(), engine: pair.host })
    expect(result.notProven.join(' ')).toMatch(words)
  })

  test('encloses the two signed events that excuse a replaced instrument', async () => {
    const repaired = await makeVehicle({ days: 8, km: (day) => (day < 6 ? 48_000 + day * 40 : (day - 6) * 40) })
    const { confirmed } = declareReplaced(repaired)
    closeState(repaired)
    const judge = async (isClosed: (event: { index: number }) => boolean) => {
      const bytes = issue(repaired, closing(materialOf(repaired), isClosed))
      const result = await verifyCertificate(bytes, { policy: repaired.channel.policy(), engine: repaired.host })
      const { verdict, reasons } = result.claims!.subject as { verdict: string; reasons: { code: string }[] }
      return [result.verdict, verdict, ...reasons.map((one) => one.code)]
    }
    expect(await judge(() => false)).toEqual(['unchanged', 'logical', 'REPLACEMENT'])
    // What the rule reads and nobody shows forces no judgement, and not a harder one.
    expect(await judge(({ index }) => index === confirmed)).toEqual(['unchanged', 'no judgement', 'WITHHELD'])
  })

  test('takes the word of two gateways of one owner for that of one party', async () => {
    const owned = await makeVehicle({
      called: ONE_OWNER,
      days: 8,
      km: (day) => (day < 6 ? 48_000 + day * 40 : (day - 6) * 40),
    })
    declareReplaced(owned)
    closeState(owned)
    const file = issue(owned)
    const result = await verifyCertificate(file, { policy: owned.channel.policy(), engine: owned.host })
    const { verdict, reasons } = result.claims!.subject as { verdict: string; reasons: { code: string }[] }
    expect([result.verdict, verdict, ...reasons.map((one) => one.code)]).toEqual([
      'unchanged',
      'illogical',
      'ROLLBACK',
      'ONE_PARTY',
    ])
  })

  test('without its batches says "attested by the quorum only"', async () => {
    const short = issue(vehicle, compact(material))
    const result = await check(short)
    expect(result.verdict).toBe('unchanged')
    expect(result.steps[6]!.detail).toBe('attested by the quorum only')
    expect(result.notProven).toContain('The readings are attested by the quorum only.')
    expect(short.length).toBeLessThan(file.length)
  })
})
