/**
 * Forty kinds of forged or misleading certificate, made with the project's own builder out of changed material by whoever could: a
 * stranger without a key of the channel, the issuer with all of its own, a minority of the gateways. None is "unchanged".
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { writeCredential } from '../../../src-main/certificates/credential.ts'
import type { CredentialSigner, JsonObject } from '../../../src-main/certificates/credential.ts'
import { didOfKey, verificationMethodOf } from '../../../src-main/certificates/did-key.ts'
import { writeEvidence } from '../../../src-main/certificates/evidence.ts'
import type { CertificateMaterial, PeriodLeaf } from '../../../src-main/certificates/material.ts'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { cosignerName, formatCheckpoint } from '../../../src-main/proof/checkpoint.ts'
import { cosignatureLine } from '../../../src-main/proof/cosignature.ts'
import { rootOf } from '../../../src-main/proof/merkle.ts'
import { formatNote, signatureLine } from '../../../src-main/proof/note.ts'
import { fromUtf8, utf8 } from '../../../src-main/wire/bytes.ts'
import { decodeGap, encodeGap } from '../../../src-main/record/gap-chain.ts'
import { canonicalJson } from '../../../src-main/wire/json.ts'
import { decodeLeaf, encodeLeaf, leafHash } from '../../../src-main/wire/reading.ts'
import type { Gap } from '../../../src-main/record/statements.ts'
import { DAY_US, gatewayOf, START_US } from './small-channel.ts'
import { issue, issueOpen, makeVehicle, materialOf, SIGNED_AT, signerOf, VIN } from './vehicle.ts'
import type { Vehicle } from './vehicle.ts'
import { originOf } from '../../../src-main/wire/origin.ts'

let vehicle: Vehicle
let honest: CertificateMaterial
let subject: JsonObject
/** A year in which one reading was lost and the cable was cut for days. */
let leaky: Vehicle
let leakyMaterial: CertificateMaterial
/** Somebody else's channel that calls itself the same. */
let stranger: Vehicle
/** The same gateways on a fork of their ledger, in which the vehicle drove less. */
let fork: Vehicle

const dayUs = (day: number): number => START_US + day * DAY_US

beforeAll(async () => {
  vehicle = await makeVehicle()
  honest = materialOf(vehicle)
  subject = subjectIn(issue(vehicle, honest))
  leaky = await makeLeaky()
  leakyMaterial = materialOf(leaky, { newer: leaky.channel.seals.length - 1 })
  const copies = ['hall', 'energy', 'vehicle'].map((name) => gatewayOf(`copy of ${name}`, `${name} GmbH`))
  stranger = await makeVehicle({
    gateways: copies.map((one, at) => ({ ...one, name: ['hall', 'energy', 'vehicle'][at]! })),
  })
  fork = await makeVehicle({ km: (day) => 8_000 + day * 41.5 })
  simulated = await makeVehicle({ simulated: true })
  ridden = await makeVehicle()
  ridden.channel.batch(ridden.channel.gateways[1]!, [])
  ridden.channel.seal()
  ridden.seals.push(ridden.channel.seal())
}, 60_000)

async function makeLeaky(): Promise<Vehicle> {
  const made = await makeVehicle({ days: 4 })
  const cut = (stream: Gap['stream'], lost: number): Gap => ({
    stream,
    fromSequence: 4,
    toSequence: 3 + lost,
    fromTimeUs: dayUs(3),
    toTimeUs: dayUs(20),
    reason: 'cable cut',
  })
  made.channel.nowUs = dayUs(20)
  made.channel.batch(
    made.gateway,
    [
      { stream: made.cluster, readings: [{ timeUs: dayUs(20), value: { kind: 'float', value: 48_900 }, sequence: 9 }] },
      { stream: made.vin, readings: [{ timeUs: dayUs(20), value: { kind: 'text', value: VIN }, sequence: 4 }] },
    ],
    [cut(made.cluster, 5), cut(made.vin, 0)].sort((a, b) => (a.stream < b.stream ? -1 : 1)),
  )
  made.channel.seal()
  made.channel.seal()
  return made
}

function subjectIn(file: Uint8Array): JsonObject {
  return (JSON.parse(fromUtf8(file)) as { credentialSubject: JsonObject }).credentialSubject
}

interface Forged {
  material?: CertificateMaterial
  says?: JsonObject
  signer?: CredentialSigner
  signedAt?: string
}

/** Signed by the issuer unless said otherwise; what it says is what the honest file says but for `says`. */
function sign({ material = honest, says = {}, signer = vehicle.signer, signedAt = SIGNED_AT }: Forged): Uint8Array {
  const content = { validFrom: signedAt, subject: { ...subject, ...says }, evidence: writeEvidence(material) }
  return writeCredential(content, signer)
}

