/** What a channel is started with, and what it tells. */
import type { Logger } from 'pino'
import type { Point, Status } from '../../endpoints/model.ts'
import type { AuditThread } from '../check/audit-thread.ts'
import type { CheckProgress } from '../check/record-check.ts'
import type { SimulatedClock } from '../clock/simulated-clock.ts'
import type { Conditions } from '../conditions.ts'
import type { GatewayError } from '../error.ts'
import type { GatewayConfig } from '../folder/config.ts'
import type { GatewayFolder } from '../folder/data-folder.ts'
import type { DiskReserve } from '../folder/disk-reserve.ts'
import type { LedgerHost } from './ledger-host.ts'

export interface ChannelEvents {
  onStatus(status: Status): void
  onPoints(points: Point[]): void
  /** The tree size right after a seal. */
  onSealed(position: number): void
  /** Events were applied: what the ledger says of people, packs or keys may be another. */
  onEvents(): void
  onAudit(progress: CheckProgress): void
  onFatal(error: GatewayError): void
}

export interface ChannelOptions {
  /** Of what the configuration names: what goes into this channel. */
  config: GatewayConfig
  folder: GatewayFolder
  log: Logger
  nowUs(): number
  /** That by which it signs; the system's where there is none. */
  clock: SimulatedClock | null
  /** What stands in this channel. */
  conditions: Conditions
  /** What stands at this gateway, whatever the channel; null where that is said in this channel's own. */
  around: Conditions | null
  /** The thread of all channels. */
  host: LedgerHost
  reserve: DiskReserve
  /** Where short records are checked, of a gateway in several channels. */
  audits?: AuditThread | undefined
  events: ChannelEvents
}
