/** Readings whose times nobody can believe, and those that were signed long after they were taken. */
import { describe, expect, test } from 'vitest'
import { lateNote } from '../../../src-main/certificates/sheet-notes.ts'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { closeState, dayUs, drive, issue, makeVehicle, materialOf, named, odometer } from './vehicle.ts'
import type { Vehicle } from './vehicle.ts'

async function check(vehicle: Vehicle, file: Uint8Array): Promise<Verification> {
  return await verifyCertificate(file, { policy: vehicle.channel.policy(), engine: vehicle.host })
}

test('readings that were signed more than a day after they were taken are told, with the days of their signing', async () => {
  const vehicle = await makeVehicle({ days: 2, daysPerBatch: 2 })
  drive(vehicle, [[3, 48_150]])
  vehicle.channel.nowUs = dayUs(40)
  drive(vehicle, [
    [4, 48_200],
    [39.5, 48_900],
  ])
  closeState(vehicle)
  const result = await check(vehicle, issue(vehicle))
  const late = (result.claims!.subject['streams'] as { late: unknown }[]).map((stream) => stream.late)
  const one = { readings: 2, fromUs: dayUs(2) - 10_000_000, toUs: dayUs(40) }
  expect(late).toEqual([one, one])
  expect(result.notProven.join('\n')).toContain(
    'when 2 of its readings were taken; they were signed more than a day later',
  )
  expect(lateNote(result.claims!.subject, 'de')).toBe(
    'über einen Tag später signiert: 4, bis 10.02.2025; wann sie genommen wurden, ist nicht bewiesen',
  )
})

describe('a reading with an impossible time', () => {
  test('counts where its sequence puts it: 1970 hides no rollback, and launders no jump', async () => {
    for (const [km, verdict, code] of [
      [20_000, 'illogical', 'ROLLBACK'],
      [150_000, 'illogical', 'JUMP'],
      [48_170, 'logical', 'TIME_IMPOSSIBLE'],
    ] as const) {
      const vehicle = await makeVehicle({ days: 4 })
      vehicle.channel.nowUs = dayUs(7)
      const stamped = [1_000_000, dayUs(5), dayUs(6)].map((timeUs, at) => ({
        timeUs,
        value: { kind: 'float', value: km + at } as const,
      }))
      vehicle.channel.batch(vehicle.gateway, [
        { stream: vehicle.cluster, readings: stamped },
        { stream: vehicle.vin, readings: [named(6)] },
      ])
      closeState(vehicle)
      const result = await check(vehicle, issue(vehicle, materialOf(vehicle, { toUs: dayUs(6) })))
      const { subject } = result.claims!
      expect(subject['verdict']).toBe(verdict)
      expect((subject['reasons'] as { code: string }[]).map((reason) => reason.code)).toContain(code)
      expect((subject['streams'] as { outOfOrder: number }[]).map((one) => one.outOfOrder).sort()).toEqual([0, 1])
    }
  })

  test('of years ahead completes no stream', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    vehicle.channel.nowUs = dayUs(5)
    vehicle.channel.batch(vehicle.gateway, [{ stream: vehicle.cluster, readings: [odometer(3_650, 48_200)] }])
    vehicle.channel.nowUs = dayUs(8)
    closeState(vehicle)
    expect(() => issue(vehicle, materialOf(vehicle, { toUs: dayUs(7) }))).toThrow(/would wait for a newer seal/)
  })
})
