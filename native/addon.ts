/**
 * The native addon, typed. It holds what JavaScript cannot do fast or strictly enough: digests of
 * whole batches, the tree of the state, the strict signature rule, and the Raft state machine (which does no I/O and keeps
 * no time). Every call is synchronous. The byte layouts are those of `docs/FORMATS.md`.
 *
 * Every error thrown carries a stable `.code` (see {@link AddonErrorCode}).
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PlumblineError } from '../src-main/wire/plumbline-error.ts'

export type AddonErrorCode =
  | 'addon_missing' // not built, or built for another platform
  | 'invalid_argument'
  | 'InvalidArg' // an argument of another JavaScript type
  | 'invalid_rows'
  | 'duplicate_sequence'
  | 'malformed_payload'
  | 'invalid_config'
  | 'invalid_log'
  | 'rejected_message'
  | 'not_leader'
  | 'dropped'
  | 'refused_change' // a change of members that the present ones do not admit
  | 'out_of_order' // persisted, applied or supply called with something the node did not ask for
  | 'raft_poisoned'
  | 'engine_failed'

/** An error of the addon or of its loading. */
export class AddonError extends PlumblineError<'addon_missing'> {
  override readonly name = 'AddonError'

  constructor(message: string, cause?: unknown) {
    super('addon_missing', message, 'Run "npm run build:native", then start again.', cause)
  }
}

/** What a batch header says about its readings. */
export interface BatchDigest {
  /** 32 bytes a reading, in payload order. */
  leafHashes: Buffer
  root: Buffer
  /** 28 bytes a stream: id (16), u64le first sequence, u32le count. */
  runs: Buffer
  /** Microseconds since the epoch; 0 where there is no reading. */
  firstTimeUs: number
  lastTimeUs: number
  /** 8 bytes a code, ascending: u32le code, u32le count. */
  qualities: Buffer
}

export interface ClosedBatch extends BatchDigest {
  /** Columnar, not compressed. */
  payload: Buffer
}

export interface OpenedBatch extends BatchDigest {
  streams: Buffer
  /** Packed rows in payload order. */
  rows: Buffer
  heap: Buffer
  secret: Buffer
}

export interface LogEntry {
  index: number
  term: number
  /** 0 a proposal (empty data: the leader's own no-op), 1 a change of configuration. */
  kind: 0 | 1
  data: Buffer
}

export interface RaftConfig {
  /** Positive; the id of this node among voters and learners. */
  id: number
  voters: number[]
  learners: number[]
  votersOutgoing?: number[]
  learnersNext?: number[]
  term: number
  /** Node voted for in `term`; 0 for none. */
  vote: number
  commit: number
  /** The stored applied index. */
  applied: number
  /** The log starts right after this index. */
  snapshotIndex: number
  snapshotTerm: number
  /** In ticks. */
  electionTick: number
  heartbeatTick: number
  /** Bounds of the random election timeout, in ticks; equal but for one, they fix it. */
  minElectionTick?: number
  maxElectionTick?: number
  /** How much of the log stays in memory; 64 MiB unless said. */
  tailBytesMax?: number
  /** False for a node that may have forgotten what it promised; see `setVoting`. */
  voting?: boolean
}

export interface HardState {
  term: number
  vote: number
  commit: number
}

export interface RaftMessage {
  to: number
  data: Buffer
}

/** Entries of the stored log that a follower needs and that are no longer in memory: low to high - 1. */
export interface Wanted {
  to: number
  low: number
  high: number
}

/** One pass: everything to be made durable in one transaction, and what may happen around it. */
export interface Collected {
  /** To be given back to `persisted`; 0 for a pass that only asks for entries. */
  number: number
  /** May be sent at once, in parallel with the disk. */
  messages: RaftMessage[]
  /** To append, after deleting the log from `truncateFrom` on. */
  entries: LogEntry[]
  truncateFrom: number | null
  hardState: HardState | null
  /** Whether the transaction must reach the disk before `persisted`. */
  mustSync: boolean
  /** Known to be committed and durable here; to be applied in order. Each is handed out once, here or by `persisted`. */
  committed: LogEntry[]
  /** Replaces the log up to its index, in the same transaction. */
  snapshot: SnapshotImage | null
  wanted: Wanted[]
}

/** The last two are empty except in the middle of a joint change. */
export interface Membership {
  voters: number[]
  learners: number[]
  votersOutgoing: number[]
  learnersNext: number[]
}

/** A snapshot's place in the log and its data, which is the caller's own. */
export interface SnapshotImage {
  index: number
  term: number
  membership: Membership
  data: Uint8Array
}

