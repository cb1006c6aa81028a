/**
 * What a ledger hands over so that a certificate can be made of it.
 *
 * Everything is raw: entries as the bytes that were signed, leaf indices, paths, state proofs, reading leaves as their
 * canonical CBOR. Nothing here is believed by a verifier because it stands here; `certificate.ts` turns it into the
 * file and runs the same examination over it that a stranger will run (docs/FORMATS.md, section 8).
 *
 * The picture: one **checkpoint** carries everything. All log paths lead to its root. Two **seals** bracket the period:
 * `newer` closes it, `older` opens it, and each commits to the state that the seal before it closed. The histories of
 * the asset's streams in those two states say which readings belong to the period, and its own history which events: those between
 * the two sizes. What stood when the period began is shown at the older seal, what stands now at the newer one.
 */
import type { EventOutcome } from '../record/asset-history.ts'
import type { ChannelId, StreamId } from '../wire/ids.ts'
import type { JsonValue } from '../wire/json.ts'
import type { Pack } from '../packs/pack.ts'
import type { StateProof } from '../proof/state-proof.ts'

/** An entry of the ledger with its way to the certificate's checkpoint. */
export interface LoggedEntry {
  /** Leaf index in the ledger tree. */
  index: number
  /** The COSE_Sign1 bytes as they stand in the ledger. */
  entry: Uint8Array
  /** RFC 6962 inclusion path (32-byte hashes, leaf upwards) in the tree of the checkpoint's size. */
  path: Uint8Array[]
}

/** One state value, or its absence, with the proof against a seal's state root. */
export interface StateItem {
  /** CBOR of [owner, kind, id]. */
  stateKey: Uint8Array
  /** CBOR of [nonce, value]; null says that the key is absent, which `proof` then proves. */
  treeValue: Uint8Array | null
  proof: StateProof
}

/** A seal that brackets the period, and the state that it speaks of. */
export interface BracketingSeal {
  seal: LoggedEntry
  /**
   * The entry at index T - 1, which is the seal before this one (or genesis). Its ledger time is the "as of" of the state that
   * `seal` commits to.
   */
  closed: LoggedEntry
  state: StateItem[]
}

/** A reading of the period that may be shown. */
export interface DisclosedLeaf {
  kind: 'disclosed'
  /** Canonical leaf CBOR (docs/FORMATS.md, section 3). */
  cbor: Uint8Array
  /** Ledger index of the batch entry that carries it. */
  batch: number
  /** Position in that batch's tree. */
  position: number
  /** RFC 6962 inclusion path in that batch's tree. */
  path: Uint8Array[]
}

/** A reading that is kept back, or whose payload is gone: its leaf hash is all that is shown. */
export interface WithheldLeaf {
  kind: 'withheld'
  leafHash: Uint8Array
}

export type PeriodLeaf = DisclosedLeaf | WithheldLeaf

/** One stream that was bound to the asset during the period. */
export interface StreamHistory {
  stream: StreamId
  /** Compact range of the history's first `older size` leaves, largest subtree first; empty when the period starts at 0. */
  before: Uint8Array[]
  /** The leaves from the older size up to the newer size, in order. */
  leaves: PeriodLeaf[]
  /** CBOR of each signed gap between the two states, in order: the chain in the newer state shows that none is missing. */
  gaps: Uint8Array[]
  /** CBOR of the body of each `stream.changed` between the two states, likewise. */
  changes: Uint8Array[]
}

/**
 * An event about the asset. Those that bind streams to it, and those of the pack that judges, are shown; of any other its leaf is enough:
 * it says what was said, by whom and where, and that nothing is missing.
 */
export type PeriodEvent =
  | { kind: 'shown'; index: number; outcome: EventOutcome; entry: Uint8Array }
  /** Canonical leaf (`encodeAssetEvent`). */
  | { kind: 'closed'; leaf: Uint8Array }

export interface EventHistory {
  /** Compact range of the events in the older state, largest subtree first; empty where the period starts at 0. */
  before: Uint8Array[]
  /** All events from the older state up to the newer one, in order. */
  leaves: PeriodEvent[]
}

/**
 * State keys that must be among the items:
 *
 * | in `newer.state` | why |
 * |---|---|
 * | `["core","channel",""]` | name, site, simulated mark |
 * | `["core","rules",""]` | the rules by which all this was decided |
 * | `["core","asset",asset]` | what it is |
 * | `["core","asset-streams",asset]`, `["core","asset-events",asset]` | which streams are bound to it; that no event is left out |
 * | `["core","pack",pack]` | the rule in force: hash, parameters, engine |
 * | `["core","key",credentialKeyId]`, `["core","member",itsActor]` | who issues, and may |
 * | `["core","stream",s]`, `["core","stream-changes",s]`, `["core","history",[asset,s]]` and `["core","gaps",[asset,s]]` for every stream that was bound to the asset in the older state, or came to it up to the newer one | unit, trust; what is complete |
 * | `["core","key",k]`, `["core","member",itsActor]` for every key that signed an enclosed batch or event | source signatures |
 *
 * In `older.state`: `["core","asset-streams",asset]`, `["core","asset-events",asset]`, and `["core","stream-changes",s]`,
 * `["core","history",[asset,s]]` and `["core","gaps",[asset,s]]` for each of those streams (absent where there was none yet).
 */
export interface CertificateMaterial {
  channel: ChannelId
  asset: string
  /** The pack that judges; its hashes are in the state. */
  pack: Pack
  /**
   * Source times, microseconds, both inclusive. Only readings inside are judged. Every reading before `older` must be
   * older than `fromUs`; every stream's newest leaf, signed gap or close, and the time of the newer state, should reach `toUs`,
   * else the verifier cannot tell yet.
   */
  period: { fromUs: number; toUs: number }
  /** Signed note with its cosignatures; its size lies beyond every enclosed entry. */
  checkpoint: string
  /** tlog-policy text, for reading; a verifier relies on its own copy. */
  policy: string
  /** Leaf 0. */
  genesis: LoggedEntry
  newer: BracketingSeal
  /** null: the period starts before the first reading, so that nothing lies before it. */
  older: BracketingSeal | null
  /** Batch entries that the disclosed leaves stand in; null makes a compact certificate. */
  batches: LoggedEntry[] | null
  events: EventHistory
  streams: StreamHistory[]
  /** What nobody proves: register number, language, reasons for acknowledged gaps. Printed under "stated by the issuer". */
  stated: { [name: string]: JsonValue }
}
