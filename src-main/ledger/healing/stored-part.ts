import type { Database } from 'better-sqlite3'
import { fromHex } from '../../wire/bytes.ts'
import { ledgerErrorOf } from '../errors.ts'
import type { PayloadStore } from '../payload-store.ts'
import type { RaftLog } from '../raft-log.ts'
import { encodeLogRow, type PartName } from './parts.ts'

interface Stores {
  database: Database
  payloads: PayloadStore
  raft: RaftLog
}

/** A part as it is stored; null where it is not there, or stands in a page that is not as it was written. */
export function storedPart({ database, payloads, raft }: Stores, name: PartName): Uint8Array | null {
  try {
    if (name.kind === 'payload') return payloads.find(fromHex(name.hash))
    if (name.kind === 'log') {
      const row = raft.row(name.index)
      return row === null ? null : encodeLogRow(row)
    }
    const bytes = database.prepare('SELECT bytes FROM entry WHERE idx = ?').pluck().get(name.index)
    return (bytes as Uint8Array | undefined) ?? null
  } catch (cause) {
    const error = ledgerErrorOf(cause, 'reading a part', 'the ledger')
    if (error.code === 'database_damaged' || error.code === 'payload_damaged') return null
    throw error
  }
}