export interface RaftStatus {
  id: number
  term: number
  /** 0 where none is known. */
  leader: number
  role: 'leader' | 'follower' | 'candidate' | 'precandidate' | 'learner'
  commit: number
  applied: number
  lastIndex: number
  /** The newest commit index that a leader named in an append, and the term in which it did; 0 before the first. */
  namedTerm: number
  namedCommit: number
  /** On the leader, one for each member, itself included. */
  progress: { id: number; match: number; next: number; active: boolean }[]
}

/** One change takes effect by itself. Several enter a joint configuration, which a later one without changes leaves. */
export interface ConfChange {
  changes: { type: 'voter' | 'learner' | 'remove'; id: number }[]
  /** Names the approved ledger event. */
  context: Uint8Array
}

/**
 * One Raft group on one gateway, without disk, network or clock. The caller ticks it, hands it
 * messages, and repeats: `collect`, send `messages`, make durable, `persisted`, `applied`.
 * After 'raft_poisoned' build a new one from the store.
 */
export interface RaftNode {
  /** The stored log after `snapshotIndex`, or a tail of it, in order; before anything else. */
  restore(entries: LogEntry[]): void
  tick(): void
  /** @throws 'dropped' while it takes no part in elections */
  campaign(): void
  /**
   * A node that does not vote takes appends and answers them, but neither gives nor asks for a vote: it may have forgotten one.
   * The caller lets it vote again once it has applied what a leader named as committed.
   */
  setVoting(voting: boolean): void
  /** Whether what `member` says counts here: its votes, what it acknowledges, and that it leads. */
  hear(member: number, heard: boolean): void
  /** On the leader: a member has started again with a log that ends at `lastIndex`; what it acknowledged before counts no more. */
  restarted(member: number, lastIndex: number): void
  transferLeader(to: number): void
  /** @throws 'not_leader' (`message` names the leader), 'dropped' (too much is uncommitted) */
  propose(data: Uint8Array): { term: number; index: number }
  proposeMany(data: Uint8Array[]): { term: number; firstIndex: number }
  proposeConfChange(change: ConfChange): { term: number; index: number }
  /** Applies a committed entry of kind 1; null where it names nothing approved. @throws 'refused_change' */
  applyConfChange(data: Uint8Array | null): Membership
  /** @throws 'rejected_message' for what the sender may not say, 'too_many_terms', 'log_too_short' where this node lacks what it had */
  step(from: number, message: Uint8Array): void
  collect(): Collected | null
  persisted(number: number): { messages: RaftMessage[]; committed: LogEntry[] }
  applied(index: number): void
  supply(low: number, entries: LogEntry[]): void
  /** For followers whose entries were compacted. */
  offerSnapshot(image: SnapshotImage): void
  /** What became of a snapshot that was sent. */
  reportSnapshot(to: number, received: boolean): void
  /** The store no longer has what lies before and at `index`. */
  compact(index: number): void
  status(): RaftStatus
}

/** Each is the key, SHA-256 of its value, and 33 bytes a level, leaf first: 0 (sibling on the left) or 1, then the sibling's hash. */
export interface PackedStateProof {
  /** Where the key has a value. */
  path?: Buffer
  /** Neighbours of an absent key; one is not there where it would be first or last. */
  left?: Buffer
  right?: Buffer
}

/** The state's compact sparse Merkle tree in memory: at most 110 bytes a key. Nodes are hashed when somebody asks, along what changed. */
/** Takes the values of a whole tree in pieces and builds it at once. `count`: how many are expected. */
export interface NativeStateTreeLoader {
  /**
   * Values as they are kept: u16le length and bytes of the state key, u32le length and bytes of the tree value.
   * @throws 'invalid_argument'
   */
  add(values: Uint8Array): void
  /** @throws 'invalid_argument' where a key stands there twice */
  tree(): NativeStateTree
}

export interface NativeStateTree {
  readonly count: number
  /** Bytes that its nodes take. */
  readonly bytes: number
  /** Packed pairs of 64 bytes: tree key, SHA-256 of its value. A later pair replaces an earlier one. */
  set(pairs: Uint8Array): void
  /**
   * Puts values at their names: u16le length and bytes of the state key, the nonce of the entry that set it (16), u32le length and bytes
   * of the value's CBOR. Gives 48 bytes for each: its tree key, and the nonce of its tree value. Of one that is cut off none is put.
   * @throws 'invalid_argument'
   */
  put(values: Uint8Array): Buffer
  /** False where the key has no value. */
  remove(key: Uint8Array): boolean
  root(): Buffer
  valueHash(key: Uint8Array): Buffer | null
  prove(key: Uint8Array): PackedStateProof
}

