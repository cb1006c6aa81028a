/**
 * What the gateway pushes on `GET /api/events` (server-sent events, WHATWG HTML 9.2).
 *
 * Only `blocks` carries an `id`: the ledger position (tree size) right after that seal. A client that comes back with
 * `Last-Event-ID` receives every block after it, in order and without a gap; the other events speak of now and are not repeated.
 */
import { z } from 'zod'
import { CertificateRow } from './certificate-model.ts'
import { Block } from './ledger-model.ts'
import { Point, Status, Verdict } from './model.ts'
import { Count } from './quantities.ts'

/** A point's moving part; everything else about it stays as `GET /api/points` said. */
export const PointUpdate = Point.pick({
  stream: true,
  value: true,
  text: true,
  quality: true,
  qualityClass: true,
  qualityText: true,
  flags: true,
  atUs: true,
})
export type PointUpdate = z.infer<typeof PointUpdate>

/** `done` of `total` entries re-hashed; `verdict` is null while running. */
export const AuditProgress = z.object({
  state: z.enum(['running', 'done']),
  done: Count,
  total: Count,
  verdict: Verdict.nullable(),
})
export type AuditProgress = z.infer<typeof AuditProgress>

export const events = {
  /** At most once a second. */
  status: Status,
  /** At most ten a second; changed points only, `atUs` is the gateway's clock. */
  points: z.object({ atUs: Count, points: z.array(PointUpdate) }),
  /** One a seal. The event's id is the ledger position. */
  blocks: Block,
  audit: AuditProgress,
  certificate: CertificateRow,
} as const

export type Events = typeof events
export type EventName = keyof Events
export type EventData<N extends EventName> = z.output<Events[N]>
export const eventNames = Object.keys(events) as EventName[]
