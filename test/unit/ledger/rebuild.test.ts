import { copyFileSync, existsSync, openSync, readFileSync, renameSync, writeSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { fsck } from '../../../src-main/ledger/audit.ts'
import { PAGE_BYTES, openChecked } from '../../../src-main/ledger/checked-file.ts'
import { damageBehind, damageOf } from '../../../src-main/ledger/errors.ts'
import { hashCheck } from '../../../src-main/ledger/hash-check.ts'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import { openOrRebuild } from '../../../src-main/ledger/open-or-rebuild.ts'
import { openReader } from '../../../src-main/ledger/reader.ts'
import { rebuildLedger } from '../../../src-main/ledger/rebuild.ts'
import { askForRebuild } from '../../../src-main/ledger/rebuilt-file.ts'
import { toHex } from '../../../src-main/wire/bytes.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { codeOf } from './code-of.ts'
import { addon } from './drive.ts'
import { ASSET, recorded } from './recorded.ts'
import type { Recorded } from './recorded.ts'

let original: Recorded | null = null
beforeAll(() => {
  original = recorded(temporaryFolder(afterAll), 140)
  original.ledger.close()
})

function copied(): { file: string; record: Recorded } {
  const record = original as Recorded
  const file = join(temporaryFolder(onTestFinished), 'ledger.db')
  copyFileSync(record.file, file)
  return { file, record }
}

/** The last page of each table and index, by its name. */
function pages(file: string): Map<string, number> {
  const database = openChecked(file, { readonly: true })
  const rows = database.prepare('SELECT name, max(pageno) AS page FROM dbstat GROUP BY name').all()
  database.close()
  return new Map((rows as { name: string; page: number }[]).map(({ name, page }) => [name, page]))
}

function flip(file: string, page: number, byte = 5_000): void {
  const at = (page - 1) * PAGE_BYTES + byte
  const handle = openSync(file, 'r+')
  writeSync(handle, Buffer.from([(readFileSync(file)[at] as number) ^ 4]), 0, 1, at)
  closeSync(handle)
}

/** Of the answers of a reader, those that no table but entries and payloads gives. */
function answers(file: string, { bound, free }: Recorded): unknown {
  const reader = openReader(file)
  const span = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER }
  const { height } = reader.blocks.newestSeal()
  const size = reader.histories.at(ASSET, bound, height)?.size ?? 0
  const answer = {
    root: reader.rootAt(reader.size()),
    blocks: reader.blocks.blocks(500),
    series: [bound, free].map((stream) => reader.readings.series(stream, span, 7)),
    leaves: reader.histories.leaves(ASSET, bound, 0, size),
    streams: reader.streams(),
    members: reader.members(),
    checkpoint: reader.checkpoint(),
    proof: reader.state.prove(height, []).root,
    queue: reader.queue(),
    tile: reader.log.tile('tile/0/000'),
  }
  reader.close()
  return answer
}

const RECORD = 'entry payload raft_log queue own_incarnation meta refusal checkpoint cosigned payload_pending'.split(
  ' ',
)

function derivedPages(file: string): [name: string, page: number][] {
  const derived = [...pages(file)].filter(([name]) => !RECORD.includes(name) && name !== 'sqlite_schema')
  expect(derived.length).toBeGreaterThan(20)
  return derived
}

test('a flipped bit in any table or index that follows from the entries is found by the short check', () => {
  const { file, record } = copied()
  for (const [name, page] of derivedPages(file)) {
    copyFileSync(record.file, file)
    flip(file, page)
    expect([name, hashCheck({ file, addon })]).toMatchObject([
      name,
      { verdict: 'changed', firstBad: { derived: true } },
    ])
  }
})

test('flipped bits in all tables and indexes that follow from the entries are made good: every answer is as before', () => {
  const { file, record } = copied()
  for (const [, page] of derivedPages(file)) flip(file, page)
  const progress: number[] = []
  const rebuilt = rebuildLedger({ file, addon, onProgress: (done) => progress.push(done) })
  expect(fsck({ file, addon })).toMatchObject({ verdict: 'unchanged' })
  expect(answers(file, record)).toEqual(answers(record.file, record))
  expect(progress.at(-1)).toBe(rebuilt.entries)
})

