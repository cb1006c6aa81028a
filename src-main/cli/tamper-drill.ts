/**
 * The tamper drill: changes one byte of one recorded payload in the database file of one gateway, behind its back and while
 * it runs, as somebody with access to the disk would. The gateway has to notice by itself.
 */
import { closeSync, fsyncSync, openSync, readSync, writeSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { GatewayError } from '../gateway/error.ts'

const CHUNK_BYTES = 1 << 20
const NEEDLE_BYTES = 48

export interface Tampered {
  file: string
  offset: number
  before: number
  after: number
  entry: number
}

/**
 * Flips one bit in the payload of a batch that a checkpoint covers.
 *
 * @throws GatewayError `nothing_to_certify` while no checkpoint covers a batch yet: call again later
 */
export function tamper(file: string): Tampered {
  const { entry, bytes } = victim(file)
  // Without this the row might lie in the write-ahead log only.
  checkpointWal(file)
  const offset = find(file, bytes.subarray(0, NEEDLE_BYTES))
  if (offset < 0)
    throw new GatewayError(
      'nothing_to_certify',
      `the payload of entry ${entry} is not in ${file} yet`,
      'Wait a moment and try again.',
    )
  const at = offset + Math.min(bytes.length, NEEDLE_BYTES) - 1
  const handle = openSync(file, 'r+')
  try {
    const one = Buffer.alloc(1)
    readSync(handle, one, 0, 1, at)
    const before = one[0] as number
    one[0] = before ^ 0x01
    writeSync(handle, one, 0, 1, at)
    fsyncSync(handle)
    return { file, offset: at, before, after: one[0], entry }
  } finally {
    closeSync(handle)
  }
}

function victim(file: string): { entry: number; bytes: Buffer } {
  const database = new Database(file, { readonly: true })
  try {
    const row = database
      .prepare(
        `SELECT entry.idx AS entry, payload.bytes AS bytes FROM entry JOIN payload ON payload.id = entry.payload
         WHERE entry.kind = 0 AND entry.readings > 0 AND entry.idx < (SELECT max(size) FROM checkpoint) ORDER BY entry.idx DESC LIMIT 1 OFFSET 3`,
      )
      .get() as { entry: number; bytes: Buffer } | undefined
    if (row === undefined)
      throw new GatewayError('nothing_to_certify', 'no checkpoint covers a batch yet', 'Wait a moment and try again.')
    return row
  } finally {
    database.close()
  }
}

function checkpointWal(file: string): void {
  const database = new Database(file)
  try {
    database.pragma('busy_timeout = 2000')
    database.pragma('wal_checkpoint(PASSIVE)')
  } finally {
    database.close()
  }
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
