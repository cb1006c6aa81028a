/**
 * From the source: each disclosed reading stands in a batch that its gateway signed, under a key that was that gateway's
 * then. Each batch is checked once, however many readings it carries.
 */
import { coreKey, coreKeyOf } from '../record/core-state.ts'
import type { KeyState, MemberState, StreamState } from '../record/core-state.ts'
import { bodyToJson, decodeBody, isCoreEvent } from '../record/events.ts'
import { readsEvent } from '../packs/manifest.ts'
import { statementHash } from '../wire/entry.ts'
import type { ActorId } from '../wire/ids.ts'
import { toHex } from '../wire/bytes.ts'
import { jsonOfCbor } from '../wire/json-cbor.ts'
import { leafHash } from '../wire/reading.ts'
import { messageOf } from '../wire/plumbline-error.ts'
import type { BatchHeader } from '../record/statements.ts'
import { verifyInclusion } from '../proof/merkle.ts'
import type { EventFacts } from './check-events.ts'
import type { PlacedReading, StreamFacts } from './check-histories.ts'
import type { LedgerFacts, PlacedEntry } from './check-seals.ts'
import type { StateFacts } from './check-states.ts'
import type { JsonObject } from './credential.ts'
import type { CertificateMaterial, LoggedEntry } from './material.ts'
import { hold } from './step.ts'

