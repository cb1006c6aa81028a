import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readPast, restOfPast } from '../../../../src-main/gateway/signing/recorded-past.ts'
import type { StreamId } from '../../../../src-main/wire/ids.ts'
import { readRow, rowCount } from '../../../../src-main/wire/rows.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

test('a recorded past that was cut off goes on after its last recorded reading, and never amid others', () => {
  const file = join(temporaryFolder(onTestFinished), 'past.csv')
  writeFileSync(file, 'time,value\n100,1\n200,2\n300,3\n')
  const past = readPast(file, 'aa'.repeat(16) as StreamId, 'float', false)
  expect([rowCount(past), readRow(past, 2).sourceTimeUs]).toEqual([3, 300])
  expect(restOfPast(past, { next: 0, lastTimeUs: null })).toBe(0)
  expect(restOfPast(past, { next: 2, lastTimeUs: 200 })).toBe(2)
  expect(restOfPast(past, { next: 3, lastTimeUs: 300 })).toBe(3)
  expect(restOfPast(past, { next: 2, lastTimeUs: 250 })).toBe(3)
})