export interface Addon {
  /** Sorts packed rows by stream and sequence, hashes them, writes the payload. @throws 'invalid_rows', 'duplicate_sequence' */
  closeBatch(streams: Uint8Array, rows: Uint8Array, heap: Uint8Array, secret: Uint8Array): ClosedBatch
  /** @throws 'malformed_payload' */
  openBatch(payload: Uint8Array, maxReadings: number): OpenedBatch
  /** As openBatch without rows. @throws 'malformed_payload' */
  checkBatch(payload: Uint8Array, maxReadings: number): BatchDigest
  /** Rows and runs as openBatch gives them, without hashing anything. @throws 'malformed_payload' */
  rowsOfPayload(payload: Uint8Array, maxReadings: number): Pick<OpenedBatch, 'rows' | 'runs'>
  /** Canonical leaf bytes of one reading of a payload. */
  leafCbor(payload: Uint8Array, position: number): Buffer
  sha256(bytes: Uint8Array): Buffer
  /** RFC 6962 root over 32-byte leaf hashes. */
  merkleRoot(leafHashes: Uint8Array): Buffer
  /** RFC 6962 audit path, lowest sibling first. */
  merklePath(leafHashes: Uint8Array, index: number): Buffer
  /** RFC 6962 leaf hashes of entries' bytes, 32 bytes each. */
  leafHashesOf(entries: Uint8Array[]): Buffer
  /** The strict rule; alg 1 Ed25519, 2 P-256 (SHA-256, compressed key, r || s with low s). False for anything else. */
  verify(alg: number, publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  /** Packed items `u8 alg | u16le length | key | u32le length | message | u16le length | signature`; a byte 0 or 1 each. */
  verifyMany(items: Uint8Array): Buffer
  /** Whether a key may be enrolled: canonical, on the curve, of prime order. */
  checkPublicKey(alg: number, key: Uint8Array): boolean
  /** What the data of an entry of kind 1 says. @throws 'invalid_argument' */
  parseConfChange(data: Uint8Array): ConfChange
  RaftNode: new (config: RaftConfig) => RaftNode
  /** The empty tree. */
  StateTree: new () => NativeStateTree
  StateTreeLoader: new (count: number) => NativeStateTreeLoader
  /** Whether SQLite files that this thread opens from now on are checked page by page; needs the extension (`addonPath`). */
  checkOpenedFiles(on: boolean): void
  /** The page that a checked file of this thread refused last, from 1; 0 where none was. Forgets it. */
  takeDamagedPage(): number
  /** Of whole pages from number `first` (from 1) on, the numbers of those whose digest does not hold. */
  damagedPages(pages: Uint8Array, pageBytes: number, first: number): number[]
  /** What an SQLite write-ahead log says about itself. */
  checkWal(wal: Uint8Array, pageBytes: number): WalReport
  /** What the operating system says about its clock; null where it keeps no such account, or does not let it be read. */
  systemClock(): SystemClock | null
  /** Microseconds since the system started, time asleep included; null where it has no such clock. */
  sinceBootUs(): number | null
}

export interface SystemClock {
  /** The clock that the rest is about. */
  wallUs: number
  /** Bound of its error; the kernel lets it grow while nobody corrects the clock. */
  maxErrorUs: number
}

export interface WalReport {
  /** Frames up to the first that does not hold. */
  frames: number
  /** Page numbers of the log's frames. */
  pages: number[]
  headerDamaged: boolean
  /** Transactions committed at or after the first frame that does not hold: one may be torn by a power cut, two are damage. */
  commitsLost: number
}

let loaded: Addon | null = null

/** File of the addon, which SQLite also loads as an extension. @throws AddonError 'addon_missing' */
export function addonPath(): string {
  const file = addonFile()
  if (file !== null) return file
  throw new AddonError('native/plumbline.node is missing')
}

/** Where the built addon lies: beside this file, or in `native/` of a folder above it (bundled code). */
function addonFile(): string | null {
  let folder = dirname(fileURLToPath(import.meta.url))
  const beside = join(folder, 'plumbline.node')
  if (existsSync(beside)) return beside
  for (let level = 0; level < 4; level++) {
    const file = join(folder, 'native', 'plumbline.node')
    if (existsSync(file)) return file
    folder = dirname(folder)
  }
  return null
}

/**
 * The addon, loaded once.
 * @throws AddonError 'addon_missing' where it was not built, or not for this machine
 */
export function loadAddon(): Addon {
  if (loaded) return loaded
  const file = addonPath()
  try {
    loaded = createRequire(import.meta.url)(file) as Addon
  } catch (cause) {
    throw new AddonError(`${file} does not load on this machine`, cause)
  }
  return loaded
}
