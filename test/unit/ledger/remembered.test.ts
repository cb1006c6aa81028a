import { existsSync, statSync, writeFileSync, readFileSync, copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openChecked } from '../../../src-main/ledger/checked-file.ts'
import { openLedger, type LedgerOptions } from '../../../src-main/ledger/ledger.ts'
import { syncBeforeUse } from '../../../src-main/ledger/synced-file.ts'
import { TestChannel } from '../../support/channel.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { codeOf } from './code-of.ts'
import { addon, seal, commitOne } from './drive.ts'
import { recorded } from './recorded.ts'

/** A ledger on disk, its file changed by `change` through pages whose digests hold, and what opening it again says. */
function opened(change: string, options: Partial<LedgerOptions> = {}): string | null {
  const folder = temporaryFolder(onTestFinished)
  const { file, ledger } = recorded(folder, 4)
  ledger.close()
  const database = openChecked(file, {})
  database.exec(change)
  database.close()
  let code: string | null = null
  try {
    openLedger({ addon, file, ...options }).close()
  } catch (error) {
    code = (error as { code: string }).code
  }
  return code
}

test.each([
  ['term', `replace(value, '"term":1', '"term":2')`],
  ['vote', `replace(value, '"vote":1', '"vote":2')`],
  ['voters', `replace(value, '"voters":[1', '"voters":[9')`],
  ['counter', `replace(value, '"counter":', '"counter":1')`],
  ['snapshot term', `replace(value, '"snapshotTerm":0', '"snapshotTerm":1')`],
  ['its digest', `'0' || substr(value, 2)`],
])('%s changed on disk is refused, not voted from', (_what, changed) => {
  expect(opened(`UPDATE meta SET value = ${changed} WHERE name = 'raft'`)).toBe('raft_state_damaged')
})

test.each([
  ['gone', 'DELETE FROM raft_log WHERE idx = (SELECT max(idx) FROM raft_log)'],
  ['another one', `UPDATE raft_log SET digest = zeroblob(32) WHERE idx = (SELECT max(idx) FROM raft_log)`],
])('a last log row that is %s is refused', (_what, change) => {
  expect(opened(change)).toBe('raft_state_damaged')
})

test('an unchanged file opens', () => {
  expect(opened('SELECT 1')).toBeNull()
})

test("a ledger belongs to its gateway: another's is refused by name, in a swapped folder too", () => {
  const folder = temporaryFolder(onTestFinished)
  const channel = new TestChannel(addon, { members: 2 })
  const [own, other] = [0, 1].map((index) => {
    const { actor } = channel.member(index)
    const file = join(folder, `${index}.db`)
    openLedger({ addon, file, genesis: channel.genesis, actor }).close()
    return { actor, file }
  }) as [
    { actor: LedgerOptions['actor'] & string; file: string },
    { actor: LedgerOptions['actor'] & string; file: string },
  ]
  copyFileSync(other.file, own.file)
  const open = (): unknown => openLedger({ addon, file: own.file, actor: own.actor })
  expect(codeOf(open)).toBe('foreign_ledger')
  expect(open).toThrow(other.actor)
  openLedger({ addon, file: own.file, actor: other.actor }).close()
})

test('everything that is made durable raises the counter, and it is there after opening again', () => {
  const folder = temporaryFolder(onTestFinished)
  const { file, channel, ledger, bound } = recorded(folder, 2)
  const { counter: before, ledger: id } = ledger.memory.identity
  commitOne(ledger, channel.batch(channel.member(1), channel.floats(bound, 6, [1])))
  const { counter: batch } = ledger.memory.identity
  expect(batch).toBeGreaterThan(before)
  seal(channel, ledger)
  expect(ledger.mayCosign(ledger.size, ledger.root())).toBe(true)
  const { counter: after } = ledger.memory.identity
  expect(after).toBe(batch + 2)
  ledger.close()
  const again = openLedger({ addon, file })
  expect(again.memory.identity).toMatchObject({ ledger: id, counter: after })
  again.close()
})

test('after a failed sync the log that the cache shows is copied, and the old file never trusted', () => {
  const file = join(temporaryFolder(onTestFinished), 'ledger.db')
  writeFileSync(file, 'main')
  writeFileSync(`${file}-wal`, 'frames')
  const { ino } = statSync(`${file}-wal`)
  syncBeforeUse(file)
  expect(statSync(`${file}-wal`).ino).toBe(ino)
  writeFileSync(`${file}.sync-failed`, '')
  syncBeforeUse(file)
  expect(statSync(`${file}-wal`).ino).not.toBe(ino)
  expect(readFileSync(`${file}-wal`, 'utf8')).toBe('frames')
  expect(existsSync(`${file}.sync-failed`)).toBe(false)
})
