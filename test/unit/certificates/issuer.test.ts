/** What nobody but the issuer could forge, and who may be it. */
import { beforeAll, describe, expect, test } from 'vitest'
import { writeCredential } from '../../../src-main/certificates/credential.ts'
import { writeEvidence } from '../../../src-main/certificates/evidence.ts'
import type { CertificateMaterial, DisclosedLeaf } from '../../../src-main/certificates/material.ts'
import { STEPS } from '../../../src-main/certificates/step.ts'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { fromUtf8 } from '../../../src-main/wire/bytes.ts'
import { testKey } from '../../support/channel.ts'
import { lyingGaps } from './lying-quorum.ts'
import { otherRule } from './other-pack.ts'
import { withholding } from './told-less.ts'
import { closeState, dayUs, issue, makeVehicle, materialOf, named, odometer, silence, SIGNED_AT } from './vehicle.ts'
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
const stop = (result: Verification) => result.steps.find((step) => step.state === 'stops')

/** A file signed by the issuer itself over evidence that was bent: what only the steps after the signature can find. */
function forge(bend: (material: CertificateMaterial) => CertificateMaterial, subject: object = {}): Uint8Array {
  const honest = JSON.parse(fromUtf8(file))
  const evidence = writeEvidence(bend(material))
  const content = { validFrom: SIGNED_AT, subject: { ...honest.credentialSubject, ...subject }, evidence }
  return writeCredential(content, vehicle.signer)
}

describe('a withheld reading', () => {
  test('forces no judgement, though the history still holds', async () => {
    const kept = withholding(material, ({ stream, sequence }) => stream === vehicle.cluster && sequence === 5)
    const result = await check(issue(vehicle, kept))
    expect(result.verdict).toBe('unchanged')
    expect(result.claims!.subject).toMatchObject({
      verdict: 'no judgement',
      reasons: [{ code: 'WITHHELD' }],
      readings: { disclosed: 23, withheld: 1 },
    })
  })

  test('cannot be passed over by an issuer who claims a verdict', async () => {
    const kept = withholding(material, ({ sequence }) => sequence === 5)
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
      /lacks core rules/,
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
        pack: otherRule(honest.pack),
      }),
    ],
    [
      'a checkpoint of another root',
      'checkpoints',
      /does not fit the note/,
      (honest) => ({
        ...honest,
        checkpoint: honest.checkpoint.replace(/\n\d+\n/, '\n11\n'),
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
    const late = materialOf(vehicle, { fromUs: dayUs(4) })
    const result = await check(forge(() => ({ ...late, period: { ...late.period, fromUs: dayUs(2) } })))
    expect(stop(result)).toMatchObject({
      id: 'histories',
      detail: expect.stringMatching(/older state is later than the beginning/),
    })
  })

  test('a gap in the sequences that nobody signed', async () => {
    const leaky = await makeVehicle({ days: 4 })
    const { channel, gateway, cluster, vin } = leaky
    const rows = [
      { stream: cluster, readings: [{ ...odometer(9, 48_900), sequence: 7 }] },
      { stream: vin, readings: [named(9)] },
    ]
    channel.nowUs = dayUs(9)
    expect(() => channel.batch(gateway, rows)).toThrow(/sequence-break/)
    channel.batch(gateway, rows, [{ ...silence(cluster, 4, 3, 9), toSequence: 6 }])
    closeState(leaky)
    const unsigned = lyingGaps(channel, materialOf(leaky), cluster, [])
    expect(() => issue(leaky, unsigned)).toThrow(/sequence 4 is missing without a signed gap/)
  })
})

describe('the issuer', () => {
  test('must sign with a credential key of a member with a role that may issue', async () => {
    const visitor = await makeVehicle({ roles: ['gateway', 'auditor'], days: 4 })
    expect(() => issue(visitor)).toThrow(/no role that may issue/)
    const { entry } = vehicle.gateway.keys
    const wrongUse = { ...vehicle, signer: { publicKey: entry.public, sign: entry.sign } }
    expect(() => issue(wrongUse)).toThrow(/registered for another use/)
  })

  test('cannot be somebody whose key the channel does not know', async () => {
    const thief = testKey('thief', 'credential')
    const honest = JSON.parse(fromUtf8(file))
    const content = { validFrom: SIGNED_AT, subject: honest.credentialSubject, evidence: honest.evidence }
    const result = await check(writeCredential(content, { publicKey: thief.public, sign: thief.sign }))
    expect(stop(result)).toMatchObject({ id: 'state-proofs', detail: expect.stringMatching(/lacks core key/) })
  })
})
