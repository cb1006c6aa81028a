/** A certificate with single bytes changed: each must be refused, at one named step. */
import { verifyCertificate } from '../../src-main/certificates/verify.ts'
import { issue, makeVehicle } from '../unit/certificates/vehicle.ts'

export interface ChangedBytes {
  bytes: number
  /** How many were refused at each step. */
  steps: Map<string, number>
  /** What was not refused as it must be. */
  wrong: string[]
}

/** @param every changes every `every`th byte, by one bit */
export async function changeBytes(every: number): Promise<ChangedBytes> {
  const vehicle = await makeVehicle({ days: 2, daysPerBatch: 2 })
  const file = issue(vehicle)
  const policy = vehicle.channel.policy()
  const check = async (bytes: Uint8Array) => await verifyCertificate(bytes, { policy, engine: vehicle.host })
  const { verdict: before } = await check(file)
  const wrong = before === 'unchanged' ? [] : [`as issued: ${before}`]
  const steps = new Map<string, number>()
  let bytes = 0
  for (let at = 0; at < file.length; at += every) {
    bytes += 1
    const { verdict, steps: shown } = await check(file.with(at, (file[at] as number) ^ (1 << (at % 8))))
    const stops = shown.filter(({ state }) => state === 'stops')
    if (verdict !== 'changed' || stops.length !== 1) wrong.push(`byte ${at}: ${verdict}, ${stops.length} steps stop`)
    for (const { id } of stops) steps.set(id, (steps.get(id) ?? 0) + 1)
  }
  return { bytes, steps, wrong }
}
