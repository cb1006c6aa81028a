import { readFileSync, writeFileSync } from 'node:fs'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { loadAddon } from '../../../../native/addon.ts'
import { fsckCommand } from '../../../../src-main/cli/fsck.ts'
import { invocationOf } from '../../../../src-main/cli/command.ts'
import { Conditions, type OnCondition } from '../../../../src-main/gateway/conditions.ts'
import type { GatewayFolder } from '../../../../src-main/gateway/folder/data-folder.ts'
import { lockFolder } from '../../../../src-main/gateway/folder/folder-lock.ts'
import { readFinding, writeFinding } from '../../../../src-main/gateway/check/integrity.ts'
import { damageToMend, noteRebuilt } from '../../../../src-main/gateway/check/rebuilt.ts'
import { openChecked } from '../../../../src-main/ledger/checked-file.ts'
import { copyFolder, makeRecord, NAME, type FlipRecord } from '../../../flips/flip-record.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

let record: FlipRecord
beforeAll(async () => {
  record = await makeRecord(temporaryFolder(afterAll), loadAddon(), 3)
  const database = openChecked(record.folder.ledger, {})
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
})

/** A copy of the record with one bit flipped in what a column holds. */
function damaged(table: 'state_row' | 'payload', column: string): GatewayFolder {
  const folder = copyFolder(record.folder, `${temporaryFolder(onTestFinished)}/${NAME}`)
  const database = openChecked(folder.ledger, { readonly: true })
  const held = database
    .prepare(`SELECT ${column} FROM ${table} WHERE ${column} IS NOT NULL LIMIT 1 OFFSET 9`)
    .pluck()
    .get()
  database.close()
  const bytes = readFileSync(folder.ledger)
  // Pages that were used before hold what nothing refers to any more.
  const at = bytes.lastIndexOf(held as Buffer) + 20
  expect(at).toBeGreaterThan(20)
  bytes[at] = (bytes[at] as number) ^ 1
  writeFileSync(folder.ledger, bytes)
  return folder
}

const firstBad = { gateway: NAME, entry: 9, reading: null, what: 'page 7', expected: 'a', actual: 'b' }
const finding = { foundAtUs: 1, firstBad: { ...firstBad, derived: true as const }, acknowledged: null }

/** What `plumbline fsck --rebuild` exits with and prints. */
async function rebuild(folder: GatewayFolder): Promise<{ status: number; text: string; document: unknown }> {
  const invocation = invocationOf(fsckCommand, ['--rebuild', '--data', folder.root])
  if (invocation === 'help') throw new Error('help was printed')
  let printed = { text: '', document: null as unknown }
  const status = await fsckCommand.run({ ...invocation, print: (document, text) => (printed = { document, text }) })
  return { status, ...printed }
}

test('fsck --rebuild makes a damaged table anew, says so, and ends the finding', async () => {
  const folder = damaged('state_row', 'value')
  writeFinding(folder.integrity, finding)
  const { status, text, document } = await rebuild(folder)
  expect(status).toBe(0)
  expect(text).toMatch(/rebuilt state, histories, indexes and tiles from \d+ entries; they give the state of seal \d+/)
  expect(document).toMatchObject({ verdict: 'unchanged', gateways: [{ refused: null, firstBad: null }] })
  expect(readFinding(folder.integrity, NAME)).toBe(null)
})

test('fsck --rebuild replaces nothing where a payload is damaged, and exits 1', async () => {
  const folder = damaged('payload', 'bytes')
  const before = readFileSync(folder.ledger)
  const { status, text } = await rebuild(folder)
  expect(status).toBe(1)
  expect(text).toMatch(/nothing was rebuilt: .*\n.*CHANGED at entry/)
  expect(readFileSync(folder.ledger)).toEqual(before)
})

test('fsck --rebuild keeps away from a folder that another holds', async () => {
  const release = lockFolder(record.folder, NAME)
  onTestFinished(release)
  await expect(rebuild(record.folder)).rejects.toMatchObject({ code: 'already_running' })
})

test('a start asks for a rebuild only where what was found follows from the entries', () => {
  const { folder } = record
  expect(damageToMend(folder, NAME)).toBe(null)
  writeFinding(folder.integrity, { ...finding, firstBad })
  expect(damageToMend(folder, NAME)).toBe(null)
  writeFinding(folder.integrity, finding)
  expect(damageToMend(folder, NAME)).toBe('page 7')
})

test('a rebuild is told by a condition and ends what it mended; one that failed is told, and ends nothing', () => {
  const { folder } = record
  const conditions = new Conditions({ nowUs: () => 5 })
  const onCondition: OnCondition = (...said) => conditions.set(...said)
  const said = { folder, name: NAME, log: pino({ level: 'silent' }), onCondition }
  writeFinding(folder.integrity, finding)
  noteRebuilt({ rebuilt: null, failed: 'entry 4 is missing' }, said)
  expect(readFinding(folder.integrity, NAME)).toEqual(finding)
  noteRebuilt({ rebuilt: { why: 'page 7', what: { entries: 9, readings: 4, height: 2 } }, failed: null }, said)
  expect(readFinding(folder.integrity, NAME)).toBe(null)
  expect(conditions.all().map(({ code, priority }) => [code, priority])).toEqual([
    ['rebuild-failed', 1],
    ['tables-rebuilt', 2],
  ])
})
