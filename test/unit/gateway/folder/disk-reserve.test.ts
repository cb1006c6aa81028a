import { join } from 'node:path'
import { statSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { isDiskFull } from '../../../../src-main/gateway/folder/disk-full.ts'
import { DiskReserve } from '../../../../src-main/gateway/folder/disk-reserve.ts'
import { LedgerError } from '../../../../src-main/ledger/errors.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

test('the reserve is held once, whoever asks for it how often, and given back whole', async () => {
  const file = join(temporaryFolder(onTestFinished), 'reserve')
  const reserve = new DiskReserve(file)
  expect(await Promise.all([reserve.hold(), reserve.hold()])).toEqual([true, true])
  expect(statSync(file).size).toBe(reserve.bytes)
  expect(statSync(file).blocks * 512).toBeGreaterThanOrEqual(reserve.bytes)
  reserve.giveBack()
  expect(reserve.isHeld).toBe(false)
})

test('a reserve that is given back while it is taken is not held', async () => {
  const reserve = new DiskReserve(join(temporaryFolder(onTestFinished), 'reserve'))
  const held = reserve.hold()
  await Promise.resolve()
  reserve.giveBack()
  expect([await held, reserve.isHeld]).toEqual([false, false])
})

test('a full disk is told from other failures, through whatever wraps it', () => {
  const folder = temporaryFolder(onTestFinished)
  const full = new LedgerError('disk_full', 'full')
  expect(isDiskFull(new Error('a pass failed', { cause: full }), join(folder, 'ledger.db'))).toBe(true)
  expect(isDiskFull(Object.assign(new Error('write'), { code: 'ENOSPC' }), join(folder, 'ledger.db'))).toBe(true)
  // There is room here: whatever else the disk refuses is something else.
  expect(isDiskFull(new LedgerError('database_unreadable', 'i/o'), join(folder, 'ledger.db'))).toBe(false)
  expect(isDiskFull(new Error('other'), join(folder, 'ledger.db'))).toBe(false)
})
