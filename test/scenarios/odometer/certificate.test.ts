import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { READINGS } from '../../../src-main/packs/odometer/scenario/cars.ts'

const WITHIN_MS = 2_000

test('a year of daily readings is certified within two seconds and verifies offline within two more', () => {
  // In a process of its own: the test runner's module wrapping would be measured along.
  const script = fileURLToPath(new URL('./measure.ts', import.meta.url))
  const measured = JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' }))
  expect(measured).toMatchObject({ check: 'unchanged', verdict: 'logical', readings: { judged: 2 * READINGS } })
  expect(measured.issueMs).toBeLessThan(WITHIN_MS)
  expect(measured.verifyMs).toBeLessThan(WITHIN_MS)
}, 400_000)
