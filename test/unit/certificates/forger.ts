/** Whoever makes a false certificate out of true material, and what each has at hand. */
import { writeCredential } from '../../../src-main/certificates/credential.ts'
import type { CredentialSigner, JsonObject } from '../../../src-main/certificates/credential.ts'
import { didOfKey, verificationMethodOf } from '../../../src-main/certificates/did-key.ts'
import { writeEvidence } from '../../../src-main/certificates/evidence.ts'
import type {
  CertificateMaterial,
  LoggedEntry,
  PeriodEvent,
  PeriodLeaf,
  StreamHistory,
} from '../../../src-main/certificates/material.ts'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { coreKey } from '../../../src-main/record/core-state.ts'
import { decodeGap, encodeGap } from '../../../src-main/record/gap-chain.ts'
import { statementOf } from '../../../src-main/record/statements.ts'
import type { Gap } from '../../../src-main/record/statements.ts'
import { fromUtf8, toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import { parseEntry } from '../../../src-main/wire/entry.ts'
import { canonicalJson } from '../../../src-main/wire/json.ts'
import { decodeLeaf, encodeLeaf } from '../../../src-main/wire/reading.ts'
import type { TestMember } from '../../support/channel.ts'
import { cosignedNote } from '../../support/cosigned-checkpoint.ts'
import { withholding } from './told-less.ts'
import {
  closeState,
  dayUs,
  drive,
  issue,
  makeVehicle,
  materialOf,
  named,
  odometer,
  SIGNED_AT,
  silence,
} from './vehicle.ts'
import type { Vehicle } from './vehicle.ts'

interface Forged {
  material?: CertificateMaterial
  says?: JsonObject
  signer?: CredentialSigner
  signedAt?: string
}

/** Another gateway signed a batch of nothing at the end. */
interface Ridden {
  vehicle: Vehicle
  foreign: number
  newer: number
}

interface AtHand {
  vehicle: Vehicle
  /** A year in which readings were lost and the cable was cut for days. */
  leaky: Vehicle
  /** Somebody else's channel that calls itself the same. */
  stranger: Vehicle
  /** The same gateways on a fork of their ledger, in which the vehicle drove less. */
  fork: Vehicle
  simulated: Vehicle
  ridden: Ridden
}

export class Forger {
  readonly vehicle: Vehicle
  readonly leaky: Vehicle
  readonly stranger: Vehicle
  readonly fork: Vehicle
  readonly simulated: Vehicle
  readonly ridden: Ridden
  readonly honest: CertificateMaterial
  readonly leakyMaterial: CertificateMaterial
  /** What the honest file says. */
  readonly subject: JsonObject

  static async ready(): Promise<Forger> {
    const ridden = await makeVehicle()
    const foreign = ridden.channel.batch(ridden.channel.members[1] as TestMember, [])
    return new Forger({
      vehicle: await makeVehicle(),
      leaky: await makeLeaky(),
      stranger: await makeVehicle({ seed: 'copy' }),
      fork: await makeVehicle({ km: (day) => 8_000 + day * 41.5 }),
      simulated: await makeVehicle({ simulated: true }),
      ridden: { vehicle: ridden, foreign, newer: closeState(ridden) },
    })
  }

  private constructor({ vehicle, leaky, stranger, fork, simulated, ridden }: AtHand) {
    this.vehicle = vehicle
    this.leaky = leaky
    this.stranger = stranger
    this.fork = fork
    this.simulated = simulated
    this.ridden = ridden
    this.honest = materialOf(vehicle)
    this.leakyMaterial = materialOf(leaky)
    this.subject = this.saidOf(vehicle)
  }

  /** What an honest file says. */
  saidOf(of: Vehicle): JsonObject {
    return (JSON.parse(fromUtf8(issue(of))) as { credentialSubject: JsonObject }).credentialSubject
  }

  /** Signed by the issuer unless said otherwise; what it says is what the honest file says but for `says`. */
  sign({ material = this.honest, says = {}, signer = this.vehicle.signer, signedAt = SIGNED_AT }: Forged): Uint8Array {
    const content = { validFrom: signedAt, subject: { ...this.subject, ...says }, evidence: writeEvidence(material) }
    return writeCredential(content, signer)
  }

  check(file: Uint8Array, of: Vehicle = this.vehicle): Promise<Verification> {
    return verifyCertificate(file, { policy: of.channel.policy(), engine: of.host })
  }

  /** The stranger's material as if it was of this channel. */
  ownUnder(more: Partial<CertificateMaterial>): CertificateMaterial {
    return { ...materialOf(this.stranger), channel: this.honest.channel, ...more }
  }

  /** A checkpoint over the entries of `of`, by the log key of one gateway and the cosignatures of some, under a name or their own. */
  cosigned(of: Vehicle, keys: Vehicle, signers: number[], name?: string): string {
    const { members } = keys.channel
    const as = members.find((one) => one.name === name)
    return cosignedNote(of.channel.signing, of.channel.tree(), {
      timeSeconds: 1_780_000_000,
      members,
      cosigners: signers.map((at) => members[at] as TestMember),
      ...(as && { as }),
    })
  }

  /** The fork's checkpoint by its own log key, with the cosignatures that the others gave to the true one. */
  transplanted(): string {
    const [text, lines] = this.cosigned(this.fork, this.fork, []).split('\n\n') as [string, string]
    const others = this.honest.checkpoint.split('\n\n')[1]!.split('\n').slice(1).join('\n')
    return `${text}\n\n${lines}${others}`
  }

  /** The issuer's name in a file that somebody else signed. */
  renamed(signer: CredentialSigner): Uint8Array {
    const forged = JSON.parse(fromUtf8(this.sign({ signer }))) as JsonObject
    const issuer = didOfKey(this.vehicle.signer.publicKey)
    const proof = { ...(forged['proof'] as JsonObject), verificationMethod: verificationMethodOf(issuer) }
    return utf8(canonicalJson({ ...forged, issuer, proof }))
  }

  /** The honest file with another text in the place of one. */
  edited(from: string, to: string): Uint8Array {
    const text = fromUtf8(issue(this.vehicle, this.honest))
    if (!text.includes(from)) throw new Error(`the file does not hold ${from}`)
    return utf8(text.replace(from, to))
  }

  leavesWith(bend: (leaf: PeriodLeaf, at: number) => PeriodLeaf): CertificateMaterial {
    return streamsWith(this.honest, (stream, s) => (s > 0 ? {} : { leaves: stream.leaves.map(bend) }))
  }

  withheld(): CertificateMaterial {
    return withholding(this.honest, ({ stream, sequence }) => stream === this.vehicle.cluster && sequence === 5)
  }

  withEvents(bend: (leaves: PeriodEvent[]) => PeriodEvent[]): CertificateMaterial {
    return { ...this.honest, events: { ...this.honest.events, leaves: bend(this.honest.events.leaves) } }
  }

  covered(): JsonObject[] {
    return (this.subject['streams'] as JsonObject[]).map((stream) => ({ ...stream, coverage: 99_999 }))
  }

  /** The period begins within an outage, and the older seal has its gap already, alone: as if nothing was missing. */
  swallowedGap(): CertificateMaterial {
    const { channel, cluster, vin } = this.leaky
    channel.nowUs = dayUs(30)
    drive(this.leaky, [], [silence(cluster, 10, 20, 30), silence(vin, 5, 20, 30)])
    const older = closeState(this.leaky)
    drive(this.leaky, [[30, 48_950]])
    return materialOf(this.leaky, { older, newer: closeState(this.leaky), fromUs: dayUs(25), toUs: dayUs(30) })
  }

  withForeignBatch(): CertificateMaterial {
    const { vehicle, foreign, newer } = this.ridden
    const material = alsoProven(vehicle, materialOf(vehicle, { newer }), foreign)
    return { ...material, batches: [...(material.batches ?? []), vehicle.channel.logged(foreign)] }
  }
}

async function makeLeaky(): Promise<Vehicle> {
  const made = await makeVehicle({ days: 4 })
  const { channel, gateway, cluster, vin } = made
  channel.nowUs = dayUs(20)
  channel.batch(
    gateway,
    [
      { stream: cluster, readings: [{ ...odometer(20, 48_900), sequence: 9 }] },
      { stream: vin, readings: [named(20)] },
    ],
    [{ ...silence(cluster, 4, 3, 20), toSequence: 8 }, silence(vin, 4, 3, 20)],
  )
  closeState(made)
  return made
}

/** With key and member of whoever signed an entry, though nothing that is shown is signed with it. */
export function alsoProven({ channel }: Vehicle, material: CertificateMaterial, index: number): CertificateMaterial {
  const { keyId, actor } = parseEntry(channel.reader.entries.require(index).bytes)
  const seal = statementOf(parseEntry(material.newer.seal.entry))
  if (seal.kind !== 'seal') throw new Error(`entry ${material.newer.seal.index} is no seal`)
  const { items } = channel.reader.state.prove(seal.height - 1, [coreKey.key(keyId), coreKey.member(actor)])
  const known = new Set(material.newer.state.map(({ stateKey }) => toHex(stateKey)))
  const more = items.filter(({ stateKey }) => !known.has(toHex(stateKey)))
  return { ...material, newer: { ...material.newer, state: [...material.newer.state, ...more] } }
}

export function streamsWith(
  material: CertificateMaterial,
  bend: (stream: StreamHistory, at: number) => object,
): CertificateMaterial {
  return { ...material, streams: material.streams.map((stream, at) => ({ ...stream, ...bend(stream, at) })) }
}

export function invented(leaf: PeriodLeaf): PeriodLeaf {
  if (leaf.kind === 'withheld') return leaf
  return { ...leaf, cbor: encodeLeaf({ ...decodeLeaf(leaf.cbor), value: { kind: 'float', value: 12 } }) }
}

export const bendGap =
  (bend: (gap: Gap) => Gap) =>
  ({ gaps }: StreamHistory): object => ({ gaps: gaps.map((gap) => encodeGap(bend(decodeGap(gap)))) })

export function shownAs({ index, entry }: LoggedEntry): PeriodEvent {
  return { kind: 'shown', index, outcome: 'done', entry }
}
