import Database from 'better-sqlite3'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { PAGE_BYTES, openChecked, reserveDigests } from '../../../src-main/ledger/checked-file.ts'
import type { LedgerError } from '../../../src-main/ledger/errors.ts'
import { hashCheck } from '../../../src-main/ledger/hash-check.ts'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import { openReader } from '../../../src-main/ledger/reader.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { codeOf } from './code-of.ts'
import { addon, commit } from './drive.ts'
import { ASSET, recorded } from './recorded.ts'

const FRAME_BYTES = 24 + PAGE_BYTES

function flip(file: string, at: number, bit = 0): void {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] as number) ^ (1 << bit)
  writeFileSync(file, bytes)
}

function pageOf(file: string, table: string): number {
  const database = openChecked(file, { readonly: true })
  const page = database.prepare('SELECT max(pageno) FROM dbstat WHERE name = ?').pluck().get(table) as number
  database.close()
  return page
}

/** Every column of every table but those that no row of this record fills. */
function columns(file: string): { table: string; column: string }[] {
  const database = openChecked(file, { readonly: true })
  const rows = database
    .prepare(
      "SELECT m.name AS 'table', c.name AS 'column' FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT IN ('cosigned', 'own_incarnation')",
    )
    .all()
  database.close()
  return rows as { table: string; column: string }[]
}

/** A ledger whose last three transactions stand in its log, as a killed process leaves it. */
function leftBehind(): { file: string; size: number } {
  const folder = temporaryFolder(onTestFinished)
  const { file, ledger, channel, bound } = recorded(folder, 5)
  ledger.close()
  const again = openLedger({ addon, file })
  for (let i = 0; i < 3; i++) commit(again, channel.batch(channel.member(1), channel.floats(bound, 15 + i, [i])))
  const copy = join(folder, 'killed.db')
  copyFileSync(file, copy)
  copyFileSync(`${file}-wal`, `${copy}-wal`)
  const { size } = again
  again.close()
  return { file: copy, size }
}

/** Frames of the log that end a transaction. */
function ends(file: string): number[] {
  const log = readFileSync(`${file}-wal`)
  const frames = Math.floor((log.length - 32) / FRAME_BYTES)
  return Array.from({ length: frames }, (_, i) => i).filter((i) => log.readUInt32BE(32 + i * FRAME_BYTES + 4) !== 0)
}

test('a question over a damaged page is refused with what to do, and told of; others are answered', () => {
  const { file, ledger, bound } = recorded(temporaryFolder(onTestFinished), 20)
  ledger.close()
  flip(file, (pageOf(file, 'history_run') - 1) * PAGE_BYTES + 7_000)
  const told: LedgerError[] = []
  const reader = openReader(file, { addon, onDamaged: (error) => told.push(error) })
  expect(reader.blocks.blocks(5).blocks).toHaveLength(5)
  expect(told).toEqual([])
  expect(codeOf(() => reader.histories.leaves(ASSET, bound, 0, 9))).toBe('database_damaged')
  expect(told.map(({ code }) => code)).toEqual(['database_damaged'])
  expect(told[0]?.next).toContain('plumbline fsck')
  expect(told[0]?.message).toMatch(/page \d+ is not what was written/)
  reader.close()
})

test('a payload in a damaged page is refused by its entry alone, and told of', () => {
  const { file, ledger } = recorded(temporaryFolder(onTestFinished), 5)
  ledger.close()
  flip(file, (pageOf(file, 'payload') - 1) * PAGE_BYTES + 8_000)
  let told = 0
  const reader = openReader(file, { addon, onDamaged: () => (told += 1) })
  const codes = new Set(
    Array.from({ length: reader.size() }, (_, index) => codeOf(() => reader.entries.storedPayload(index))),
  )
  expect([...codes]).toEqual(expect.arrayContaining(['payload_damaged', 'nothing thrown']))
  expect(told).toBeGreaterThan(0)
  reader.close()
})

test('what another program writes into the file is refused when it is read', () => {
  const { file, ledger } = recorded(temporaryFolder(onTestFinished), 5)
  ledger.close()
  const other = new Database(file)
  other.exec('UPDATE seal SET readings = readings + 1 WHERE height = 2')
  other.close()
  const reader = openReader(file, { addon })
  expect(codeOf(() => reader.blocks.block(2))).toBe('database_damaged')
  reader.close()
})

