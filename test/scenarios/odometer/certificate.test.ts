import { expect, test } from 'vitest'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { issue, makeVehicle } from '../../unit/certificates/vehicle.ts'
import { READINGS } from './cars.ts'

const WITHIN_MS = 2_000

/** Processor time of this thread: what the machine does beside it does not count. */
function processorMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

test('a year of daily readings is certified within two seconds and verifies offline within two more', async () => {
  const vehicle = await makeVehicle({ days: READINGS, daysPerBatch: 1 })
  const started = processorMs()
  const file = issue(vehicle)
  const issued = processorMs()
  const result = await verifyCertificate(file, { policy: vehicle.channel.policy(), engine: vehicle.host })
  const verified = processorMs()
  expect(result.verdict).toBe('unchanged')
  expect(result.claims!.subject).toMatchObject({ verdict: 'logical', readings: { judged: 2 * READINGS } })
  expect(issued - started).toBeLessThan(WITHIN_MS)
  expect(verified - issued).toBeLessThan(WITHIN_MS)
}, 60_000)
