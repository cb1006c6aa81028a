import { beforeAll, describe, expect, test } from 'vitest'
import { OPERATOR_ALONE } from '../../../src-main/certificates/agreement.ts'
import { writeCredential } from '../../../src-main/certificates/credential.ts'
import { readEvidence, writeEvidence } from '../../../src-main/certificates/evidence.ts'
import { policyFingerprint } from '../../../src-main/certificates/fingerprint.ts'
import type { CertificateMaterial, DisclosedLeaf } from '../../../src-main/certificates/material.ts'
import { STEPS } from '../../../src-main/certificates/step.ts'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { fromUtf8, sha256, toHex } from '../../../src-main/wire/bytes.ts'
import { canonicalJson } from '../../../src-main/wire/json.ts'
import { DAY_US, gatewayOf, START_US } from './small-channel.ts'
import { issue, issueOpen, makeVehicle, materialOf, SIGNED_AT, signerOf, VIN } from './vehicle.ts'
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
const stop = (result: Verification) => result.steps.find((step) => step.state === 'stops')

/** A file signed by the issuer itself over evidence that was bent: what only the steps after the signature can find. */
function forge(bend: (material: CertificateMaterial) => CertificateMaterial, subject: object = {}): Uint8Array {
  const honest = JSON.parse(fromUtf8(file))
  const evidence = writeEvidence(bend(material))
  const content = { validFrom: SIGNED_AT, subject: { ...honest.credentialSubject, ...subject }, evidence }
  return writeCredential(content, vehicle.signer)
}

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
    const from = START_US + 4 * DAY_US
    const later = materialOf(vehicle, { older: vehicle.seals[2]!, fromUs: from })
    expect(later.streams.map((stream) => [stream.before.length, stream.leaves.length])).toEqual([
      [1, 8],
      [1, 8],
    ])
    const result = await check(issue(vehicle, later))
    expect(result.verdict).toBe('unchanged')
    expect(result.claims!.subject['readings']).toEqual({ judged: 16, disclosed: 16, withheld: 0 })
  })

  test('judges only what lies in its period', async () => {
    const shorter = materialOf(vehicle, { fromUs: START_US + DAY_US, toUs: START_US + 3 * DAY_US })
    const result = await check(issue(vehicle, shorter))
    expect(result.claims!.subject['readings']).toEqual({ judged: 6, disclosed: 24, withheld: 0 })
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
    const gateways = ['a', 'b', 'c'].map((name) => gatewayOf(name, 'One Owner GmbH'))
    const owned = await makeVehicle({ gateways, days: 4 })
    const result = await verifyCertificate(issue(owned), { policy: owned.channel.policy(), engine: owned.host })
    expect(result.agreement).toMatchObject({ independentMembers: 1 })
    expect(result.notProven).toContain(OPERATOR_ALONE)
  })

  test.each([
    [1, /one liar suffices/],
    [2, /stops with one down/],
  ])('says what %i of 2 gateways is worth', async (quorum, words) => {
    const pair = await makeVehicle({ gateways: [gatewayOf('a', 'A'), gatewayOf('b', 'B')], quorum, days: 4 })
    const result = await verifyCertificate(issue(pair), { policy: pair.channel.policy(), engine: pair.host })
    expect(result.notProven.join(' ')).toMatch(words)
  })

  test('encloses the two signed events that excuse a replaced instrument', async () => {
    const repaired = await makeVehicle({ days: 8, km: (day) => (day < 6 ? 48_000 + day * 40 : (day - 6) * 40) })
    const [garage, fleet] = repaired.channel.gateways
    const body = { beforeKm: 48_200, afterKm: 0, atUs: START_US + 5.5 * DAY_US }
    const declared = repaired.channel.event(garage!, 'odometer.replaced', body, [VIN])
    const declares = toHex(repaired.channel.statementHashOf(declared))
    const confirmed = repaired.channel.event(fleet!, 'odometer.confirmed', { declares }, [VIN])
    repaired.channel.seal()
    const newer = repaired.channel.seal()
    const judge = async (events: number[]) => {
      const bytes = issue(repaired, materialOf(repaired, { newer, events }))
      const result = await verifyCertificate(bytes, { policy: repaired.channel.policy(), engine: repaired.host })
      const { verdict, reasons } = result.claims!.subject as { verdict: string; reasons: { code: string }[] }
      return [result.verdict, verdict, ...reasons.map((one) => one.code)]
    }
    expect(await judge([declared, confirmed])).toEqual(['unchanged', 'logical', 'REPLACEMENT'])
    expect(await judge([declared])).toEqual(['unchanged', 'illogical', 'ROLLBACK'])
  })

  test('takes the word of two gateways of one owner for that of one party', async () => {
    const gateways = ['a', 'b', 'c'].map((name) => gatewayOf(name, 'One Owner GmbH'))
    const owned = await makeVehicle({
      gateways,
      days: 8,
      km: (day) => (day < 6 ? 48_000 + day * 40 : (day - 6) * 40),
    })
    const body = { beforeKm: 48_200, afterKm: 0, atUs: START_US + 5.5 * DAY_US }
    const declared = owned.channel.event(gateways[0]!, 'odometer.replaced', body, [VIN])
    const declares = toHex(owned.channel.statementHashOf(declared))
    const confirmed = owned.channel.event(gateways[1]!, 'odometer.confirmed', { declares }, [VIN])
    owned.channel.seal()
    const file = issue(owned, materialOf(owned, { newer: owned.channel.seal(), events: [declared, confirmed] }))
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
    const compact = issue(vehicle, materialOf(vehicle, { compact: true }))
    const result = await check(compact)
    expect(result.verdict).toBe('unchanged')
    expect(result.steps[6]!.detail).toBe('attested by the quorum only')
    expect(result.notProven).toContain('The readings are attested by the quorum only.')
    expect(compact.length).toBeLessThan(file.length)
  })
})