test('a ledger whose state or history is damaged rebuilds itself when it is opened, and goes on', () => {
  for (const table of ['state_row', 'history', 'stream_cursor', 'state_key']) {
    const { file, record } = copied()
    flip(file, pages(file).get(table) as number)
    expect(codeOf(() => openLedger({ addon, file }))).toBe('database_damaged')
    const { ledger, rebuilt } = openOrRebuild({ addon, file }, null)
    expect(rebuilt?.why).toContain('is not what was written')
    expect(ledger.size).toBe(rebuilt?.what.entries)
    expect(toHex(ledger.root())).toBe(toHex(openReader(record.file).rootAt(ledger.size)))
    expect(ledger.queue.count()).toBe(1)
    ledger.close()
    expect(fsck({ file, addon }).verdict).toBe('unchanged')
  }
})

test('a writer that met damage asks the next start for a rebuild, once', () => {
  const { file } = copied()
  flip(file, pages(file).get('entry_by_time') as number)
  const stopped = new Error('a pass could not be applied', {
    cause: damageOf('ledger.db', 'page 3 is not what was written'),
  })
  askForRebuild(file, damageBehind(stopped) ?? '')
  const { ledger, rebuilt } = openOrRebuild({ addon, file }, null)
  ledger.close()
  expect(rebuilt?.why).toContain('page 3 is not what was written')
  expect(hashCheck({ file, addon }).verdict).toBe('unchanged')
  const again = openOrRebuild({ addon, file }, null)
  again.ledger.close()
  expect(again.rebuilt).toBe(null)
})

test('a rebuild that was asked for and cannot be done is told, and the ledger is gone on with', () => {
  const { file } = copied()
  flip(file, pages(file).get('checkpoint') as number)
  askForRebuild(file, 'page 3 is not what was written')
  const { ledger, rebuilt, failed } = openOrRebuild({ addon, file }, null)
  ledger.close()
  expect([rebuilt, failed]).toEqual([null, expect.stringContaining('is not what was written')])
})

test('a damaged entry or payload is named and never replaced: nothing is rebuilt', () => {
  for (const table of ['entry', 'payload']) {
    const { file } = copied()
    const database = openChecked(file, {})
    database.exec(
      table === 'entry'
        ? 'UPDATE entry SET bytes = (SELECT bytes FROM entry WHERE idx = 20) WHERE idx = 21'
        : 'UPDATE payload SET bytes = (SELECT bytes FROM payload WHERE id = 4) WHERE id = 5',
    )
    database.close()
    const before = readFileSync(file)
    expect(codeOf(() => rebuildLedger({ file, addon }))).toBe('replay_differs')
    expect(readFileSync(file)).toEqual(before)
    expect(existsSync(`${file}.rebuilding`)).toBe(false)
  }
})

test('what follows from nothing else is carried over only from undamaged pages', () => {
  for (const table of ['checkpoint', 'queue', 'refusal']) {
    const { file } = copied()
    flip(file, pages(file).get(table) as number)
    expect([table, codeOf(() => rebuildLedger({ file, addon }))]).toEqual([table, 'database_damaged'])
  }
})

test('rows of the Raft log are carried over by their own digests', () => {
  const { file } = copied()
  flip(file, pages(file).get('raft_log') as number)
  expect(() => rebuildLedger({ file, addon })).toThrow(/Raft log entry \d+ is not what was appended/)
})

test('a rebuild that was cut off between its two renames is gone on with by the next start', () => {
  const { file, record } = copied()
  const whole = `${file}.rebuilt`
  rebuildLedger({ file, addon })
  renameSync(file, whole)
  copyFileSync(record.file, file)
  flip(file, pages(file).get('state_row') as number)
  copyFileSync(record.file, `${file}.rebuilding`)
  const ledger = openLedger({ addon, file })
  ledger.close()
  expect([existsSync(whole), existsSync(`${file}.rebuilding`)]).toEqual([false, false])
  expect(fsck({ file, addon }).verdict).toBe('unchanged')
})
