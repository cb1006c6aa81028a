/** A certificate says no more of a period than was recorded of it. */
import { describe, expect, test } from 'vitest'
import type { CertificateMaterial } from '../../../src-main/certificates/material.ts'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { lyingGaps } from './lying-quorum.ts'
import { compact } from './told-less.ts'
import { closeState, dayUs, drive, issue, makeVehicle, materialOf, named, odometer, silence, VIN } from './vehicle.ts'
import type { Vehicle } from './vehicle.ts'

async function check(vehicle: Vehicle, file: Uint8Array): Promise<Verification> {
  return await verifyCertificate(file, { policy: vehicle.channel.policy(), engine: vehicle.host })
}

describe('a certificate says no more than was recorded', () => {
  interface Said {
    verdict: string
    codes: string[]
    streams: {
      coverage: number
      gaps: { fromUs: number; toUs: number; readings: number }[]
      recorded: number[] | null
    }[]
  }

  async function said(vehicle: Vehicle, material: CertificateMaterial): Promise<Said & { result: Verification }> {
    const result = await check(vehicle, issue(vehicle, material))
    const { verdict, reasons, streams } = result.claims!.subject as unknown as Said & { reasons: { code: string }[] }
    return { verdict, codes: reasons.map((reason) => reason.code), streams, result }
  }

  test('over an outage that the period begins in: 17.2 %, whichever older seal is offered', async () => {
    const vehicle = await makeVehicle({ days: 5 })
    const gaps = [vehicle.cluster, vehicle.vin].map((stream) => silence(stream, 5, 4, 28))
    vehicle.channel.nowUs = dayUs(28)
    // The gap alone: no reading of the period lies before this seal, only the gap does.
    drive(vehicle, [], gaps)
    const swallowed = closeState(vehicle)
    drive(
      vehicle,
      [28, 29, 30, 31, 32, 33].map((day) => [day, 48_400 + day]),
    )
    const newer = closeState(vehicle)
    const period = { fromUs: dayUs(4) + 1, toUs: dayUs(33) }
    expect(() => issue(vehicle, materialOf(vehicle, { older: swallowed, newer, ...period }))).toThrow(
      /older state is later than the beginning of the period/,
    )
    for (const offered of [{}, { newer }, { older: vehicle.seals[2]!, newer }]) {
      const { streams, result } = await said(vehicle, materialOf(vehicle, { ...offered, ...period }))
      expect(result.verdict).toBe('unchanged')
      expect(streams.map(({ coverage, gaps: shown }) => [coverage, shown.length])).toEqual([
        [17_241, 1],
        [17_241, 1],
      ])
    }
  })

  test('of lost readings signed with times of nothing: the time between their neighbours is open', async () => {
    const vehicle = await makeVehicle({ days: 3, daysPerBatch: 3 })
    const { channel, gateway, cluster: stream, vin } = vehicle
    const lost = { ...silence(stream, 3, 2, 5), toSequence: 4, reason: 'queue' }
    const nothing = { ...lost, fromTimeUs: 0, toTimeUs: 0 }
    channel.nowUs = dayUs(9)
    const readings = [5, 6, 7, 8].map((day) => ({ ...odometer(day, 48_000 + day * 40), sequence: day }))
    const rows = [
      { stream, readings },
      { stream: vin, readings: [named(8)] },
    ]
    expect(() => channel.batch(gateway, rows, [nothing])).toThrow(/gap-times/)
    channel.batch(gateway, rows, [lost])
    closeState(vehicle)
    const material = materialOf(vehicle, { fromUs: dayUs(0), toUs: dayUs(8) })
    const { streams } = await said(vehicle, lyingGaps(channel, material, stream, [nothing]))
    const cluster = streams.find(({ gaps }) => gaps.length > 0)!
    expect(cluster.coverage).toBe(62_500)
    expect(cluster.gaps).toEqual([{ fromUs: dayUs(2), toUs: dayUs(5), readings: 2, reason: 'queue' }])
  })

  test.each([
    ['before it is stamped 2100', [dayUs(30_000), dayUs(28)], 1],
    ['after it is stamped 1970', [1_000_000, dayUs(28)], 0],
  ] as const)('of lost readings whose neighbour %s: the time is as open', async (_name, stamps, readBefore) => {
    const vehicle = await makeVehicle({ days: 3, daysPerBatch: 3 })
    const { channel, gateway, cluster: stream, vin } = vehicle
    const first = 3 + readBefore
    const numbered = stamps.map((timeUs, at) => ({
      timeUs,
      value: { kind: 'float', value: 48_200 + at } as const,
      sequence: at < readBefore ? 3 + at : 493 + at,
    }))
    channel.nowUs = dayUs(3)
    if (readBefore > 0) channel.batch(gateway, [{ stream, readings: numbered.slice(0, readBefore) }])
    channel.nowUs = dayUs(29)
    channel.batch(
      gateway,
      [
        { stream, readings: numbered.slice(readBefore) },
        { stream: vin, readings: [named(28)] },
      ],
      [{ ...silence(stream, first, 2, 2), toSequence: 492 + readBefore }],
    )
    closeState(vehicle)
    const { streams } = await said(vehicle, materialOf(vehicle, { fromUs: dayUs(0), toUs: dayUs(28) }))
    const cluster = streams.find(({ gaps }) => gaps.length > 0)!
    expect(cluster.coverage).toBe(7_142)
    expect(cluster.gaps[0]).toMatchObject({ fromUs: dayUs(2), toUs: dayUs(28) })
  })

  test('of a period that begins years before the first reading: not recorded, and no judgement', async () => {
    const vehicle = await makeVehicle({ days: 12 })
    const { verdict, codes, streams } = await said(vehicle, materialOf(vehicle, { fromUs: dayUs(-99) }))
    expect([verdict, codes]).toEqual(['no judgement', ['NOT_RECORDED', 'INCOMPLETE']])
    expect(streams.map(({ coverage, recorded }) => [coverage, recorded])).toEqual([
      [10_000, [dayUs(0), dayUs(11)]],
      [10_000, [dayUs(0), dayUs(11)]],
    ])
  })

  test('of a stream whose first reading is 90 seconds before the end of the period', async () => {
    const vehicle = await makeVehicle({ days: 1, daysPerBatch: 1 })
    drive(vehicle, [[90 / 86_400, 48_001]])
    closeState(vehicle)
    const material = materialOf(vehicle, { fromUs: dayUs(-10), toUs: dayUs(90 / 86_400) })
    const { verdict, codes, streams } = await said(vehicle, material)
    expect([verdict, codes, streams[0]!.coverage]).toEqual(['no judgement', ['NOT_RECORDED'], 10])
  })

  test('of readings of the period that a longer run with a wrong clock outnumbers: they are judged with it', async () => {
    const vehicle = await makeVehicle({ days: 4, km: (day) => 148_000 + day })
    vehicle.channel.nowUs = dayUs(4)
    const reset = Array.from({ length: 8 }, (_, at) => ({
      timeUs: 946_684_800_000_000 + at * 60_000_000,
      value: { kind: 'float', value: 48_000 } as const,
    }))
    vehicle.channel.batch(vehicle.gateway, [{ stream: vehicle.cluster, readings: reset }])
    closeState(vehicle)
    drive(
      vehicle,
      [5, 6, 7, 8].map((day) => [day, 48_000 + day]),
    )
    closeState(vehicle)
    const { verdict, codes } = await said(vehicle, materialOf(vehicle, { fromUs: dayUs(0), toUs: dayUs(8) }))
    expect(verdict).toBe('illogical')
    expect(codes).toContain('ROLLBACK')
    const since = materialOf(vehicle, { fromUs: dayUs(5), toUs: dayUs(8) })
    expect((await said(vehicle, since)).verdict).toBe('logical')
  })

  test.each([false, true])('of weeks in which the stream was at another asset, seal between: %s', async (isSealed) => {
    const vehicle = await makeVehicle({ days: 4 })
    const { channel, gateway, cluster } = vehicle
    const both = [cluster, vehicle.vin]
    if (isSealed) closeState(vehicle)
    channel.registerAsset(gateway, 'OTHER')
    const read = (first: number, days: number[]) =>
      both.map((stream) => ({
        stream,
        readings: days.map((day, at) => ({
          ...(stream === cluster ? odometer(day, 48_400 + at) : named(day)),
          sequence: first + at,
        })),
      }))
    const move = (from: string, lastSequence: number, to: string): void => {
      for (const stream of both) {
        channel.unbind(gateway, stream, from, lastSequence)
        channel.bind(gateway, stream, to, lastSequence + 1)
      }
    }
    move(VIN, 3, 'OTHER')
    channel.nowUs = dayUs(26)
    const weeks = Array.from({ length: 96 }, (_, at) => 4 + at / 5)
    channel.batch(gateway, read(4, weeks))
    move('OTHER', 99, VIN)
    channel.nowUs = dayUs(29)
    channel.batch(gateway, read(100, [27, 28]))
    closeState(vehicle)
    const fromUs = isSealed ? dayUs(5) : dayUs(0)
    const { streams } = await said(vehicle, materialOf(vehicle, { fromUs, toUs: dayUs(28) }))
    const away = { fromUs: dayUs(3), toUs: dayUs(27), readings: 0, reason: 'the stream was not at this asset' }
    expect(streams.map(({ gaps }) => gaps)).toEqual([[away], [away]])
    expect(streams[0]!.coverage).toBe(isSealed ? 4_347 : 14_285)
  })

  test.each([false, true])(
    'of a closed stream whose last reading was stamped ahead, compact: %s',
    async (isCompact) => {
      const vehicle = await makeVehicle({ days: 4 })
      const { channel, gateway, cluster, vin } = vehicle
      channel.nowUs = dayUs(4)
      channel.batch(gateway, [{ stream: cluster, readings: [odometer(27, 48_400)] }])
      for (const stream of [cluster, vin]) channel.unbind(gateway, stream, VIN, stream === cluster ? 4 : 3)
      channel.nowUs = dayUs(29)
      closeState(vehicle)
      const material = materialOf(vehicle, { fromUs: dayUs(0), toUs: dayUs(27) })
      const { verdict, streams } = await said(vehicle, isCompact ? compact(material) : material)
      expect([verdict, ...streams.map(({ coverage }) => coverage)]).toEqual(['no judgement', 11_111, 11_111])
    },
  )

  test('of a moment within an outage: nothing is covered', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const gaps = [vehicle.cluster, vehicle.vin].map((stream) => silence(stream, 4, 3, 20))
    drive(vehicle, [[20, 48_400]], gaps)
    closeState(vehicle)
    const at = async (day: number): Promise<number> =>
      (await said(vehicle, materialOf(vehicle, { fromUs: dayUs(day), toUs: dayUs(day) }))).streams[0]!.coverage
    expect([await at(10), await at(20)]).toEqual([0, 100_000])
  })

  test('of a single reading', async () => {
    const vehicle = await makeVehicle({ days: 1, daysPerBatch: 1 })
    expect((await said(vehicle, materialOf(vehicle))).verdict).toBe('no judgement')
  })
})
