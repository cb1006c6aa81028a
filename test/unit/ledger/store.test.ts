import Database from 'better-sqlite3'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openChecked } from '../../../src-main/ledger/checked-file.ts'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import type { Ledger } from '../../../src-main/ledger/ledger.ts'
import { toHex } from '../../../src-main/wire/bytes.ts'
import { TestChannel, proposal } from '../../support/channel.ts'
import { codeOf } from './code-of.ts'
import { addon, commit, commitOne, seal, testLedger } from './drive.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { recorded } from './recorded.ts'

const nothing = { truncateFrom: null, append: [], hardState: null, apply: [] } as const

/** Bytes as hex, whether they come from the addon, SQLite or neither. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]))
}

test('synchronous=FULL and WAL are in force on disk', () => {
  const folder = temporaryFolder(onTestFinished)
  const { file, ledger } = recorded(folder, 2)
  const database = new Database(file, { readonly: true })
  expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
  database.close()
  ledger.close()
})

test('what was committed is there after opening again, byte for byte', () => {
  const folder = temporaryFolder(onTestFinished)
  const { file, channel, ledger, bound } = recorded(folder, 30)
  commit(ledger, channel.batch(channel.member(1), channel.floats(bound, 90, [1, 2])))
  const view = (of: Ledger): unknown => [
    of.size,
    toHex(of.root()),
    toHex(of.closedStateRoot()),
    of.sealDraft(),
    of.raft.initial(),
    of.queue.last(),
    of.queue.bytes(),
    of.readings,
    of.signingCursor(channel.member(0).actor),
    of.streamCursor(bound),
    of.checkpoint(),
    of.members(),
  ]
  const before = plain(view(ledger))
  ledger.close()
  const again = openLedger({ addon, file, genesis: channel.genesis })
  expect(plain(view(again))).toEqual(before)
  expect(commitOne(again, channel.batch(channel.member(1), channel.floats(bound, 92, [3]))).outcome).toBe('accepted')
  again.close()
})

test('a crash before COMMIT leaves nothing, one after it everything; the ledger takes no more calls', () => {
  for (const point of ['before-commit', 'after-commit'] as const) {
    let armed = false
    const { channel, ledger } = testLedger(
      {},
      {
        faults: (at) => {
          if (armed && at === point) throw new Error('power cut')
        },
      },
    )
    commitOne(ledger, channel.openStream(channel.member(1), 'press', 'temperature'))
    const sizeBefore = ledger.size
    armed = true
    const next = channel.registerAsset(channel.member(1), 'urn:own:van-1')
    expect(codeOf(() => commitOne(ledger, next))).toBe('commit_failed')
    expect(codeOf(() => ledger.commitPass(nothing))).toBe('commit_failed')
    const image = ledger.image()
    ledger.close()
    const again = openLedger({ addon, memory: true, image })
    expect(again.size).toBe(point === 'before-commit' ? sizeBefore : sizeBefore + 1)
    expect(commitOne(again, next).outcome).toBe(point === 'before-commit' ? 'accepted' : 'duplicate')
  }
})

test('a full disk is said, nothing is lost, and writing goes on after opening again', () => {
  let full = false
  const { channel, ledger } = testLedger(
    {},
    {
      faults: () => {
        if (full) throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL')
      },
    },
  )
  const opened = channel.openStream(channel.member(1), 'press', 'temperature')
  full = true
  expect(codeOf(() => commitOne(ledger, opened))).toBe('disk_full')
  const again = openLedger({ addon, memory: true, image: ledger.image() })
  expect(commitOne(again, opened).outcome).toBe('accepted')
})

test('the Raft log gives entries back as they were appended, cut at a size', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'press', 'temperature')
  const batch = channel.batch(gateway, channel.floats(opened.stream, 0, [1, 2, 3]))
  const entries = [
    proposal(1, [opened, batch]),
    { index: 2, term: 1, kind: 0 as const, data: Buffer.alloc(0) },
    { index: 3, term: 2, kind: 1 as const, data: Buffer.from('change') },
    { index: 4, term: 2, kind: 0 as const, data: Buffer.from('no proposal of ours') },
  ]
  ledger.commitPass({ ...nothing, append: entries, hardState: { term: 2, vote: 3, commit: 4 } })
  expect(ledger.raft.entries(1, 5, 1e9)).toEqual(entries)
  expect(ledger.raft.entries(1, 5, 1).length).toBe(1)
  expect(ledger.raft.initial()).toMatchObject({ term: 2, vote: 3, commit: 4, applied: 0, lastIndex: 4 })
  const again = openLedger({ addon, memory: true, image: ledger.image() })
  expect(again.raft.entries(1, 5, 1e9)).toEqual(entries)
  const outcomes = again.commitPass({
    ...nothing,
    apply: entries,
    confState: { voters: [1, 2], learners: [3], votersOutgoing: [], learnersNext: [] },
  })
  // Whoever led when the last one was appended is told by it.
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'bad'])
  expect(again.raft.initial()).toMatchObject({ applied: 4, voters: [1, 2], learners: [3] })
  again.commitPass({ ...nothing, compactTo: 3 })
  expect(again.raft.initial()).toMatchObject({ snapshotIndex: 3, snapshotTerm: 2, lastIndex: 4 })
  expect(codeOf(() => again.raft.entries(3, 5, 1e9))).toBe('not_found')
  expect(again.raft.entries(4, 5, 1e9)).toEqual(entries.slice(3))
})

test('a payload of the Raft log that was changed on disk is given to nobody; what lies before it is', () => {
  const folder = temporaryFolder(onTestFinished)
  const channel = new TestChannel(addon)
  const file = join(folder, 'ledger.db')
  const ledger = openLedger({ addon, file, genesis: channel.genesis })
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'press', 'temperature')
  commit(ledger, opened)
  commit(ledger, channel.batch(gateway, channel.floats(opened.stream, 0, [1, 2, 3])))
  seal(channel, ledger)
  ledger.close()
  const database = new Database(file)
  const { id, bytes } = database.prepare('SELECT id, bytes FROM payload').get() as { id: number; bytes: Buffer }
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  database.prepare('UPDATE payload SET bytes = ? WHERE id = ?').run(bytes, id)
  database.close()
  const again = openLedger({ addon, file, genesis: channel.genesis })
  expect(again.raft.entries(1, 4, 1e9).map(({ index }) => index)).toEqual([1])
  expect(codeOf(() => again.raft.entries(2, 4, 1e9))).toBe('raft_log_damaged')
  expect(again.raft.term(2)).toBe(1)
  again.close()
})

test('a log of many rows is read, cut off and forgotten in parts', () => {
  const { ledger } = testLedger()
  const entries = Array.from({ length: 1_000 }, (_, i) => proposal(i + 1, []))
  ledger.commitPass({
    ...nothing,
    append: entries,
    hardState: { term: 1, vote: 1, commit: 900 },
    apply: entries.slice(0, 900),
  })
  expect(ledger.raft.entries(1, 1_001, 1e9)).toHaveLength(1_000)
  ledger.commitPass({ ...nothing, truncateFrom: 950 })
  expect(ledger.raft.initial().lastIndex).toBe(949)
  ledger.commitPass({ ...nothing, compactTo: 700 })
  expect(ledger.raft.entries(701, 950, 1e9)).toHaveLength(249)
  expect(ledger.raft.initial()).toMatchObject({ snapshotIndex: 700, snapshotTerm: 1 })
})

test('a log that is cut off leaves no payload behind, and a shared one stays', () => {
  const folder = temporaryFolder(onTestFinished)
  const channel = new TestChannel(addon)
  const file = join(folder, 'ledger.db')
  const ledger = openLedger({ addon, file, genesis: channel.genesis })
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'press', 'temperature')
  const batch = channel.batch(gateway, channel.floats(opened.stream, 0, [1, 2, 3]))
  const lost = channel.batch(gateway, channel.floats(opened.stream, 3, [4]))
  commit(ledger, opened)
  ledger.commitPass({
    ...nothing,
    append: [proposal(2, [batch]), proposal(3, [lost]), proposal(4, [batch])],
    hardState: null,
  })
  const payloads = (): number => {
    const database = new Database(file, { readonly: true })
    const count = database
      .prepare('SELECT (SELECT count(*) FROM payload) * 10 + (SELECT count(*) FROM payload_pending)')
      .pluck()
      .get() as number
    database.close()
    return count
  }
  expect(payloads()).toBe(22)
  const replaced = proposal(3, [], 2)
  ledger.commitPass({ ...nothing, truncateFrom: 3, append: [replaced], hardState: { term: 2, vote: 0, commit: 3 } })
  expect(payloads()).toBe(11)
  ledger.commitPass({ ...nothing, apply: [proposal(2, [batch]), replaced] })
  expect(payloads()).toBe(10)
  ledger.close()
})

test('payloads of statements that were never accepted go with the compacted log', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'press', 'temperature')
  commit(ledger, opened, channel.batch(gateway, channel.floats(opened.stream, 7, [1])))
  commit(ledger, channel.batch(gateway, channel.floats(opened.stream, 0, [1])))
  ledger.commitPass({ ...nothing, compactTo: 2 })
  const database = new Database(Buffer.from(ledger.image()))
  expect(database.prepare('SELECT count(*) FROM payload').pluck().get()).toBe(1)
  expect(database.prepare('SELECT count(*) FROM payload_pending').pluck().get()).toBe(0)
  expect(ledger.raft.bytes()).toBe(0)
})

test('indices must be contiguous and what is applied is never cut off', () => {
  const { channel, ledger } = testLedger()
  commit(ledger, channel.openStream(channel.member(1), 'press', 'temperature'))
  const again = (): Ledger => openLedger({ addon, memory: true, image: ledger.image() })
  expect(codeOf(() => again().commitPass({ ...nothing, append: [proposal(3, [])] }))).toBe('out_of_order')
  expect(codeOf(() => again().commitPass({ ...nothing, truncateFrom: 1 }))).toBe('out_of_order')
  expect(codeOf(() => again().commitPass({ ...nothing, apply: [proposal(3, [])] }))).toBe('out_of_order')
})

test('a queued statement stays until it is applied, over a restart, and then goes in the same transaction', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'press', 'temperature')
  const batch = channel.batch(gateway, channel.floats(opened.stream, 0, [1, 2, 3]))
  ledger.commitPass({ ...nothing, enqueue: [opened, batch] })
  expect(ledger.queue.pending(10)).toEqual(
    [{ ...opened, stream: undefined }, batch].map(
      ({ incarnation, sequence, entry, payload, statementHash, readings }) => ({
        incarnation,
        sequence,
        entry: Buffer.from(entry),
        payload: payload === null ? null : Buffer.from(payload),
        statementHash: Buffer.from(statementHash),
        readings,
      }),
    ),
  )
  const again = openLedger({ addon, memory: true, image: ledger.image() })
  expect(again.queue.pending(10, 0).map(({ sequence }) => sequence)).toEqual([1])
  expect([again.queue.count(), again.queue.readings()]).toEqual([2, 3])
  expect(again.signingCursor(gateway.actor)).toMatchObject({ sequence: 2 })
  expect(toHex(again.signingCursor(gateway.actor).previous as Uint8Array)).toBe(toHex(batch.statementHash))
  commit(again, opened, batch)
  expect([again.queue.count(), again.queue.readings(), again.queue.bytes(), again.queue.last()]).toEqual([
    0,
    0,
    0,
    null,
  ])
  expect(again.signingCursor(gateway.actor)).toMatchObject({ sequence: 2 })
})

test('a queued statement that was found invalid is kept apart until its readings are signed again', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'press', 'temperature')
  const broken = channel.batch(gateway, channel.floats(opened.stream, 9, [1]))
  ledger.commitPass({ ...nothing, enqueue: [opened, broken] })
  commit(ledger, opened, broken)
  expect(ledger.queue.count()).toBe(0)
  const again = openLedger({ addon, memory: true, image: ledger.image() })
  expect(again.queue.pending(10)).toEqual([])
  expect(again.queue.refused(10)).toMatchObject([{ sequence: 1, reason: 'sequence-break' }])
  expect(again.queue.refused(10)[0]?.payload).toEqual(Buffer.from(broken.payload as Uint8Array))
  again.discardRefused(again.queue.refused(1)[0]?.id ?? 0)
  expect(again.queue.refused(10)).toEqual([])
})

test('a genesis must be the one the store began with, well signed, and name its own channel', () => {
  const channel = new TestChannel(addon)
  const other = new TestChannel(addon, { seed: 'other' })
  const ledger = openLedger({ addon, memory: true, genesis: channel.genesis })
  expect(codeOf(() => openLedger({ addon, memory: true, image: ledger.image(), genesis: other.genesis }))).toBe(
    'genesis_differs',
  )
  expect(codeOf(() => openLedger({ addon, memory: true }))).toBe('genesis_missing')
  const forged = channel.genesis.slice()
  forged[forged.length - 3] = (forged.at(-3) as number) ^ 1
  expect(codeOf(() => openLedger({ addon, memory: true, genesis: forged }))).toBe('genesis_refused')
  const event = channel.event(channel.member(0), 'gateway.alive', {})
  expect(codeOf(() => openLedger({ addon, memory: true, genesis: event.entry }))).toBe('genesis_refused')
})

test('a newer schema, a foreign database and a damaged state are refused with what to do', () => {
  const folder = temporaryFolder(onTestFinished)
  const { file, ledger } = recorded(folder, 3)
  ledger.close()
  const open = (sql: string): string => {
    const copy = join(folder, 'copy.db')
    copyFileSync(file, copy)
    const database = openChecked(copy, {})
    database.exec(sql)
    database.close()
    return codeOf(() => openLedger({ addon, file: copy }))
  }
  expect(open('PRAGMA user_version = 99')).toBe('newer_schema')
  expect(open('PRAGMA user_version = 1')).toBe('older_schema')
  expect(open('PRAGMA application_id = 1')).toBe('not_a_ledger')
  expect(open('UPDATE state_row SET value = zeroblob(40) WHERE from_height = 0')).toBe('database_damaged')
  expect(open('DELETE FROM payload WHERE id = (SELECT payload FROM entry WHERE kind = 0 ORDER BY idx LIMIT 1)')).toBe(
    'payload_missing',
  )
})

test('no two tree heads are cosigned: never another root for a size, never a smaller size', () => {
  const { ledger } = testLedger()
  const root = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
  expect(ledger.mayCosign(5, root(1))).toBe(true)
  expect(ledger.mayCosign(5, root(1))).toBe(true)
  expect(ledger.mayCosign(5, root(2))).toBe(false)
  expect(ledger.mayCosign(4, root(1))).toBe(false)
  const again = openLedger({ addon, memory: true, image: ledger.image() })
  expect(again.mayCosign(5, root(2))).toBe(false)
  expect(again.mayCosign(9, root(3))).toBe(true)
  expect(again.mayCosign(8, root(3))).toBe(false)
})

test('a checkpoint is kept only where it is this ledger right after a seal; one line a key', () => {
  const { channel, ledger } = testLedger()
  commitOne(ledger, channel.openStream(channel.member(1), 'press', 'temperature'))
  const { root } = seal(channel, ledger)
  const body = (size: number, of: Uint8Array): string =>
    `${ledger.origin}\n${size}\n${Buffer.from(of).toString('base64')}\n`
  const line = (name: string, signature: string): string =>
    `— ${name} ${Buffer.from(signature.padEnd(68, 'x')).toString('base64')}`
  const good = root as Uint8Array
  expect(codeOf(() => ledger.addCheckpointLines(3, body(3, new Uint8Array(32)), []))).toBe('checkpoint_refused')
  expect(codeOf(() => ledger.addCheckpointLines(2, body(2, good), []))).toBe('checkpoint_refused')
  expect(codeOf(() => ledger.saveCheckpoint(`other.log/x\n3\n${Buffer.from(good).toString('base64')}\n\n`))).toBe(
    'checkpoint_refused',
  )
  expect(toHex(ledger.checkpointRoot(3) as Uint8Array)).toBe(toHex(good))
  expect(ledger.checkpointRoot(2)).toBe(null)
  ledger.addCheckpointLines(3, body(3, good), [line('a', 'keyAone')])
  ledger.addCheckpointLines(3, body(3, good), [line('a', 'keyAtwo'), line('b', 'keyBone')])
  expect(ledger.checkpoint()).toBe(`${body(3, good)}\n${line('a', 'keyAone')}\n${line('b', 'keyBone')}\n`)
  expect(commitOne(ledger, channel.registerAsset(channel.member(0), 'urn:own:x')).outcome).toBe('accepted')
})

test('a payload that is missing beyond the newest seal stops the replica; an older damaged one does not', () => {
  const folder = temporaryFolder(onTestFinished)
  const { file, ledger, channel, bound } = recorded(folder, 3)
  commit(ledger, channel.batch(channel.member(1), channel.floats(bound, 9, [1])))
  const { size } = ledger
  ledger.close()
  const opened = (sql: string): string => {
    const copy = join(folder, 'copy.db')
    copyFileSync(file, copy)
    const database = openChecked(copy, {})
    database.exec(sql)
    database.close()
    return codeOf(() => {
      const again = openLedger({ addon, file: copy })
      expect(again.size).toBe(size)
      again.close()
    })
  }
  const payloadOf = (order: string): string =>
    `(SELECT payload FROM entry WHERE kind = 0 AND readings > 0 ORDER BY idx ${order} LIMIT 1)`
  expect(opened(`DELETE FROM payload WHERE id = ${payloadOf('DESC')}`)).toBe('payload_missing')
  expect(opened(`UPDATE payload SET bytes = zeroblob(80) WHERE id = ${payloadOf('DESC')}`)).toBe('replay_differs')
  expect(opened(`UPDATE payload SET bytes = zeroblob(80) WHERE id = ${payloadOf('ASC')}`)).toBe('nothing thrown')
})
