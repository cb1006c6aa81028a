import { basename } from 'node:path'
import { loadAddon } from '../../native/addon.ts'
import { fsck, type RecordReport } from '../ledger/audit.ts'
import type { GatewayFolder } from './data-folder.ts'

/** Hashes a gateway's whole record again through a connection of its own; the gateway may run or not. */
export function checkRecord(
  folder: GatewayFolder,
  onProgress: (done: number, total: number) => void,
): { name: string } & RecordReport {
  return { name: basename(folder.root), ...fsck({ file: folder.ledger, addon: loadAddon(), onProgress }) }
}
