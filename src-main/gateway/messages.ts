/** What passes between the API thread and the thread that owns Raft, the store and the addon. Structured clones only. */
import type { ConditionCode, Facts } from '../endpoints/conditions.ts'
import type { LostPart } from '../ledger/healing/parts.ts'
import type { Opened } from '../ledger/open-or-rebuild.ts'
import type { RefusalCode } from '../record/refusals.ts'
import type { CoreEvents, CoreEventType } from '../record/kinds.ts'
import type { Rows } from '../wire/rows.ts'
import type { ActorId } from '../wire/ids.ts'
import type { Compared } from './agreement.ts'
import type { MissingReason } from './healing/part-fetcher.ts'
import type { Verdict } from './integrity.ts'
import type { ChangedPlace, PeerHello } from './peer-hello.ts'

/** A stretch in which a stream delivered nothing, or in which what it delivered could not be kept. */
export interface GapReport {
  stream: string
  fromTimeUs: number
  toTimeUs: number
  reason: string
}

/** A gap before row `row` of the rows that it comes with. */
export interface PlacedGap extends GapReport {
  row: number
}

/** What this gateway has of one of its streams, its queue included. */
export interface StreamPlace {
  /** Sequence of its next reading, as of the start. The ledger's thread alone gives numbers. */
  next: number
  /** When its newest reading was taken; null where it has none. */
  lastTimeUs: number | null
}

/** Readings on their way to be signed, with what is missing between them. */
export interface RowsHanded {
  rows: Rows
  gaps: readonly PlacedGap[]
  /** Of a recorded past counts what the stream has not yet. */
  kind: 'live' | 'past'
}

export type ToLedger =
  | ({ type: 'rows' } & RowsHanded)
  /** Nothing was read for a while, of any stream. */
  | { type: 'silence'; reason: string }
  | {
      [T in CoreEventType]: { type: 'event'; id: number; event: T; body: CoreEvents[T]; isTold: boolean }
    }[CoreEventType]
  | { type: 'integrity'; verdict: Verdict; changed: ChangedPlace | null }
  | { type: 'about'; about: Pick<PeerHello, 'consoleUrl' | 'sources' | 'disk'> }
  /** A person says that the clock is right as it is. */
  | { type: 'confirm-clock' }
  /** Parts of the ledger that this disk lost: they are asked of the others, and kept beside the ledger. */
  | { type: 'fetch-parts'; lost: LostPart[] }
  | { type: 'stop' }

export interface GatewayView {
  name: string
  actor: string
  self: boolean
  reachable: boolean
  role: 'leader' | 'follower' | 'candidate' | 'learner' | 'unknown'
  lagEntries: number
  lastContactUs: number | null
  clockOffsetMs: number | null
  hello: PeerHello | null
  /** What came of comparing its sealed heads with this ledger; equal for this gateway itself. */
  compared: Compared
}

export interface LedgerStatus {
  atUs: number
  /** Monotonic: how long something has stood is measured with it. */
  atMs: number
  size: number
  rootHash: string
  stateRoot: string
  term: number
  leader: string | null
  /** This gateway doubts its ledger. */
  doubts: boolean
  gateways: GatewayView[]
  queue: { entries: number; readings: number; bytes: number; paused: boolean; oldest: number | null }
  lastSealHeight: number
  /** Size of the newest checkpoint that the log signed and a quorum cosigned since the start; null before the first. */
  checkpointSize: number | null
  acknowledgedReadings: number
  elections: { term: number; leader: string; atUs: number }[]
  notice: string | null
}

export interface AppliedEntry {
  index: number
  kind: 'batch' | 'event' | 'seal'
  readings: number
}

export type FromLedger =
  | {
      type: 'ready'
      channel: string
      origin: string
      actor: string
      /** Every stream whose opening is in the ledger or in the queue. */
      streams: [string, StreamPlace][]
      registering: string[]
      opened: Pick<Opened, 'rebuilt' | 'failed'>
    }
  | { type: 'applied'; entries: AppliedEntry[] }
  | { type: 'status'; status: LedgerStatus }
  | {
      type: 'event-done'
      id: number
      outcome: string
      index: number | null
      /** Code of a refusal. */
      refused: RefusalCode | null
      reason: string | null
    }
  | { type: 'acknowledged'; sequence: number; index: number; readings: number; latencyMs: number }
  | { type: 'condition'; code: ConditionCode; place: string; on: boolean; facts: Facts }
  /** So many more messages of rows have come, the first `durable` are signed and durable, and of the next one so many readings. */
  | { type: 'taken'; messages: number; durable: number; ahead: number }
  /** What could not be had, and who gave the rest. */
  | { type: 'parts-fetched'; missing: { part: LostPart; why: MissingReason }[]; from: ActorId[]; error: string | null }
  | { type: 'fatal'; code: string; message: string; next: string }
  /** Stopping: everything that was read is signed and on disk. */
  | { type: 'stored' }
  | { type: 'stopped' }
