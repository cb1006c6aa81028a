import { basename } from 'node:path'
import { loadAddon } from '../../../native/addon.ts'
import { fsck, type RecordReport } from '../../ledger/audit.ts'
import type { GatewayFolder } from '../folder/data-folder.ts'
import { repairsIn, type Repair } from './repairs-in.ts'

/** Hashes a gateway's whole record again through a connection of its own; the gateway may run or not. */
export function checkRecord(
  folder: GatewayFolder,
  onProgress: (done: number, total: number) => void,
): { name: string; repaired: Repair[] } & RecordReport {
  const report = fsck({ file: folder.ledger, addon: loadAddon(), onProgress })
  return { name: basename(folder.root), ...report, repaired: repairsIn(folder.ledger) }
}