describe('nobody can tell yet', () => {
  test('without a pinned policy: the fingerprint to compare and the command that pins it', async () => {
    const result = await verifyCertificate(file, { engine: vehicle.host })
    expect(result.verdict).toBe('cannot-tell')
    expect(states(result)).toBe('holds holds waits not-run not-run not-run not-run not-run')
    expect(result.missing.map((one) => one.code)).toEqual(['policy_unknown'])
    expect(result.headline).toBe('Cannot tell yet: is this channel known to you?')
    expect(result.explanation).toContain('plumbline trust pin')
    expect(result.policy!.fingerprint).toBe(policyFingerprint(vehicle.channel.policy()))
    expect(result.policy!.fingerprint).toMatch(/^([0-9A-F]{4} ){15}[0-9A-F]{4}$/)
  })

  test('under the policy of another channel', async () => {
    const other = await makeVehicle({ gateways: [gatewayOf('x', 'X')], days: 1 })
    const result = await check(file, other.channel.policy())
    expect([result.verdict, result.missing[0]!.code]).toEqual(['cannot-tell', 'policy_other'])
  })

  test('of a stranger’s file that agrees with itself', async () => {
    const stranger = await makeVehicle({ gateways: [gatewayOf('forger', 'Trusted Motors AG')], days: 3 })
    const forged = issue(stranger)
    expect((await verifyCertificate(forged, { engine: vehicle.host })).verdict).toBe('cannot-tell')
    expect((await check(forged)).missing.map((one) => one.code)).toEqual(['policy_other'])
    expect((await verifyCertificate(forged, { policy: stranger.channel.policy(), engine: vehicle.host })).verdict).toBe(
      'unchanged',
    )
  })

  test('with several policies pinned, the channel’s own is found', async () => {
    const other = await makeVehicle({ gateways: [gatewayOf('x', 'X')], days: 1 })
    const policies = [other.channel.policy(), vehicle.channel.policy()]
    expect((await verifyCertificate(file, { policies, engine: vehicle.host })).verdict).toBe('unchanged')
  })

  test('when fewer gateways cosigned than the pinned policy asks for', async () => {
    const alone = forge((honest) => ({ ...honest, checkpoint: vehicle.channel.checkpoint(1) }))
    const result = await check(alone)
    expect([result.verdict, result.missing[0]!.code]).toEqual(['cannot-tell', 'cosigners_missing'])
    expect(result.explanation).toMatch(/1 \(hall\), the pinned policy asks for 2 of 3/)
  })

  test('when a stream may still deliver readings of the period: a newer seal is missing', async () => {
    const early = materialOf(vehicle, { newer: vehicle.seals.at(-3)! })
    expect(() => issue(vehicle, early)).toThrow(/would wait for a newer seal/)
    const result = await check(issueOpen(vehicle, early))
    expect([result.verdict, result.missing[0]!.code]).toEqual(['cannot-tell', 'period_open'])
    expect(result.steps[5]).toMatchObject({ id: 'histories', state: 'waits' })
  })

  test('a signed gap up to the end of the period completes the stream', async () => {
    const silent = await makeVehicle()
    const until = START_US + 20 * DAY_US
    const gaps = [silent.cluster, silent.vin].sort().map((stream) => ({
      stream,
      fromSequence: 12,
      toSequence: 11,
      fromTimeUs: START_US + 11 * DAY_US,
      toTimeUs: until,
      reason: 'ignition off',
    }))
    silent.channel.nowUs = until
    silent.channel.batch(silent.gateway, [], gaps)
    silent.channel.seal()
    const last = silent.channel.seal()
    const result = await verifyCertificate(issue(silent, materialOf(silent, { newer: last, toUs: until })), {
      policy: silent.channel.policy(),
      engine: silent.host,
    })
    expect(result.verdict).toBe('unchanged')
    const stream = (result.claims!.subject['streams'] as { gaps: object[]; coverage: number }[])[0]!
    expect(stream.gaps).toEqual([{ fromUs: START_US + 11 * DAY_US, toUs: until, readings: 0, reason: 'ignition off' }])
    expect(stream.coverage).toBe(55_000)
  })

  test('with another engine than the pack was activated for', async () => {
    const engine = { engineHash: new Uint8Array(32), run: vehicle.host.run.bind(vehicle.host) }
    const result = await verifyCertificate(file, { policy: vehicle.channel.policy(), engine })
    expect([result.verdict, result.missing[0]!.code]).toEqual(['cannot-tell', 'engine_unknown'])
    const broken = await verifyCertificate(file, { policy: vehicle.channel.policy(), engine: new Uint8Array(9) })
    expect([broken.verdict, broken.missing[0]!.code]).toEqual(['cannot-tell', 'engine_broken'])
  })
})

