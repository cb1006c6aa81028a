/**
 * From the source: each disclosed reading stands in a batch that its gateway signed, under a key that was that gateway's
 * then. Each batch is checked once, however many readings it carries.
 */
import { coreKey } from '../wire/core-state.ts'
import type { KeyState, MemberState } from '../wire/core-state.ts'
import { statementHash } from '../wire/entry.ts'
import type { ActorId } from '../wire/ids.ts'
import { toHex } from '../wire/bytes.ts'
import { jsonOfCbor } from '../wire/json-cbor.ts'
import { leafHash } from '../wire/reading.ts'
import type { BatchHeader } from '../wire/statements.ts'
import { verifyInclusion } from '../proof/merkle.ts'
import { verifySignature } from '../proof/signature.ts'
import type { StreamFacts } from './check-histories.ts'
import type { LedgerFacts, PlacedEntry } from './check-seals.ts'
import type { StateFacts } from './check-states.ts'
import type { JsonObject } from './credential.ts'
import type { CertificateMaterial } from './material.ts'
import { hold } from './step.ts'

export interface SourceFacts {
  /** Readings shown to come from signed batches; 0 in a compact certificate. */
  readings: number
  batches: number
  /** False: "attested by the quorum only". */
  fromSources: boolean
  /** Gateways that signed, by name. */
  signers: Map<ActorId, MemberState>
  /** Signed events about the asset, as packs see them, in ledger order. */
  events: JsonObject[]
}

/** Throws StepStop, WireError or ProofError. */
export function checkSources(
  material: CertificateMaterial,
  ledger: LedgerFacts,
  states: StateFacts,
  streams: StreamFacts[],
): SourceFacts {
  const signers = new Map<ActorId, MemberState>()
  const indices = [...new Set(material.events.map((event) => event.index))].sort((a, b) => a - b)
  const events = indices.map((index) => checkEvent(ledger.placed(index), material, ledger, states, signers))
  const facts = { readings: 0, batches: 0, fromSources: material.batches !== null, signers, events }
  if (material.batches === null) return facts
  const headers = new Map<number, BatchHeader>()
  for (const { index } of material.batches) {
    const placed = ledger.placed(index)
    hold(placed.statement.kind === 'batch', `entry ${index} is no batch`)
    hold(!headers.has(index), `batch ${index} is listed twice`)
    checkSigned(placed, ledger, states, signers)
    headers.set(index, placed.statement)
  }
  const sinceIndex = ledger.older?.seal.size ?? 0
  for (const { state, readings } of streams) {
    for (const { leaf, from } of readings) {
      const where = `${state.label}, sequence ${leaf.sequence}`
      const header = headers.get(from.batch)
      hold(header !== undefined, `${where}: its batch, entry ${from.batch}, is not enclosed`)
      hold(
        header.actor === state.actor,
        `${where}: signed by another gateway than the stream's`,
        state.actor,
        header.actor,
      )
      hold(from.batch >= sinceIndex, `${where}: its batch lies before the older seal's state`)
      const place = { index: from.position, size: header.count, path: from.path, root: header.root }
      try {
        verifyInclusion({ ...place, leafHash: leafHash(from.cbor) })
      } catch (error) {
        hold(
          false,
          `${where} is not in the batch that was signed: ${error instanceof Error ? error.message : String(error)}`,
        )
      }
      facts.readings++
    }
  }
  return { ...facts, batches: headers.size }
}

function checkSigned(
  { index, entry }: PlacedEntry,
  ledger: LedgerFacts,
  states: StateFacts,
  signers: Map<ActorId, MemberState>,
): void {
  hold(index < ledger.newer.seal.size, `entry ${index} lies beyond the state that the newer seal proves`)
  const key = states.newer.get('key', coreKey.key(entry.keyId))
  checkKey(key, index, entry.actor)
  hold(
    key.alg === entry.alg && verifySignature(key.alg, key.public, entry.sigStructure, entry.signature),
    `the signature of entry ${index} is not by key ${entry.keyId}`,
  )
  if (!signers.has(entry.actor)) signers.set(entry.actor, states.newer.get('member', coreKey.member(entry.actor)))
}

function checkKey(key: KeyState, index: number, actor: ActorId): void {
  hold(key.use === 'entry', `entry ${index} is signed with a key for another use`, 'entry', key.use)
  hold(key.actor === actor, `entry ${index} is signed with another gateway's key`, actor, key.actor)
  const valid = key.from <= index && (key.to === null || index < key.to)
  hold(valid, `the key of entry ${index} was not valid there`, `from ${key.from} to ${key.to ?? 'now'}`, String(index))
}

function checkEvent(
  placed: PlacedEntry,
  material: CertificateMaterial,
  ledger: LedgerFacts,
  states: StateFacts,
  signers: Map<ActorId, MemberState>,
): JsonObject {
  const { index, entry, statement } = placed
  hold(statement.kind === 'event', `entry ${index} is no event`)
  hold(statement.type.startsWith(`${material.pack.id}.`), `event ${index} (${statement.type}) is not one of the pack's`)
  hold(statement.assets.includes(material.asset), `event ${index} is not about this asset`)
  checkSigned(placed, ledger, states, signers)
  return {
    index,
    type: statement.type,
    actor: statement.actor,
    hash: toHex(statementHash(entry)),
    atUs: statement.occurredAtUs,
    body: jsonOfCbor(statement.body, `event ${index}`),
  }
}