function check(file: Uint8Array, of: Vehicle = vehicle): Promise<Verification> {
  return verifyCertificate(file, { policy: of.channel.policy(), engine: of.host })
}

/** Where it ends: the step that stops, or what is missing. */
function ending(result: Verification): string {
  return result.steps.find((step) => step.state === 'stops')?.id ?? result.missing[0]?.code ?? result.verdict
}

const streamsWith = (
  material: CertificateMaterial,
  bend: (stream: CertificateMaterial['streams'][number], at: number) => object,
): CertificateMaterial => ({
  ...material,
  streams: material.streams.map((stream, at) => ({ ...stream, ...bend(stream, at) })),
})

const leavesWith = (bend: (leaf: PeriodLeaf, at: number) => PeriodLeaf): CertificateMaterial =>
  streamsWith(honest, (stream, s) => (s > 0 ? {} : { leaves: stream.leaves.map(bend) }))

let simulated: Vehicle
let ridden: Vehicle

/** The stranger's material as if it was of this channel. */
const ownUnder = (more: Partial<CertificateMaterial>): CertificateMaterial => ({
  ...materialOf(stranger),
  channel: honest.channel,
  ...more,
})

/** A checkpoint over the entries of `of`, by the log key of one gateway and the cosignatures of some, under a name or their own. */
function cosigned(of: Vehicle, keys: Vehicle, signers: number[], name?: string): string {
  const { channel } = of.channel
  const { entries, gateways } = { entries: of.channel.entries, gateways: keys.channel.gateways }
  const text = formatCheckpoint({
    origin: originOf(channel),
    size: entries.length,
    root: rootOf(entries.length, of.channel.log()),
  })
  const signed = (secret: Uint8Array) => (message: Uint8Array) => ed25519.sign(message, secret)
  const { checkpoint } = gateways[0]!.keys
  const log = signatureLine({
    text,
    name: originOf(channel),
    publicKey: checkpoint.public,
    sign: signed(checkpoint.secret),
  })
  const lines = signers.map((at) => {
    const { cosignature } = gateways[at]!.keys
    const as = cosignerName(channel, name ?? gateways[at]!.name)
    const publicKey =
      name === undefined ? cosignature.public : gateways.find((one) => one.name === name)!.keys.cosignature.public
    return cosignatureLine({ text, name: as, timeSeconds: 1_780_000_000, publicKey, sign: signed(cosignature.secret) })
  })
  return formatNote(text, [log, ...lines])
}

/** The fork's checkpoint by its own log key, with the cosignatures that the others gave to the true one. */
function transplanted(): string {
  const [text, lines] = cosigned(fork, fork, []).split('\n\n') as [string, string]
  const others = honest.checkpoint.split('\n\n')[1]!.split('\n').slice(1).join('\n')
  return `${text}\n\n${lines}${others}`
}

/** The issuer's name in a file that somebody else signed. */
function renamed(signer: CredentialSigner): Uint8Array {
  const forged = JSON.parse(fromUtf8(sign({ signer }))) as JsonObject
  const issuer = didOfKey(vehicle.signer.publicKey)
  const proof = { ...(forged['proof'] as JsonObject), verificationMethod: verificationMethodOf(issuer) }
  return utf8(canonicalJson({ ...forged, issuer, proof }))
}

function invented(leaf: PeriodLeaf): PeriodLeaf {
  if (leaf.kind === 'withheld') return leaf
  return { ...leaf, cbor: encodeLeaf({ ...decodeLeaf(leaf.cbor), value: { kind: 'float', value: 12 } }) }
}

const withheld = (): CertificateMaterial =>
  leavesWith((leaf, at) =>
    at === 5 && leaf.kind === 'disclosed' ? { kind: 'withheld', leafHash: leafHash(leaf.cbor) } : leaf,
  )

const bendGap =
  (bend: (gap: Gap) => Gap) =>
  ({ gaps }: { gaps: Uint8Array[] }): object => ({ gaps: gaps.map((gap) => encodeGap(bend(decodeGap(gap)))) })

/** The period begins within an outage, and the older seal has its gap already, alone: as if nothing was missing. */
function swallowedGap(): CertificateMaterial {
  const { channel, cluster, vin, gateway } = leaky
  const silence = (stream: Gap['stream'], fromSequence: number): Gap => {
    const times = { fromTimeUs: dayUs(20), toTimeUs: dayUs(30), reason: 'cable cut' }
    return { stream, fromSequence, toSequence: fromSequence - 1, ...times }
  }
  const gaps = [silence(cluster, 10), silence(vin, 5)].sort((a, b) => (a.stream < b.stream ? -1 : 1))
  channel.nowUs = dayUs(30)
  channel.batch(gateway, [], gaps)
  channel.seal()
  const older = channel.seal()
  channel.batch(gateway, [
    { stream: cluster, readings: [{ timeUs: dayUs(30), value: { kind: 'float', value: 48_950 } }] },
    { stream: vin, readings: [{ timeUs: dayUs(30), value: { kind: 'text', value: VIN } }] },
  ])
  channel.seal()
  return materialOf(leaky, { older, newer: channel.seal(), fromUs: dayUs(25), toUs: dayUs(30) })
}