test('a pinned text that is no policy is the verifier’s mistake, not the file’s', async () => {
  await expect(check(file, 'witness me')).rejects.toMatchObject({ code: 'malformed_policy' })
})

describe('a withheld reading', () => {
  test('forces no judgement, though the history still holds', async () => {
    const kept = materialOf(vehicle, {
      withhold: ({ stream, sequence }) => stream === vehicle.cluster && sequence === 5,
    })
    const result = await check(issue(vehicle, kept))
    expect(result.verdict).toBe('unchanged')
    expect(result.claims!.subject).toMatchObject({
      verdict: 'no judgement',
      reasons: [{ code: 'WITHHELD' }],
      readings: { disclosed: 23, withheld: 1 },
    })
  })

  test('cannot be passed over by an issuer who claims a verdict', async () => {
    const kept = materialOf(vehicle, { withhold: ({ sequence }) => sequence === 5 })
    const result = await check(forge(() => kept))
    expect(stop(result)).toMatchObject({ id: 'pack', expected: '"no judgement"', actual: '"logical"' })
  })
})

describe('what only the issuer could forge stops at its step', () => {
  const leavesOf = (
    one: CertificateMaterial,
    change: (leaf: DisclosedLeaf, at: number) => DisclosedLeaf,
  ): CertificateMaterial => ({
    ...one,
    streams: one.streams.map((stream, s) =>
      s > 0
        ? stream
        : { ...stream, leaves: stream.leaves.map((leaf, at) => (leaf.kind === 'disclosed' ? change(leaf, at) : leaf)) },
    ),
  })

  test.each<[string, string, RegExp, (honest: CertificateMaterial) => CertificateMaterial]>([
    ['an omitted stream', 'histories', /is omitted/, (honest) => ({ ...honest, streams: honest.streams.slice(1) })],
    [
      'an omitted reading',
      'histories',
      /11 readings are enclosed, 12 lie between/,
      (honest) => ({
        ...honest,
        streams: honest.streams.map((stream) => ({ ...stream, leaves: stream.leaves.slice(1) })),
      }),
    ],
    [
      'a changed value',
      'histories',
      /are not those of the history/,
      (honest) =>
        leavesOf(honest, (leaf, at) =>
          at === 3 ? { ...leaf, cbor: leaf.cbor.map((byte: number, i: number) => (i === 46 ? byte ^ 1 : byte)) } : leaf,
        ),
    ],
    [
      'two readings in each other’s place',
      'histories',
      /are not those of the history/,
      (honest) => {
        const swapped = honest.streams.map((stream) => ({
          ...stream,
          leaves: [stream.leaves[1]!, stream.leaves[0]!, ...stream.leaves.slice(2)],
        }))
        return { ...honest, streams: swapped }
      },
    ],
    [
      'a leaf path of another reading',
      'source-signatures',
      /is not in the batch that was signed/,
      (honest) => leavesOf(honest, (leaf, at) => (at === 0 ? { ...leaf, position: leaf.position + 1 } : leaf)),
    ],
    [
      'a batch left out',
      'source-signatures',
      /its batch, entry \d+, is not enclosed/,
      (honest) => ({ ...honest, batches: honest.batches!.slice(1) }),
    ],
    [
      'a path of the ledger bent',
      'seals',
      /root/,
      (honest) => ({
        ...honest,
        genesis: {
          ...honest.genesis,
          path: honest.genesis.path.map((hash, at) => (at === 0 ? hash.map((byte) => byte ^ 1) : hash)),
        },
      }),
    ],
    [
      'a batch entry signed by nobody',
      'seals',
      /root/,
      (honest) => ({
        ...honest,
        batches: honest.batches!.map((one, at) =>
          at === 0 ? { ...one, entry: one.entry.with(one.entry.length - 1, one.entry.at(-1)! ^ 1) } : one,
        ),
      }),
    ],
    [
      'a state value changed',
      'state-proofs',
      /is not proven/,
      (honest) => ({
        ...honest,
        newer: {
          ...honest.newer,
          state: honest.newer.state.map((item, at) =>
            at === 2 ? { ...item, treeValue: item.treeValue!.with(40, item.treeValue![40]! ^ 1) } : item,
          ),
        },
      }),
    ],
    [
      'a state value left out',
      'state-proofs',
      /lacks core asset/,
      (honest) => ({
        ...honest,
        newer: { ...honest.newer, state: honest.newer.state.filter((_, at) => at !== 1) },
      }),
    ],
    ['another asset', 'state-proofs', /lacks core asset OTHER/, (honest) => ({ ...honest, asset: 'OTHER' })],
    [
      'a pack of the issuer’s own making',
      'pack',
      /is not the one in force/,
      (honest) => ({
        ...honest,
        pack: {
          ...honest.pack,
          source: '({ judge: () => ({ verdict: "logical", reasons: [], figures: {} }), apply: (x) => x })',
        },
      }),
    ],
    [
      'a checkpoint of another root',
      'checkpoints',
      /does not fit the note/,
      (honest) => ({
        ...honest,
        checkpoint: honest.checkpoint.replace('\n12\n', '\n11\n'),
      }),
    ],
    [
      'a seal that speaks of another state',
      'seals',
      /speaks of the first/,
      (honest) => ({
        ...honest,
        newer: { ...honest.newer, closed: honest.newer.seal },
      }),
    ],
    [
      'a period that ends before it begins',
      'histories',
      /before it begins/,
      (honest) => ({
        ...honest,
        period: { fromUs: honest.period.toUs, toUs: honest.period.fromUs },
      }),
    ],
  ])('%s', async (_name, id, words, bend) => {
    const result = await check(forge(bend))
    expect(result.verdict).toBe('changed')
    expect([stop(result)!.id, stop(result)!.detail]).toEqual([id, expect.stringMatching(words)])
    const at = STEPS.findIndex(([step]) => step === id)
    expect(result.steps.slice(at + 1).every((step) => step.state === 'not-run')).toBe(true)
  })

  test.each<[string, object]>([
    ['verdict', { verdict: 'illogical' }],
    ['figures', { figures: { distanceKm: 1 } }],
    ['reasons', { reasons: [{ code: 'OUTLIER', text: 'one' }] }],
    ['simulated', { simulated: true }],
    ['issuedBy', { issuedBy: { name: 'someone else' } }],
    ['asOf', { asOf: {} }],
    ['extra', { extra: 'praise' }],
    ['constructor', { constructor: 'praise' }],
    ['toString', { toString: {} }],
    ['__proto__', JSON.parse('{"__proto__":{}}') as object],
  ])('a %s that does not follow from the evidence', async (name, subject) => {
    const result = await check(forge((honest) => honest, subject))
    expect(stop(result)).toMatchObject({
      id: 'pack',
      detail: `the file says another ${name} than follows from its evidence`,
    })
  })

  test('readings of the period that already lie before the older seal', async () => {
    const late = materialOf(vehicle, { older: vehicle.seals[2]!, fromUs: START_US + 4 * DAY_US })
    const result = await check(forge(() => ({ ...late, period: { ...late.period, fromUs: START_US + 2 * DAY_US } })))
    expect(stop(result)).toMatchObject({
      id: 'histories',
      detail: expect.stringMatching(/first ones are not enclosed/),
    })
  })

  test('a gap in the sequences that nobody signed', async () => {
    const leaky = await makeVehicle({ days: 4 })
    leaky.channel.batch(leaky.gateway, [
      {
        stream: leaky.cluster,
        readings: [{ timeUs: START_US + 9 * DAY_US, value: { kind: 'float', value: 48_900 }, sequence: 7 }],
      },
      { stream: leaky.vin, readings: [{ timeUs: START_US + 9 * DAY_US, value: { kind: 'text', value: VIN } }] },
    ])
    leaky.channel.seal()
    const last = leaky.channel.seal()
    expect(() => issue(leaky, materialOf(leaky, { newer: last }))).toThrow(/sequence 4 is missing without a signed gap/)
  })
})

describe('the issuer', () => {
  test('must sign with a credential key of a member with a role that may issue', async () => {
    const visitor = await makeVehicle({ roles: ['auditor'], days: 4 })
    expect(() => issue(visitor)).toThrow(/no role that may issue/)
    const { secret, public: publicKey } = vehicle.gateway.keys.entry
    expect(publicKey.length + secret.length).toBe(64)
    const wrongUse = {
      ...vehicle,
      signer: signerOf({
        ...vehicle.gateway,
        keys: { ...vehicle.gateway.keys, credential: vehicle.gateway.keys.entry },
      }),
    }
    expect(() => issue(wrongUse)).toThrow(/registered for another use/)
  })

  test('cannot be somebody whose key the channel does not know', async () => {
    const thief = gatewayOf('thief', 'Thief')
    const honest = JSON.parse(fromUtf8(file))
    const content = { validFrom: SIGNED_AT, subject: honest.credentialSubject, evidence: honest.evidence }
    const result = await check(writeCredential(content, signerOf(thief)))
    expect(stop(result)).toMatchObject({ id: 'state-proofs', detail: expect.stringMatching(/lacks core key/) })
  })
})
