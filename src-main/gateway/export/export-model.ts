/** What an export is made of: what was asked, what its head says of it, what its rows hold. docs/FORMATS.md, "Exports". */
import type { EntrySpan, Span } from '../../ledger/read-readings.ts'
import type { Gap } from '../../record/statements.ts'
import type { Reading } from '../../wire/reading.ts'
import type { CsvForm, ExportFormat } from '../../wire/export-forms.ts'

export interface ExportRequest {
  format: ExportFormat
  csv: CsvForm
  /** Stream ids; null: every stream. */
  streams: readonly string[] | null
  /** Only what stands at this asset; null: wherever it stands. */
  asset: string | null
  span: Span
  entries: EntrySpan
}

/** What the ledger itself does not know. */
export interface ExportContext {
  gateway: string
  actor: string
  madeBy: string
  atUs: number
  /** IANA name. Times in the file are UTC whatever it is. */
  zone: string
  version: string
  barred: EntrySpan | null
}

/** One stream that the export covers. */
export interface ExportedPoint {
  stream: string
  gateway: string
  source: string
  point: string
  label: string
  unit: string
  quantity: string
  kind: string
  trust: string
  simulated: boolean
}

export interface ExportHead {
  plumbline: 'export'
  version: 1
  says: readonly string[]
  format: ExportFormat
  csv: CsvForm | null
  channel: { id: string; name: string; site: string; simulated: boolean; origin: string }
  gateway: { name: string; actor: string; software: string }
  /** The tree this was read at; `note` is the checkpoint with the signatures it had. */
  checkpoint: { size: number; root: string; note: string }
  made: { at: string; by: string; zone: string }
  range: {
    streams: readonly string[] | 'all'
    asset: string | null
    fromTime: string | null
    toTime: string | null
    fromEntry: number
    toEntry: number
  }
  /** Entries that were found changed: their readings are not in the file, and rows of kind `barred` stand where they would be. */
  barred: { fromEntry: number; toEntry: number } | null
  columns: Readonly<Record<string, string>>
  points: readonly ExportedPoint[]
}

export interface ExportCounts {
  rows: number
  readings: number
  gaps: number
  /** Batches, and readings in them, that are not given because they were found changed. */
  barred: { batches: number; readings: number }
  /** The same of batches that cannot be read. */
  unreadable: { batches: number; readings: number }
  firstEntry: number | null
  lastEntry: number | null
}

/** A row of the range with the names of its stream. `point` is null in rows that stand for a whole batch. */
export type ExportRow = {
  entry: number
  gateway: string
  closedAtUs: number
  sealedAtUs: number
} & (
  | { kind: 'reading'; point: ExportedPoint; position: number; reading: Reading }
  | { kind: 'gap'; point: ExportedPoint; gap: Gap }
  | { kind: 'barred' | 'unreadable'; point: null; readings: number; reason: string }
)

/** Writes one format. What is ready is taken piece by piece, so that no file is ever held whole. */
export interface ExportWriter {
  begin(head: ExportHead): void
  row(row: ExportRow): void
  end(head: ExportHead, counts: ExportCounts): void
  /** Bytes that are ready, once there are at least `least`; null before. */
  take(least: number): Uint8Array<ArrayBuffer> | null
}
