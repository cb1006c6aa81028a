/** What passes between the API thread and the thread that owns Raft, the store and the addon. Structured clones only. */
import type { ConditionCode, Facts } from '../../endpoints/conditions.ts'
import type { LostPart } from '../../ledger/healing/parts.ts'
import type { Opened } from '../../ledger/open-or-rebuild.ts'
import type { CameTo } from '../../record/asset-history.ts'
import type { PersonOrder } from '../signing/person-statements.ts'
import type { RefusalCode } from '../../record/refusals.ts'
import type { CoreEvents, CoreEventType } from '../../record/kinds.ts'
import type { ActorId } from '../../wire/ids.ts'
import type { Verdict } from '../../wire/verdict.ts'
import type { GatewayRole } from '../../wire/gateway-states.ts'
import type { ContentType } from '../../wire/entry.ts'
import type { Compared } from '../agreement/agreement.ts'
import type { RowsHanded, StreamPlace } from '../signing/rows-handed.ts'
import type { MissingReason } from '../healing/part-fetcher.ts'
import type { ChangedPlace, PeerHello } from '../agreement/peer-hello.ts'

export type ToLedger =
  | ({ type: 'rows' } & RowsHanded)
  /** Nothing was read for a while, of any stream. */
  | { type: 'silence'; reason: string }
  | {
      [T in CoreEventType]: { type: 'event'; id: number; event: T; body: CoreEvents[T]; isTold: boolean }
    }[CoreEventType]
  /** A person signs an event. */
  | { type: 'say'; id: number; order: PersonOrder }
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
  role: GatewayRole
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
  /** Frames of channels that this gateway does not run, since the start, whatever the channel. */
  strayFrames?: number
}

export interface AppliedEntry {
  index: number
  kind: ContentType
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
      /** What an accepted event came to. */
      cameTo: CameTo | null
      /** Statement hash in hex, by which an act is named; null where nothing was signed. */
      hash: string | null
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
