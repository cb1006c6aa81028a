import type { CoreEvents, CoreEventType } from '../../../../src-main/record/kinds.ts'
import { replacementProof } from '../../../../src-main/record/kinds/key-trust.ts'
import { enrolment, testPerson, type TestPerson } from '../../../support/people.ts'
import { closeSync, copyFileSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { MissingReason } from '../../../../src-main/gateway/healing/part-fetcher.ts'
import { openHealed } from '../../../../src-main/gateway/healing/heal-at-start.ts'
import { LedgerError } from '../../../../src-main/ledger/errors.ts'
import { hashCheck } from '../../../../src-main/ledger/hash-check.ts'
import { PAGE_BYTES, openChecked } from '../../../../src-main/ledger/checked-file.ts'
import { DamagedLedger } from '../../../../src-main/ledger/healing/damaged-ledger.ts'
import { encodeLogRow, hashOfPart, nameText, Parts } from '../../../../src-main/ledger/healing/parts.ts'
import type { LostPart } from '../../../../src-main/ledger/healing/parts.ts'
import { surveyLosses } from '../../../../src-main/ledger/healing/survey.ts'
import { openOrRebuild } from '../../../../src-main/ledger/open-or-rebuild.ts'
import { toHex } from '../../../../src-main/wire/bytes.ts'
import { encodeProposal } from '../../../../src-main/wire/proposal.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { keyProof } from '../../../../src-main/record/kinds/key.ts'
import { testKey } from '../../../support/channel.ts'
import { addon, commitOne } from '../drive.ts'
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

test('nothing is lost of one that people sign, with keys that were given to them', () => {
  const { file, ledger, channel } = recorded(temporaryFolder(onTestFinished), 5)
  const admin = testPerson(channel.member(2), 'A. Admin', 'member-admin')
  const other = testPerson(channel.member(2), 'O. Other', 'technician')
  const says = <T extends CoreEventType>(person: TestPerson, type: T, body: CoreEvents[T]): void => {
    const occurredAtUs = Math.max(channel.nowUs(), ledger.lastSeal().timeUs)
    const said = channel.event(person, type, body, { role: person.role, occurredAtUs })
    expect(commitOne(ledger, said).outcome).toBe('accepted')
  }
  const seen = { place: 'gateway-1', name: 'O. Other', reason: '' }
  const enrolled = channel.event(channel.member(2), 'person.enrolled', enrolment(channel, admin))
  expect(commitOne(ledger, enrolled).outcome).toBe('accepted')
  says(admin, 'person.enrolled', enrolment(channel, other))
  says(other, 'alarm.acknowledged', seen)
  const next = testKey('given anew', 'entry')
  const proof = next.sign(replacementProof(channel.channel, other.actor))
  says(admin, 'key.replaced', { actor: other.actor, use: 'entry', alg: 1, public: next.public, proof })
  Object.assign(other.keys, { entry: next })
  says(other, 'alarm.acknowledged', seen)
  ledger.close()
  expect(surveyLosses({ file, addon, genesis: channel.genesis, parts: new Parts() })).toEqual([])
})

test('nothing is lost of one that is signed by keys that took the place of others', () => {
  const { file, ledger, channel } = recorded(temporaryFolder(onTestFinished), 5)
  const gateway = channel.member(2)
  const next = testKey('another', 'entry')
  const replaces = gateway.keys.entry.keyId
  const proof = next.sign(keyProof(channel.channel, gateway.actor, replaces))
  const body = { use: 'entry', alg: 1, public: next.public, replaces, proof } as const
  expect(commitOne(ledger, channel.event(gateway, 'key.rotated', body)).outcome).toBe('accepted')
  gateway.keys.entry = next
  for (let i = 0; i < 5; i++) commitOne(ledger, channel.event(gateway, 'gateway.alive', {}))
  ledger.close()
  expect(surveyLosses({ file, addon, genesis: channel.genesis, parts: new Parts() })).toEqual([])
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
}, 180_000)

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

test('rows beyond what is committed that nobody else ever had end the log before them, and the ledger counts as an old one', async () => {
  const folder = temporaryFolder(onTestFinished)
  const { file, ledger, channel, free } = recorded(folder, 10, { ledgerId: new Uint8Array(16).fill(7) })
  const { lastIndex, term } = ledger.raft.initial()
  const row = (index: number, from: number) => {
    const proposal = encodeProposal([channel.batch(channel.member(2), channel.floats(free, from, [1, 2]))])
    return { index: lastIndex + index, term, kind: 0 as const, data: Buffer.from(proposal) }
  }
  const append = [row(1, 500), row(2, 502), row(3, 504)]
  ledger.commitPass({ truncateFrom: null, append, hardState: null, apply: [] })
  const before = [ledger.size, toHex(ledger.root())]
  const { counter } = ledger.memory.identity
  ledger.close()
  const database = openChecked(file, {})
  const newest = database.prepare('SELECT max(id) FROM payload').pluck().get() as number
  // The readings of the second row; the rows themselves are whole.
  database.prepare('UPDATE payload SET bytes = zeroblob(9) WHERE id = ?').run(newest - 1)
  database.close()
  const asked: LostPart[][] = []
  const options = {
    file,
    addon,
    genesis: channel.genesis,
    places: { evidence: join(folder, 'evidence'), repair: join(folder, 'repair.json') },
  }
  const fetch = (why: MissingReason, isToldByEnough: boolean) => async (lost: readonly LostPart[]) => {
    asked.push([...lost])
    const missing = lost.map((part) => ({ part, why, isToldByEnough }))
    return await Promise.resolve({ parts: new Parts(), missing, from: [] })
  }
  let opened = 0
  const open = () => {
    if (opened++ % 2 === 0) throw new LedgerError('raft_log_damaged', 'a payload is damaged')
    return openOrRebuild({ addon, file }, null)
  }
  // One who says that he has it not may be a liar, and others may have it.
  await expect(openHealed(open, { ...options, fetch: fetch('nobody-has-it', false) })).rejects.toThrow(
    /a payload that waits/,
  )
  opened = 0
  const { ledger: whole, failed } = await openHealed(open, { ...options, fetch: fetch('nobody-has-it', true) })
  const { lastIndex: end, commit } = whole.raft.initial()
  const after = [whole.size, toHex(whole.root())]
  const isOlder = whole.memory.broken && whole.memory.identity.counter >= counter
  whole.close()
  expect(asked.map((lost) => lost.map(({ kind, tail }) => [kind, tail]))).toEqual([
    [['payload', lastIndex + 2]],
    [['payload', lastIndex + 2]],
  ])
  expect([failed, end, commit <= end, isOlder, after]).toEqual([null, lastIndex + 1, true, true, before])
  expect(hashCheck({ file, addon }).verdict).toBe('unchanged')
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