test('whatever field of whatever table another program changes, the short check finds it', () => {
  const folder = temporaryFolder(onTestFinished)
  const { file, ledger } = recorded(folder, 140)
  ledger.close()
  const copy = join(folder, 'copy.db')
  const unseen: string[] = []
  let changed = 0
  for (const { table, column } of columns(file)) {
    copyFileSync(file, copy)
    const other = new Database(copy)
    const value = `CASE typeof(${column}) WHEN 'blob' THEN CAST(hex(${column}) AS BLOB) WHEN 'text' THEN ${column} || '.' ELSE ${column} + 1 END`
    const { changes } = other
      .prepare(`UPDATE ${table} SET ${column} = ${value} WHERE ${column} = (SELECT max(${column}) FROM ${table})`)
      .run()
    other.close()
    if (changes === 0) continue
    changed += 1
    if (hashCheck({ file: copy, addon, round: 1 }).verdict !== 'changed') unseen.push(`${table}.${column}`)
  }
  expect(unseen).toEqual([])
  expect(changed).toBeGreaterThan(80)
})

test('a log that another program recovered and folded into the file leaves it as it was written', () => {
  const { file, size } = leftBehind()
  const other = new Database(file)
  expect(other.pragma('integrity_check', { simple: true })).toBe('ok')
  other.close()
  const ledger = openLedger({ addon, file })
  expect(ledger.size).toBe(size)
  ledger.close()
  expect(hashCheck({ file, addon }).verdict).toBe('unchanged')
})

test('a log with a damaged frame before its newest transaction is refused: opening it would lose transactions', () => {
  const whole = leftBehind()
  const [first = 0, second = 0] = ends(whole.file).slice(-3)
  const places = [
    ['a page', 32 + first * FRAME_BYTES + 24 + 4_000],
    ['the salt of a frame', 32 + second * FRAME_BYTES + 8],
    ['the checksum of a frame', 32 + second * FRAME_BYTES + 17],
    ['the header', 17],
  ] as const
  for (const [what, at] of places) {
    const { file } = leftBehind()
    flip(`${file}-wal`, at)
    expect([what, codeOf(() => openLedger({ addon, file }))]).toEqual([what, 'database_damaged'])
    expect([what, hashCheck({ file, addon }).verdict]).toEqual([what, 'changed'])
  }
})

test('what a power cut tore of the newest transaction is taken for never written', () => {
  const { file, size } = leftBehind()
  flip(`${file}-wal`, 32 + (ends(file).at(-1) as number) * FRAME_BYTES + 24 + 100)
  const ledger = openLedger({ addon, file })
  expect(ledger.size).toBe(size - 1)
  ledger.close()
})

test('a header that denies its digests is refused', () => {
  const { file, ledger } = recorded(temporaryFolder(onTestFinished), 2)
  ledger.close()
  flip(file, 20, 3)
  expect(codeOf(() => openLedger({ addon, file }))).toBe('database_damaged')
  expect(codeOf(() => openReader(file, { addon }))).toBe('database_damaged')
})

test('transactions larger than the cache, one of them taken back, leave a log that any SQLite recovers', () => {
  const file = join(temporaryFolder(onTestFinished), 'any.db')
  const database = openChecked(file, {})
  reserveDigests(database)
  for (const pragma of [`page_size = ${PAGE_BYTES}`, 'journal_mode = WAL', 'cache_size = 10', 'wal_autocheckpoint = 0'])
    database.pragma(pragma)
  database.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB); CREATE INDEX i ON t (b)')
  const fill = database.transaction((fails: boolean) => {
    for (let i = 0; i < 200; i++) database.prepare('INSERT INTO t (b) VALUES (randomblob(3000))').run()
    database.exec('UPDATE t SET b = randomblob(2999) WHERE id % 7 = 0')
    if (fails) throw new Error('taken back')
  })
  fill(false)
  expect(() => fill(true)).toThrow('taken back')
  fill(false)
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
  const copy = `${file}.copy`
  copyFileSync(file, copy)
  copyFileSync(`${file}-wal`, `${copy}-wal`)
  database.close()
  expect(addon.checkWal(readFileSync(`${copy}-wal`), PAGE_BYTES)).toMatchObject({
    commitsLost: 0,
    headerDamaged: false,
  })
  const other = new Database(copy)
  expect(other.prepare('SELECT count(*) FROM t').pluck().get()).toBe(400)
  other.close()
  expect(addon.damagedPages(readFileSync(copy), PAGE_BYTES, 1)).toEqual([])
})
