import type { Told } from '../wire/plumbline-error.ts'
import type { Rows } from '../wire/rows.ts'
import type { TrustDecision } from '../wire/stream-words.ts'
import type { SourceConfig } from './config.ts'
import type { Gap, SourceState } from './source-state.ts'
import type { StreamAssignment } from './stream-recorder.ts'

/** What the acquiring process is told. `request` numbers ask for one `done` with the same number. */
export type ToWorker =
  | {
      type: 'start'
      sources: SourceConfig[]
      streams: StreamAssignment[]
      serverCertificatesDir: string
      flushMs: number
    }
  | { type: 'reload'; request: number; sources: SourceConfig[]; streams: StreamAssignment[] }
  | { type: 'trust'; request: number; source: string; fingerprint: string; decision: TrustDecision }
  /** One rows message was taken: the process may send another. */
  | { type: 'taken' }
  | { type: 'stop'; request: number }

/** What the acquiring process tells. */
export type FromWorker =
  | { type: 'rows'; rows: Rows; gaps: Gap[] }
  | { type: 'state'; state: SourceState }
  /** It is about to end, for this reason. */
  | { type: 'failed'; reason: string }
  | { type: 'done'; request: number; error: Told | null }
