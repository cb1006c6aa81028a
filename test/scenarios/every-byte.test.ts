/** The whole sweep that the unit tests sample: each byte of a certificate, changed once. */
import { expect, test } from 'vitest'
import { verifyCertificate } from '../../src-main/certificates/verify.ts'
import { issue, makeVehicle } from '../unit/certificates/vehicle.ts'

test('a certificate with any one byte changed is refused, at one named step', async () => {
  const vehicle = await makeVehicle({ days: 2, daysPerBatch: 2 })
  const file = issue(vehicle)
  const policy = vehicle.channel.policy()
  const check = async (bytes: Uint8Array) => await verifyCertificate(bytes, { policy, engine: vehicle.host })
  expect((await check(file)).verdict).toBe('unchanged')
  const steps = new Map<string, number>()
  for (const [at, byte] of file.entries()) {
    const { verdict, steps: shown } = await check(file.with(at, byte ^ (1 << (at % 8))))
    const stops = shown.filter(({ state }) => state === 'stops')
    if (verdict !== 'changed' || stops.length !== 1) expect.fail(`byte ${at}: ${verdict}, ${stops.length} steps stop`)
    for (const { id } of stops) steps.set(id, (steps.get(id) ?? 0) + 1)
  }
  console.info(`${file.length} bytes, each changed once: ${[...steps].map((pair) => pair.join(' ')).join(', ')}`)
  expect([...steps.values()].reduce((sum, count) => sum + count, 0)).toBe(file.length)
})