/** The rule of which signatures count; hosts with a faster implementation of the same rule may bring theirs. */
export type SignatureCheck = (alg: number, publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean

export interface SourceFacts {
  /** Readings shown to come from signed batches; 0 in a compact certificate. */
  readings: number
  batches: number
  /** False: "attested by the quorum only". */
  fromSources: boolean
  /** Who signed: gateways, and people as their member names them. */
  signers: Map<ActorId, Pick<MemberState, 'name' | 'legalName'>>
  /** The first entry whose key may have been in other hands by then; null where there is none. */
  suspect: Suspect | null
  /** Signed events about the asset, as packs see them, in ledger order. */
  events: JsonObject[]
}

export interface Suspect {
  entry: number
  signer: string
  /** From here on its owner says that it may be somebody else's word. */
  from: number
}

/** Throws StepStop, WireError or ProofError. */
export function checkSources(
  material: CertificateMaterial,
  facts: { ledger: LedgerFacts; states: StateFacts; events: EventFacts; streams: StreamFacts[] },
  verify: SignatureCheck,
): SourceFacts {
  const check = new SourceCheck(material, facts.ledger, facts.states, verify)
  const events = check.events(facts.events)
  const { signers } = check
  if (material.batches === null)
    return { readings: 0, batches: 0, fromSources: false, signers, suspect: check.suspect, events }
  const headers = check.batches(material.batches)
  let readings = 0
  for (const { state, readings: shown } of facts.streams) {
    for (const reading of shown) {
      check.reading(reading, state, headers)
      readings++
    }
  }
  check.allUsed()
  return { readings, batches: headers.size, fromSources: true, signers, suspect: check.suspect, events }
}

class SourceCheck {
  readonly signers: SourceFacts['signers'] = new Map()
  suspect: Suspect | null = null
  /** Batches that no reading was found in yet. */
  readonly #unused = new Set<number>()
  readonly #material: CertificateMaterial
  readonly #ledger: LedgerFacts
  readonly #states: StateFacts
  readonly #verify: SignatureCheck

  constructor(material: CertificateMaterial, ledger: LedgerFacts, states: StateFacts, verify: SignatureCheck) {
    this.#material = material
    this.#ledger = ledger
    this.#states = states
    this.#verify = verify
  }

  batches(batches: readonly LoggedEntry[]): Map<number, BatchHeader> {
    const headers = new Map<number, BatchHeader>()
    for (const { index } of batches) {
      const placed = this.#ledger.placed(index)
      hold(placed.statement.kind === 'batch', `entry ${index} is no batch`)
      hold(!headers.has(index), `batch ${index} is listed twice`)
      this.#signed(placed)
      headers.set(index, placed.statement)
      this.#unused.add(index)
    }
    return headers
  }

  /** A batch without a reading of this asset would only add its signer's name to those who are said to vouch. */
  allUsed(): void {
    for (const index of this.#unused)
      hold(false, `batch ${index} is enclosed, but no reading of this certificate is in it`)
  }

  reading({ leaf, from }: PlacedReading, state: StreamState, headers: ReadonlyMap<number, BatchHeader>): void {
    const where = `${state.label}, sequence ${leaf.sequence}`
    const header = headers.get(from.batch)
    const since = this.#ledger.older?.seal.size ?? 0
    hold(header !== undefined, `${where}: its batch, entry ${from.batch}, is not enclosed`)
    const { actor } = state
    hold(header.actor === actor, `${where}: signed by another gateway than the stream's`, actor, header.actor)
    hold(from.batch >= since, `${where}: its batch lies before the older seal's state`)
    const place = { index: from.position, size: header.count, path: from.path, root: header.root }
    try {
      verifyInclusion({ ...place, leafHash: leafHash(from.cbor) })
    } catch (error) {
      const why = messageOf(error)
      hold(false, `${where} is not in the batch that was signed: ${why}`)
    }
    this.#unused.delete(from.batch)
  }

  /** Of the signed events about the asset, those that the pack reads. */
  events({ shown }: EventFacts): JsonObject[] {
    for (const placed of shown) this.#signed(placed)
    const { pack } = this.#material
    return shown
      .filter(({ statement }) => readsEvent(pack.manifest, statement.type))
      .map((placed) => this.#event(placed))
  }

  #event({ index, entry, statement }: EventFacts['shown'][number]): JsonObject {
    return {
      index,
      type: statement.type,
      actor: statement.actor,
      legalName: this.signers.get(entry.actor)!.legalName,
      role: statement.role,
      hash: toHex(statementHash(entry)),
      atUs: statement.occurredAtUs,
      body: isCoreEvent(statement.type)
        ? bodyToJson(statement.type, decodeBody(statement.type, statement.body))
        : jsonOfCbor(statement.body, `event ${index}`),
    }
  }

  #signed({ index, entry }: PlacedEntry): void {
    const state = this.#states.newer
    hold(index < this.#ledger.newer.seal.size, `entry ${index} lies beyond the state that the newer seal proves`)
    const key = state.get('key', coreKey.key(entry.keyId))
    checkKey(key, index, entry.actor)
    hold(
      key.alg === entry.alg && this.#verify(key.alg, key.public, entry.sigStructure, entry.signature),
      `the signature of entry ${index} is not by key ${entry.keyId}`,
    )
    const signer = this.signers.get(entry.actor) ?? this.#signer(entry.actor)
    this.signers.set(entry.actor, signer)
    const { suspectFrom } = key
    const isSuspect = suspectFrom !== undefined && index >= suspectFrom
    if (isSuspect && (this.suspect === null || index < this.suspect.entry))
      this.suspect = { entry: index, signer: signer.name, from: suspectFrom }
  }

  /** A person speaks for the member that keeps its chain. */
  #signer(actor: ActorId): Pick<MemberState, 'name' | 'legalName'> {
    const state = this.#states.newer
    const key = coreKeyOf('person', actor)
    // Who leaves the person out has to show a member that there is not.
    if (!state.holds(key)) return state.get('member', coreKey.member(actor))
    const person = state.get('person', key)
    const { name, legalName } = state.get('member', coreKey.member(person.keeper))
    return { name: `${person.name} (${name})`, legalName }
  }
}

function checkKey(key: KeyState, index: number, actor: ActorId): void {
  hold(key.use === 'entry', `entry ${index} is signed with a key for another use`, 'entry', key.use)
  hold(key.actor === actor, `entry ${index} is signed with another gateway's key`, actor, key.actor)
  const valid = key.from <= index && (key.to === null || index < key.to)
  hold(valid, `the key of entry ${index} was not valid there`, `from ${key.from} to ${key.to ?? 'now'}`, String(index))
}
