/**
 * What was said of an asset, as a tree: one RFC 6962 leaf for each event that names it, in ledger order, so that none can be left out,
 * put in, or told with another outcome.
 *   leaf = SHA-256(0x00 ‖ CBOR [index, type, actor, outcome, log leaf hash])
 * docs/FORMATS.md, "State".
 */
import { decodeCbor, encodeCbor } from '../wire/cbor.ts'
import type { CborValue } from '../wire/cbor.ts'
import { WireError } from '../wire/errors.ts'
import { itemBytes, itemCount, itemText, tuple } from '../wire/fields.ts'
import { actorIdOf, idBytes } from '../wire/ids.ts'
import type { ActorId, LeafIndex } from '../wire/ids.ts'
import { HASH_BYTES, ID_BYTES, MAX_TEXT_BYTES } from '../wire/limits.ts'

const CODE = 'malformed_event'
const LEAF_BYTES_MAX = 128 * 1_024

/**
 * What became of an event: `done` at once; `pending` as an act that others have to approve; or, of what others say of one, `done:` and the
 * index of the act that it brought about, or `ended:` and the code for which the act came to nothing.
 */
export type CameTo = 'done' | 'pending' | `done:${number}` | `ended:${string}`

/** The same, and behind it what contracts found about the event, as `pack/code`, where they found something. */
export type EventOutcome = CameTo | readonly [CameTo, ...string[]]

const CAME_TO = /^(?:done|pending|done:(?:0|[1-9]\d{0,15})|ended:[a-z0-9-]{1,64}(?:\/[a-z0-9-]{1,64})?)$/
export const FINDINGS_MAX = 1_024
const FINDING_BYTES_MAX = 128

export function isCameTo(text: string): text is CameTo {
  return CAME_TO.test(text)
}

export interface AssetEvent {
  readonly index: LeafIndex
  readonly type: string
  readonly actor: ActorId
  readonly outcome: EventOutcome
  /** RFC 6962 leaf hash of the entry in the ledger tree. */
  readonly logLeaf: Uint8Array
}

/** What the leaf hash is taken of, behind its 0x00. */
export function encodeAssetEvent({ index, type, actor, outcome, logLeaf }: AssetEvent): Uint8Array<ArrayBuffer> {
  return encodeCbor([index, type, idBytes(actor), typeof outcome === 'string' ? outcome : [...outcome], logLeaf])
}

/** Throws WireError `malformed_event`. */
export function decodeAssetEvent(bytes: Uint8Array): AssetEvent {
  const where = 'event of an asset'
  const [index, type, actor, outcome, logLeaf] = tuple(
    decodeCbor(bytes, { maxBytes: LEAF_BYTES_MAX, maxDepth: 3 }),
    5,
    where,
    CODE,
  )
  return {
    index: itemCount(index, where, CODE),
    type: itemText(type, where, CODE, MAX_TEXT_BYTES),
    actor: actorIdOf(itemBytes(actor, ID_BYTES, where, CODE)),
    outcome: outcomeOf(outcome, where),
    logLeaf: itemBytes(logLeaf, HASH_BYTES, where, CODE),
  }
}

export function outcomeWith(cameTo: CameTo, findings: readonly string[]): EventOutcome {
  return findings.length === 0 ? cameTo : [cameTo, ...findings]
}

function outcomeOf(item: CborValue | undefined, where: string): EventOutcome {
  const items = Array.isArray(item) ? item : [item]
  if (items.length > FINDINGS_MAX + 1 || (Array.isArray(item) && items.length < 2))
    throw new WireError(CODE, `${where} has an outcome that is none`)
  const [cameTo, ...findings] = items.map((code) => itemText(code, where, CODE, FINDING_BYTES_MAX))
  if (cameTo === undefined || !isCameTo(cameTo)) throw new WireError(CODE, `${where} has an outcome that is none`)
  return outcomeWith(cameTo, findings)
}
