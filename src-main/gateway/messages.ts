/** What passes between the API thread and the thread that owns Raft, the store and the addon. Structured clones only. */
import type { ConditionCode, Facts } from '../endpoints/conditions.ts'
import type { Opened } from '../ledger/open-or-rebuild.ts'
import type { CoreEvents, CoreEventType } from '../wire/events.ts'
import type { Rows } from '../wire/rows.ts'
import type { Verdict } from './integrity.ts'
import type { ChangedPlace, PeerHello } from './peer-hello.ts'

/** A stretch in which a stream delivered nothing, or in which what it delivered could not be kept. */
export interface GapReport {
  stream: string
  fromTimeUs: number
  toTimeUs: number
  reason: string
  /** Sequences that were given out and are lost, first and last; null when none were. */
  lost: [number, number] | null
}

/** Where a stream of this gateway stands, its queue included. */
export interface StreamPlace {
  /** Sequence of its next reading. */
  next: number
  /** When the newest reading in the queue was taken; null where the queue has none of it, so that the ledger knows. */
  lastTimeUs: number | null
  /** Whether its opening is in the ledger or waits in the queue. */
  opened: boolean
}

export type ToLedger =
  | { type: 'rows'; rows: Rows }
  | { type: 'gap'; gap: GapReport }
  | {
      [T in CoreEventType]: { type: 'event'; id: number; event: T; assets: string[]; body: CoreEvents[T] }
    }[CoreEventType]
  | { type: 'integrity'; verdict: Verdict; changed: ChangedPlace | null }
  | { type: 'about'; about: Pick<PeerHello, 'consoleUrl' | 'sources' | 'disk'> }
  /** A person says that the clock is right as it is. */
  | { type: 'confirm-clock' }
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
      sequences: [string, StreamPlace][]
      registering: string[]
      opened: Pick<Opened, 'rebuilt' | 'failed'>
    }
  | { type: 'applied'; entries: AppliedEntry[] }
  | { type: 'status'; status: LedgerStatus }
  | { type: 'event-done'; id: number; outcome: string; index: number | null; reason: string | null }
  | { type: 'acknowledged'; sequence: number; index: number; readings: number; latencyMs: number }
  | { type: 'condition'; code: ConditionCode; place: string; on: boolean; facts: Facts }
  | { type: 'fatal'; code: string; message: string; next: string }
  | { type: 'stopped' }
