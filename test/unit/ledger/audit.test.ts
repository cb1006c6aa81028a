import Database from 'better-sqlite3'
import { closeSync, copyFileSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import { fsck } from '../../../src-main/ledger/audit.ts'
import { openChecked } from '../../../src-main/ledger/checked-file.ts'
import { hashCheck } from '../../../src-main/ledger/hash-check.ts'
import { addon } from './drive.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { recorded } from './recorded.ts'
import type { Recorded } from './recorded.ts'

/** One flipped bit: table, column, row, and which byte of it. */
interface Flip {
  table: string
  column: string
  where: string
  at: number
}

let original: Recorded | null = null
beforeAll(() => {
  original = recorded(temporaryFolder(afterAll), 140)
  original.ledger.close()
})

/** A copy of one record of 140 batches of either stream, to do damage to. */
function copied(): { folder: string; file: string; free: StreamId } {
  const { file, free } = original as Recorded
  const folder = temporaryFolder(onTestFinished)
  copyFileSync(file, join(folder, 'ledger.db'))
  return { folder, file: join(folder, 'ledger.db'), free }
}

function flip(file: string, { table, column, where, at }: Flip): void {
  const database = new Database(file)
  const { id, value } = database
    .prepare(`SELECT rowid AS id, ${column} AS value FROM ${table} WHERE ${where}`)
    .get() as { id: number; value: Uint8Array | string }
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value)
  const position = at < 0 ? bytes.length + at : at
  bytes[position] = (bytes[position] as number) ^ 1
  database
    .prepare(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`)
    .run(typeof value === 'string' ? bytes.toString('utf8') : bytes, id)
  database.close()
}

test('a record nobody touched is unchanged, also while it goes on', () => {
  const folder = temporaryFolder(onTestFinished)
  const { file, ledger } = recorded(folder, 200)
  const progress: [number, number][] = []
  const report = fsck({ file, addon, onProgress: (done, total) => progress.push([done, total]) })
  expect(report).toMatchObject({ verdict: 'unchanged', firstBad: null })
  expect(report.checked.entries).toBe(ledger.size)
  expect(report.checked.readings).toBe(ledger.readings)
  expect(progress.at(-1)).toEqual([ledger.size, ledger.size])
  expect({ ...hashCheck({ file, addon }), continues: null }).toEqual(report)
  ledger.close()
})

test('a changed reading is named by entry, position, stream and sequence', () => {
  const { file, folder, free } = copied()
  const database = new Database(file)
  const { idx, id, bytes } = database
    .prepare(
      'SELECT idx, payload.id AS id, payload.bytes AS bytes FROM entry JOIN payload ON payload.id = entry.payload WHERE readings = 4 ORDER BY idx LIMIT 1 OFFSET 3',
    )
    .get() as { idx: number; id: number; bytes: Uint8Array }
  database.close()
  const found = new Set<number | null>()
  for (let at = 0; at < bytes.length; at += 7) {
    const copy = join(folder, 'copy.db')
    copyFileSync(file, copy)
    flip(copy, { table: 'payload', column: 'bytes', where: `id = ${id}`, at })
    const report = fsck({ file: copy, addon })
    expect(report.verdict).toBe('changed')
    expect(report.firstBad).toMatchObject({ entry: idx })
    const { reading, stream, sequence } = report.firstBad ?? { reading: null }
    if (reading !== null) expect([stream, sequence]).toEqual([free, 12 + reading])
    found.add(reading)
    expect(hashCheck({ file: copy, addon }).firstBad).toEqual(report.firstBad)
  }
  // A flip in the secret changes the first reading, one in a later value a later reading.
  expect(found.has(0)).toBe(true)
  expect(found.size).toBeGreaterThan(1)
})

const flips: [string, Flip][] = [
  ['an entry', { table: 'entry', column: 'bytes', where: 'kind = 0 AND idx > 10', at: 100 }],
  [
    'the signature of an entry in the last tile',
    { table: 'entry', column: 'bytes', where: 'idx = (SELECT max(idx) FROM entry)', at: -1 },
  ],
  ['a mark', { table: 'entry', column: 'marks', where: 'kind = 0 AND idx > 10', at: 1 }],
  ['a tile', { table: 'tile', column: 'hashes', where: 'level = 0 AND n = 0', at: 5_000 }],
  ['a refusal', { table: 'refusal', column: 'entry', where: '1', at: 40 }],
  ['the reason of a refusal', { table: 'refusal', column: 'reason', where: '1', at: 4 }],
  ['the root in a seal', { table: 'seal', column: 'state_root', where: 'height = 3', at: 0 }],
  ['the state root after a seal', { table: 'seal', column: 'state_root_after', where: 'height = 3', at: 31 }],
  ['the log root after a seal', { table: 'seal', column: 'log_root', where: 'height = 2', at: 7 }],
  ['the name of a state value', { table: 'state_key', column: 'state_key', where: '1', at: -1 }],
  ['a payload hash', { table: 'payload', column: 'hash', where: 'id = 3', at: 3 }],
  ['a checkpoint signature', { table: 'checkpoint', column: 'text', where: '1', at: -20 }],
  ['a checkpoint root', { table: 'checkpoint', column: 'root', where: '1', at: 0 }],
  ['the queue', { table: 'queue', column: 'entry', where: '1', at: 60 }],
  ['the Raft log', { table: 'raft_log', column: 'data', where: 'idx = 5', at: 30 }],
  ['a history frontier', { table: 'history', column: 'frontier', where: '1', at: 10 }],
]

test.each(flips)('one flipped bit in %s is found', (_, place) => {
  const { file } = copied()
  flip(file, place)
  const report = fsck({ file, addon })
  expect(report.verdict).toBe('changed')
  expect(report.firstBad?.what).toBeTruthy()
  expect(report.firstBad?.expected).not.toBe(report.firstBad?.actual)
})

test('one flipped bit in a state value, a history leaf, the reading index or a gap is found', () => {
  const { file, folder } = copied()
  const changes: [string, string][] = [
    [
      'state value',
      'UPDATE state_row SET value = zeroblob(length(value)) WHERE from_height = 4 AND key = (SELECT min(key) FROM state_row WHERE from_height = 4)',
    ],
    ['leaf', 'UPDATE history_run SET leaves = zeroblob(96) WHERE position = 9'],
    ['reading index', 'UPDATE stream_chunk SET maximum = maximum + 1 WHERE stream = 1'],
    ['gap', 'UPDATE gap SET to_time_us = to_time_us + 1'],
  ]
  for (const [what, sql] of changes) {
    const copy = join(folder, `${what.replaceAll(' ', '-')}.db`)
    copyFileSync(file, copy)
    const database = new Database(copy)
    expect(database.prepare(sql).run().changes).toBeGreaterThan(0)
    database.close()
    const report = fsck({ file: copy, addon })
    expect(report.verdict).toBe('changed')
    expect(report.firstBad?.what).toContain(what)
  }
})

test('a history leaf is named with its entry', () => {
  const { file } = copied()
  const database = new Database(file)
  const { entry } = database.prepare('SELECT entry FROM history_run WHERE position = 9').get() as { entry: number }
  database.prepare('UPDATE history_run SET leaves = zeroblob(96) WHERE position = 9').run()
  database.close()
  expect(fsck({ file, addon }).firstBad).toMatchObject({ entry })
})

test('removed entries are found', () => {
  const { file } = copied()
  const database = new Database(file)
  database.exec('DELETE FROM entry WHERE idx >= (SELECT max(idx) - 2 FROM entry)')
  database.close()
  expect(fsck({ file, addon }).verdict).toBe('changed')
  expect(hashCheck({ file, addon }).verdict).toBe('changed')
})

test('the short check finds every flipped byte of an entry under a seal, and names the entry', () => {
  const { file, folder } = copied()
  const database = new Database(file)
  const places = database
    .prepare(
      'SELECT idx AS entry, length(bytes) AS size FROM entry WHERE idx = 20 OR idx = (SELECT max(idx) FROM entry WHERE kind = 0 AND idx < (SELECT max(idx) FROM seal))',
    )
    .all() as { entry: number; size: number }[]
  database.close()
  // One in a full tile, and one in the last that only the root of the newest seal covers.
  expect(places).toHaveLength(2)
  for (const { entry, size } of places) {
    for (let at = 0; at < size; at += 11) {
      const copy = join(folder, 'copy.db')
      copyFileSync(file, copy)
      flip(copy, { table: 'entry', column: 'bytes', where: `idx = ${entry}`, at })
      expect(hashCheck({ file: copy, addon, round: 2 })).toMatchObject({ verdict: 'changed', firstBad: { entry } })
    }
  }
})

const damages: [string, string][] = [
  ['another payload in its place', 'UPDATE entry SET payload = 5 WHERE payload = 7'],
  ['no payload', 'UPDATE entry SET payload = NULL WHERE payload = 7'],
  ['a payload that is gone', 'DELETE FROM payload WHERE id = 7'],
  ['a tile that is gone', 'DELETE FROM tile WHERE n = 0'],
  ['another hash in a tile', 'UPDATE tile SET hashes = zeroblob(length(hashes)) WHERE n = 0 AND level = 0'],
  [
    'another root in the newest seal',
    'UPDATE seal SET log_root = zeroblob(32) WHERE height = (SELECT max(height) FROM seal)',
  ],
  ['another root in the newest checkpoint', 'UPDATE checkpoint SET root = zeroblob(32)'],
  ['an entry that is gone', 'DELETE FROM entry WHERE idx = 30'],
]

test.each(damages)('the short check finds %s', (_, sql) => {
  const { file } = copied()
  const database = new Database(file)
  expect(database.prepare(sql).run().changes).toBeGreaterThan(0)
  database.close()
  const report = hashCheck({ file, addon })
  expect(report.verdict).toBe('changed')
  expect(report.firstBad?.expected).not.toBe(report.firstBad?.actual)
})

test('whatever byte of the file is damaged, the check gives a verdict and does not crash', () => {
  const { file, folder } = copied()
  const whole = readFileSync(file)
  const verdicts = new Map<string, number>()
  for (let at = 0; at < whole.length; at += 65_521) {
    const copy = join(folder, 'damaged.db')
    copyFileSync(file, copy)
    const handle = openSync(copy, 'r+')
    writeSync(handle, Buffer.from([(whole[at] as number) ^ 0xff]), 0, 1, at)
    closeSync(handle)
    const { verdict } = fsck({ file: copy, addon })
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
    // Never the other way: what the short check finds, the full one finds too.
    if (hashCheck({ file: copy, addon }).verdict === 'changed') expect(verdict).toBe('changed')
  }
  expect(verdicts.get('changed') ?? 0).toBeGreaterThan(0)
})

test('a file that is no ledger, or none at all, cannot be told', () => {
  const folder = temporaryFolder(onTestFinished)
  expect(fsck({ file: join(folder, 'nothing.db'), addon })).toMatchObject({ verdict: 'cannot-tell', firstBad: null })
  expect(hashCheck({ file: join(folder, 'nothing.db'), addon })).toMatchObject({ verdict: 'cannot-tell' })
  const other = join(folder, 'other.db')
  const database = new Database(other)
  database.exec('CREATE TABLE t (a)')
  database.close()
  expect(fsck({ file: other, addon }).verdict).toBe('cannot-tell')
})

test('the short check makes the reading index anew, in eight turns all of it', () => {
  const { file } = copied()
  // As a mistake of our own would write it: every page is as it was written.
  const database = openChecked(file, {})
  database.exec('UPDATE stream_chunk SET maximum = maximum + 1 WHERE chunk = 0')
  database.close()
  expect(hashCheck({ file, addon }).firstBad).toMatchObject({ derived: true, what: expect.stringContaining('maximum') })
  const verdicts = Array.from({ length: 8 }, (_, round) => hashCheck({ file, addon, round }).verdict)
  expect(verdicts.filter((verdict) => verdict === 'changed')).toHaveLength(1)
})