const covered = (): JsonObject[] =>
  (subject['streams'] as JsonObject[]).map((stream) => ({ ...stream, coverage: 99_999 }))

/** Without the events for whose sake their signers' keys were proven. */
const proving = (of: Vehicle, events: number[]): CertificateMaterial => ({ ...materialOf(of, { events }), events: [] })

function withForeignBatch(): CertificateMaterial {
  const foreign = ridden.channel.entries.length - 3
  const material = proving(ridden, [foreign])
  return { ...material, batches: [...material.batches!, ridden.channel.logged(foreign)] }
}

type Row = [name: string, ends: string, forge: () => Uint8Array, of?: () => Vehicle]

let forgeries = 0

/** Each ends at a named step that stops, or for want of something. */
function attacks(title: string, rows: Row[]): void {
  forgeries += rows.length
  describe(title, () => {
    test.each(rows)('%s ends at %s', async (_name, ends, forge, of) => {
      const result = await check(forge(), of?.())
      expect(result.verdict).not.toBe('unchanged')
      expect(ending(result)).toBe(ends)
    })
  })
}

const edited = (from: string, to: string): Uint8Array => {
  const text = fromUtf8(issue(vehicle, honest))
  expect(text).toContain(from)
  return utf8(text.replace(from, to))
}

attacks('a stranger', [
  ['a channel of its own that calls itself the same', 'policy_other', () => issue(stranger)],
  ['its own entries under this channel’s name', 'checkpoints', () => sign({ material: ownUnder({}) })],
  [
    'its own entries under a genuine checkpoint',
    'seals',
    () => sign({ material: ownUnder({ checkpoint: honest.checkpoint }) }),
  ],
  ['the genuine evidence, signed by itself', 'state-proofs', () => sign({ signer: signerOf(stranger.gateway) })],
  [
    'a fork of the genuine ledger, sealed and cosigned by its own keys',
    'not_vouched',
    () => sign({ material: { ...materialOf(fork), checkpoint: cosigned(fork, stranger, [0, 1, 2]) } }),
  ],
  ['the genuine issuer’s name over its own signature', 'issuer-signature', () => renamed(signerOf(stranger.gateway))],
  [
    'another verdict in the genuine file',
    'issuer-signature',
    () => edited('"verdict":"logical"', '"verdict":"illogical"'),
  ],
  ['another mileage in the genuine file', 'issuer-signature', () => edited('"lastKm":', '"lastKm":1')],
  [
    'another context, which reads its terms differently',
    'form',
    () => edited('undefined-terms/v2', 'undefined-terms/v3'),
  ],
  ['another type', 'form', () => edited('"PlumblineCertificate"', '"LogbookCertificate"')],
  [
    'a second signing time in the proof',
    'form',
    () => edited('"created":', '"expires":"2099-01-01T00:00:00Z","created":'),
  ],
])

