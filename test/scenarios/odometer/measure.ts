/** Issues and verifies a certificate over a year of daily readings; prints how long each took, as one JSON line. */
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { issue, makeVehicle, materialOf } from '../../unit/certificates/vehicle.ts'
import { READINGS } from '../../../src-main/packs/odometer/scenario/cars.ts'

/** Processor time of this thread: what the machine does beside it does not count. */
function processorMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

const vehicle = await makeVehicle({ days: READINGS, daysPerBatch: 1 })
const material = materialOf(vehicle)
const started = processorMs()
const file = issue(vehicle, material)
const issued = processorMs()
const result = await verifyCertificate(file, { policy: vehicle.channel.policy(), engine: vehicle.host })
const verified = processorMs()
const { verdict, readings } = result.claims!.subject
console.log(
  JSON.stringify({ check: result.verdict, verdict, readings, issueMs: issued - started, verifyMs: verified - issued }),
)
