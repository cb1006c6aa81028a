import { closeSync, copyFileSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { hashCheck } from '../../../../src-main/ledger/hash-check.ts'
import { PAGE_BYTES, openChecked } from '../../../../src-main/ledger/checked-file.ts'
import { DamagedLedger } from '../../../../src-main/ledger/healing/damaged-ledger.ts'
import { encodeLogRow, hashOfPart, nameText, Parts } from '../../../../src-main/ledger/healing/parts.ts'
import type { LostPart } from '../../../../src-main/ledger/healing/parts.ts'
import { surveyLosses } from '../../../../src-main/ledger/healing/survey.ts'
import { openOrRebuild } from '../../../../src-main/ledger/open-or-rebuild.ts'
import { toHex } from '../../../../src-main/wire/bytes.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { addon } from '../drive.ts'
import { recorded } from '../recorded.ts'
import type { Recorded } from '../recorded.ts'

const hash = (bytes: Uint8Array): Uint8Array => addon.sha256(bytes)

let original: Recorded
let whole: [size: number, root: string]
beforeAll(() => {
  original = recorded(temporaryFolder(afterAll), 140)
  whole = [original.ledger.size, toHex(original.ledger.root())]
  original.ledger.close()
})

function copied(): string {
  const file = join(temporaryFolder(onTestFinished), 'ledger.db')
  copyFileSync(original.file, file)
  return file
}

/** Pages of a table in the file, in order. */
function pagesOf(file: string, table: string): number[] {
  const database = openChecked(file, { readonly: true })
  const pages = database.prepare('SELECT pageno FROM dbstat WHERE name = ? ORDER BY pageno').pluck().all(table)
  database.close()
  return pages as number[]
}

function overwrite(file: string, page: number, from: number, bytes: Uint8Array): void {
  const handle = openSync(file, 'r+')
  writeSync(handle, bytes, 0, bytes.length, (page - 1) * PAGE_BYTES + from)
  closeSync(handle)
}

function flip(file: string, page: number, byte: number): void {
  const at = (page - 1) * PAGE_BYTES + byte
  overwrite(file, page, byte, Buffer.from([(readFileSync(file)[at] as number) ^ 4]))
}

/** What a gateway with an undamaged ledger gives. */
function partsOf(lost: readonly LostPart[], parts: Parts): Parts {
  const undamaged = new DamagedLedger(original.file, new Parts(), hash)
  for (const part of lost) {
    const row = part.kind === 'log' ? undamaged.logRow(part.index) : null
    const bytes =
      part.kind === 'payload'
        ? undamaged.payload(undamaged.payloadRow(part.hash), part.hash)
        : part.kind === 'entry'
          ? undamaged.entry(part.index)?.bytes
          : row && encodeLogRow(row)
    if (bytes) parts.set(part, bytes)
  }
  undamaged.close()
  return parts
}

/** Surveys and fetches until nothing is lost any more, as the gateway does. */
function heal(file: string): { lost: string[]; rounds: number } {
  const parts = new Parts()
  const lost: string[] = []
  for (let rounds = 0; ; rounds++) {
    const round = surveyLosses({ file, addon, genesis: original.channel.genesis, parts })
    if (round.length === 0 || rounds > 3) {
      parts.write(file, hash)
      return { lost, rounds }
    }
    lost.push(...round.map(nameText))
    partsOf(round, parts)
  }
}

function expectHealed(file: string): void {
  const { ledger, rebuilt, failed } = openOrRebuild({ addon, file }, 'damage was found')
  const reread = hashCheck({ file, addon })
  const { size } = ledger
  const root = toHex(ledger.root())
  ledger.close()
  expect([failed, rebuilt?.what.entries, reread.verdict]).toEqual([null, size, 'unchanged'])
  expect([size, root]).toEqual(whole)
}

test('nothing is lost of a ledger that is as it was written', () => {
  const file = copied()
  expect(heal(file)).toEqual({ lost: [], rounds: 0 })
})

test('a flipped byte anywhere in entries, payloads or the Raft log is healed with what another gateway has', () => {
  for (const table of ['entry', 'payload', 'raft_log']) {
    const pages = pagesOf(original.file, table)
    for (const page of [pages[Math.floor(pages.length / 2)], pages.at(-1)] as number[]) {
      for (const byte of [3, PAGE_BYTES - 20, PAGE_BYTES - 3]) {
        const file = copied()
        flip(file, page, byte)
        heal(file)
        expectHealed(file)
      }
    }
  }
}, 120_000)

test('a page of zeros takes every row on it, and all of them are healed', () => {
  for (const table of ['entry', 'payload', 'raft_log']) {
    const pages = pagesOf(original.file, table)
    const file = copied()
    overwrite(file, pages[Math.floor(pages.length / 2)] as number, 0, new Uint8Array(PAGE_BYTES))
    const { lost } = heal(file)
    expect([table, lost.length > 0]).toEqual([table, true])
    expectHealed(file)
  }
})

test('the newest page of entries is healed too: how many there were, others say', () => {
  const file = copied()
  const pages = pagesOf(original.file, 'entry')
  const database = openChecked(file, { readonly: true })
  const newest = database.prepare('SELECT max(idx) FROM entry').pluck().get() as number
  database.close()
  const damaged = new DamagedLedger(file, new Parts(), hash)
  expect(damaged.size).toBe(newest + 1)
  damaged.close()
  overwrite(file, pages.at(-1) as number, 0, new Uint8Array(PAGE_BYTES))
  heal(file)
  expectHealed(file)
})

test('a changed tile makes no entry lost: its signature and its place tell that it is whole', () => {
  const file = copied()
  const database = openChecked(file, {})
  database.exec('UPDATE tile SET hashes = zeroblob(length(hashes))')
  database.close()
  expect(heal(file)).toEqual({ lost: [], rounds: 0 })
  expectHealed(file)
})

test('a lost entry and its lost payload are found one after the other', () => {
  const file = copied()
  const database = openChecked(file, {})
  const [entry, payload] = database
    .prepare('SELECT idx, payload FROM entry WHERE payload IS NOT NULL AND idx > 30')
    .raw()
    .get() as [number, number]
  database.prepare('UPDATE entry SET bytes = zeroblob(200) WHERE idx = ?').run(entry)
  database.prepare('UPDATE payload SET bytes = zeroblob(100) WHERE id = ?').run(payload)
  database.close()
  const { lost, rounds } = heal(file)
  // The payload is named by the Raft log as well: it is known to be lost before the entry is there again.
  expect(lost).toContain(`entry ${entry}`)
  expect(lost.some((name) => name.startsWith('payload '))).toBe(true)
  expect(rounds).toBeLessThan(3)
  expectHealed(file)
})

test('a row of the log that is of a later term than the one behind it is not the one that was confirmed here', () => {
  const file = copied()
  const database = openChecked(file, {})
  const [last] = database.prepare('SELECT max(idx) FROM raft_log').raw().get() as [number]
  database.prepare('UPDATE raft_log SET data = zeroblob(9), digest = zeroblob(32) WHERE idx = ?').run(last - 1)
  database.close()
  const parts = new Parts()
  const survey = (): LostPart[] => surveyLosses({ file, addon, genesis: original.channel.genesis, parts })
  expect(survey()).toMatchObject([{ kind: 'log', index: last - 1 }])
  parts.set({ kind: 'log', index: last - 1 }, encodeLogRow({ term: 99, kind: 0, data: new Uint8Array([0]) }))
  expect(survey).toThrow(/of a later term than the one behind it/)
})

test('what an earlier repair had takes the place of nothing that is whole', () => {
  const file = copied()
  const parts = new Parts()
  const other = encodeLogRow({ term: 9, kind: 0, data: Buffer.from('another') })
  const damaged = new DamagedLedger(file, parts, hash)
  const { first } = damaged.log()
  const [row, entry] = [damaged.logRow(first), damaged.entry(7)]
  parts.set({ kind: 'log', index: first }, other)
  parts.set({ kind: 'entry', index: 7 }, Buffer.from('another'))
  expect([damaged.logRow(first), damaged.entry(7)]).toEqual([row, entry])
  damaged.close()
})

test('what was fetched outlives an end of the process, and counts only as it was written', () => {
  const file = copied()
  const parts = new Parts()
  parts.set({ kind: 'entry', index: 7 }, Buffer.from('seven'))
  parts.set({ kind: 'payload', hash: 'ab'.repeat(32) }, Buffer.from('payload'))
  parts.write(file, hash)
  const read = Parts.read(file, hash)
  expect(read.names().map(nameText)).toEqual(['entry 7', `payload ${'ab'.repeat(32)}`])
  expect(read.get({ kind: 'entry', index: 7 })).toEqual(new Uint8Array(Buffer.from('seven')))
  const kept = readFileSync(`${file}.parts`)
  kept[kept.length - 1] = (kept.at(-1) as number) ^ 1
  overwriteFile(`${file}.parts`, kept)
  expect(Parts.read(file, hash).count).toBe(0)
})

function overwriteFile(path: string, bytes: Uint8Array): void {
  const handle = openSync(path, 'r+')
  writeSync(handle, bytes, 0, bytes.length, 0)
  closeSync(handle)
}

test('a row of the Raft log is told by its position, term, kind and data', () => {
  const row = encodeLogRow({ term: 3, kind: 0, data: Buffer.from('data') })
  const one = hashOfPart(hash, { kind: 'log', index: 9 }, row)
  expect(one).not.toEqual(hashOfPart(hash, { kind: 'log', index: 10 }, row))
  expect(one).not.toEqual(
    hashOfPart(hash, { kind: 'log', index: 9 }, encodeLogRow({ term: 4, kind: 0, data: Buffer.from('data') })),
  )
  expect(hashOfPart(hash, { kind: 'log', index: 9 }, new Uint8Array(4))).toBe(null)
})