attacks('the issuer', [
  ['signed before the seal that it rests on', 'seals', () => sign({ signedAt: '1999-01-01T00:00:00Z' })],
  ['signed in the year 0', 'seals', () => sign({ signedAt: '0000-01-01T00:00:00Z' })],
  ['a stream left out', 'histories', () => sign({ material: { ...honest, streams: honest.streams.slice(1) } })],
  [
    'the newest readings left out',
    'histories',
    () => sign({ material: streamsWith(honest, ({ leaves }) => ({ leaves: leaves.slice(0, -3) })) }),
  ],
  [
    'a reading replaced by one of its own',
    'histories',
    () => sign({ material: leavesWith((leaf, at) => (at === 5 ? invented(leaf) : leaf)) }),
  ],
  [
    'a withheld reading that is another one',
    'histories',
    () =>
      sign({
        material: leavesWith((leaf, at) => (at === 5 ? { kind: 'withheld', leafHash: new Uint8Array(32) } : leaf)),
      }),
  ],
  ['a reading withheld, and the verdict kept', 'pack', () => sign({ material: withheld() })],
  [
    'a gap left out',
    'histories',
    () => sign({ material: streamsWith(leakyMaterial, () => ({ gaps: [] })) }),
    () => leaky,
  ],
  [
    'a gap made shorter',
    'histories',
    () =>
      sign({
        material: streamsWith(
          leakyMaterial,
          bendGap((gap) => ({ ...gap, toTimeUs: gap.fromTimeUs })),
        ),
      }),
    () => leaky,
  ],
  [
    'a gap with a kinder reason',
    'histories',
    () =>
      sign({
        material: streamsWith(
          leakyMaterial,
          bendGap((gap) => ({ ...gap, reason: 'maintenance' })),
        ),
      }),
    () => leaky,
  ],
  [
    'an older seal that has swallowed the gap of the period',
    'histories',
    () => sign({ material: swallowedGap() }),
    () => leaky,
  ],
  [
    'an older seal that has swallowed readings of the period',
    'histories',
    () => sign({ material: materialOf(vehicle, { older: vehicle.seals[3]!, fromUs: dayUs(2) }) }),
  ],
  [
    'a period that begins where it ends',
    'histories',
    () => sign({ material: { ...honest, period: { fromUs: honest.period.toUs, toUs: honest.period.fromUs } } }),
  ],
  [
    'a period beyond what the state knows',
    'period_open',
    () => issueOpen(vehicle, { ...honest, period: { ...honest.period, toUs: dayUs(400) } }),
  ],
  ['a coverage of its own', 'pack', () => sign({ says: { streams: covered() } })],
  ['a verdict of its own', 'pack', () => sign({ says: { verdict: 'illogical' } })],
  [
    'a figure of its own',
    'pack',
    () => sign({ says: { figures: { ...(subject['figures'] as JsonObject), lastKm: 12 } } }),
  ],
  [
    'a rule of its own',
    'pack',
    () =>
      sign({
        material: {
          ...honest,
          pack: { ...honest.pack, source: '({ judge: () => ({ verdict: "logical", reasons: [], figures: {} }) })' },
        },
      }),
  ],
  ['another vehicle’s name', 'state-proofs', () => sign({ material: { ...honest, asset: 'WAUZZZ8K9AA000001' } })],
  [
    'an owner’s name of its own',
    'pack',
    () => sign({ says: { issuedBy: { ...(subject['issuedBy'] as JsonObject), legalName: 'TÜV' } } }),
  ],
  [
    'simulated values as real ones',
    'pack',
    () => sign({ material: materialOf(simulated), says: { simulated: false } }),
    () => simulated,
  ],
  [
    'a foreign batch that rides along to add its signer',
    'source-signatures',
    () => sign({ material: withForeignBatch() }),
    () => ridden,
  ],
  ['a state value that nothing rests on', 'source-signatures', () => sign({ material: proving(vehicle, [1]) })],
  [
    'a seal as a source',
    'source-signatures',
    () =>
      sign({
        material: {
          ...honest,
          batches: [...honest.batches!, vehicle.channel.logged(vehicle.channel.seals.at(-1)!.index)],
        },
      }),
  ],
  [
    'a leaf at another place of its batch',
    'source-signatures',
    () =>
      sign({
        material: leavesWith((leaf, at) =>
          at === 0 && leaf.kind === 'disclosed' ? { ...leaf, position: leaf.position + 1 } : leaf,
        ),
      }),
  ],
  [
    'a seal as if it spoke of another state',
    'seals',
    () => sign({ material: { ...honest, newer: { ...honest.newer, closed: honest.newer.seal } } }),
  ],
  [
    'an event of another asset as an excuse',
    'source-signatures',
    () => sign({ material: { ...honest, events: [honest.genesis] } }),
  ],
])

attacks('a minority of the gateways', [
  [
    'a fork that it cosigned alone',
    'cosigners_missing',
    () => sign({ material: { ...materialOf(fork), checkpoint: fork.channel.checkpoint(1) } }),
  ],
  [
    'its cosignature twice',
    'cosigners_missing',
    () => sign({ material: { ...materialOf(fork), checkpoint: cosigned(fork, fork, [0, 0]) } }),
  ],
  [
    'its cosignature under another gateway’s name',
    'checkpoints',
    () => sign({ material: { ...materialOf(fork), checkpoint: cosigned(fork, fork, [0], 'energy') } }),
  ],
  [
    'the others’ cosignatures of the true ledger on its fork',
    'checkpoints',
    () => sign({ material: { ...materialOf(fork), checkpoint: transplanted() } }),
  ],
  [
    'the true checkpoint over its fork',
    'seals',
    () => sign({ material: { ...materialOf(fork), checkpoint: honest.checkpoint } }),
  ],
  [
    'its fork’s readings beside the true histories',
    'histories',
    () => sign({ material: { ...honest, streams: materialOf(fork).streams } }),
  ],
  [
    'its fork’s state under the true seal',
    'state-proofs',
    () => sign({ material: { ...honest, newer: { ...honest.newer, state: materialOf(fork).newer.state } } }),
  ],
  [
    'its own genesis, in which it is everybody',
    'seals',
    () => sign({ material: { ...honest, genesis: { ...materialOf(stranger).genesis, path: honest.genesis.path } } }),
  ],
])

test('there are forty and more', () => {
  expect(forgeries).toBeGreaterThanOrEqual(40)
})
