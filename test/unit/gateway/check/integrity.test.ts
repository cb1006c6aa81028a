import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { barredBy, readFinding, writeFinding } from '../../../../src-main/gateway/check/integrity.ts'
import type { Finding } from '../../../../src-main/gateway/check/integrity.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-finding-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const finding: Finding = {
  foundAtUs: 1,
  firstBad: { gateway: 'hall', entry: 7, reading: 2, what: 'value', expected: '1', actual: '2' },
  acknowledged: null,
}

test('a finding reads back as it was written, and no file means no finding', () => {
  const path = join(folder, 'integrity.json')
  expect(readFinding(path, 'hall')).toBeNull()
  writeFinding(path, finding)
  expect(readFinding(path, 'hall')).toEqual(finding)
})

test('a finding that cannot be read counts as a change of everything, whatever became of its file', () => {
  const path = join(folder, 'damaged.json')
  writeFinding(path, finding)
  const bars = { firstBad: { gateway: 'hall', entry: 0, what: expect.stringContaining(path) }, acknowledged: null }
  truncateSync(path, 20)
  expect(readFinding(path, 'hall')).toMatchObject(bars)
  truncateSync(path, 0)
  expect(readFinding(path, 'hall')).toMatchObject(bars)
  writeFileSync(path, '{"foundAtUs":1}')
  expect(readFinding(path, 'hall')).toMatchObject(bars)
  expect(barredBy(readFinding(path, 'hall'))).toEqual({ from: 0, to: Number.MAX_SAFE_INTEGER })
  const seen = { ...readFinding(path, 'hall')!, acknowledged: { name: 'Ada', reason: 'disk', atUs: 2 } }
  writeFinding(path, seen)
  expect([readFinding(path, 'hall'), barredBy(seen)]).toEqual([seen, { from: 0, to: Number.MAX_SAFE_INTEGER }])
  expect([barredBy(finding), barredBy(null)]).toEqual([{ from: 7, to: 7 }, null])
  const unreadable = join(folder, 'a-folder.json')
  mkdirSync(unreadable)
  expect(readFinding(unreadable, 'hall')).toMatchObject({ firstBad: { entry: 0 } })
})
