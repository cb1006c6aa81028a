/**
 * The tamper drill: changes one byte of one recorded payload in the database file of one gateway, behind its back and while
 * it runs, as somebody with access to the disk would. The gateway has to notice by itself.
 */
import { closeSync, fsyncSync, openSync, readSync, writeSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { GatewayError } from '../gateway/error.ts'

const CHUNK_BYTES = 1 << 20
const NEEDLE_BYTES = 48
const BATCHES_MIN = 3

export interface Tampered {
  file: string
  offset: number
  before: number
  after: number
  entry: number
}

interface Victim {
  entry: number
  payload: number
  bytes: Buffer
}

/**
 * Flips one bit in the payload of a batch that a checkpoint covers, and sees that a fresh connection reads the changed byte.
 *
 * @throws GatewayError `too_early` while that is not possible yet: call again later
 */
export function tamper(file: string): Tampered {
  const chosen = victim(file)
  // Otherwise the page might be read from the write-ahead log, and the log written over the change.
  emptyWal(file)
  const offset = find(file, chosen.bytes.subarray(0, NEEDLE_BYTES))
  if (offset < 0) throw later(`the payload of entry ${chosen.entry} is not in one piece in ${file}`)
  const at = offset + Math.min(chosen.bytes.length, NEEDLE_BYTES) - 1
  const handle = openSync(file, 'r+')
  try {
    const one = Buffer.alloc(1)
    readSync(handle, one, 0, 1, at)
    const before = one[0] as number
    one[0] = before ^ 0x01
    writeSync(handle, one, 0, 1, at)
    fsyncSync(handle)
    if (payloadOf(file, chosen.payload)?.equals(chosen.bytes) !== false)
      throw later(`entry ${chosen.entry} is still being written`)
    return { file, offset: at, before, after: one[0], entry: chosen.entry }
  } finally {
    closeSync(handle)
  }
}

/**
 * A batch of the history that goes back furthest, so that a certificate of its asset meets it, and from the middle of what a checkpoint covers: its
 * pages are no longer written to.
 */
function victim(file: string): Victim {
  const database = new Database(file, { readonly: true })
  try {
    const rows = database
      .prepare(
        `SELECT entry.idx AS entry, payload.id AS payload, payload.bytes AS bytes FROM entry JOIN payload ON payload.id = entry.payload
         WHERE entry.kind = 0 AND entry.idx < (SELECT max(size) FROM checkpoint) AND entry.idx IN (
           SELECT entry FROM history_run WHERE history = (SELECT history FROM history_run ORDER BY last_time_us LIMIT 1))
         ORDER BY entry.idx`,
      )
      .all() as Victim[]
    const middle = rows[Math.floor(rows.length / 3)]
    if (middle === undefined || rows.length < BATCHES_MIN) throw later('no checkpoint covers enough batches yet')
    return middle
  } finally {
    database.close()
  }
}

function payloadOf(file: string, id: number): Buffer | undefined {
  const database = new Database(file, { readonly: true })
  try {
    return database.prepare('SELECT bytes FROM payload WHERE id = ?').pluck().get(id) as Buffer | undefined
  } finally {
    database.close()
  }
}

function emptyWal(file: string): void {
  const database = new Database(file)
  try {
    database.pragma('busy_timeout = 2000')
    const [result] = database.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
    if (result?.busy !== 0) throw later('the write-ahead log is in use')
  } finally {
    database.close()
  }
}

function later(what: string): GatewayError {
  return new GatewayError('too_early', what, 'Wait a moment and try again.')
}

function find(file: string, needle: Buffer): number {
  const handle = openSync(file, 'r')
  try {
    const { size } = statSync(file)
    const chunk = Buffer.alloc(CHUNK_BYTES + NEEDLE_BYTES)
    for (let at = 0; at < size; at += CHUNK_BYTES) {
      const read = readSync(handle, chunk, 0, chunk.length, at)
      const found = chunk.subarray(0, read).indexOf(needle)
      if (found >= 0) return at + found
    }
    return -1
  } finally {
    closeSync(handle)
  }
}
