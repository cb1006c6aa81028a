/** What an issuer could leave out without anybody noticing, if the state did not commit to it. */
import { describe, expect, test } from 'vitest'
import { lateNote } from '../../../src-main/certificates/sheet-notes.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import type { CertificateMaterial } from '../../../src-main/certificates/material.ts'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import { coreKey } from '../../../src-main/record/core-state.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import type { Gap } from '../../../src-main/record/statements.ts'
import { DAY_US, START_US } from './small-channel.ts'
import { issue, issueOpen, makeVehicle, materialOf, VIN, type Vehicle } from './vehicle.ts'

const dayUs = (day: number): number => START_US + day * DAY_US

function drive(vehicle: Vehicle, days: [day: number, km: number][], gaps: Gap[] = []): void {
  vehicle.channel.nowUs = Math.max(vehicle.channel.nowUs, ...days.map(([day]) => dayUs(day)))
  const rows = [
    {
      stream: vehicle.cluster,
      readings: days.map(([day, km]) => ({ timeUs: dayUs(day), value: { kind: 'float', value: km } as const })),
    },
    {
      stream: vehicle.vin,
      readings: days.map(([day]) => ({ timeUs: dayUs(day), value: { kind: 'text', value: VIN } as const })),
    },
  ]
  vehicle.channel.batch(vehicle.gateway, days.length === 0 ? [] : rows, gaps)
}

function silence(stream: StreamId, sequence: number, from: number, to: number): Gap {
  return {
    stream,
    fromSequence: sequence,
    toSequence: sequence - 1,
    fromTimeUs: dayUs(from),
    toTimeUs: dayUs(to),
    reason: 'cable cut',
  }
}

/** Seals twice: the second proves the state that the first closed. */
function closeState(vehicle: Vehicle): number {
  vehicle.channel.seal()
  return vehicle.channel.seal()
}

async function check(vehicle: Vehicle, file: Uint8Array): Promise<Verification> {
  return await verifyCertificate(file, { policy: vehicle.channel.policy(), engine: vehicle.host })
}

describe('a source whose clock was set back', () => {
  test('hides no reading of the period before the older seal', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    drive(vehicle, [
      [5, 48_200],
      [6, 20_000],
    ])
    drive(vehicle, [[4, 20_010]])
    const older = closeState(vehicle)
    drive(vehicle, [[9, 20_100]])
    const newer = closeState(vehicle)
    const material = materialOf(vehicle, { older, newer, fromUs: dayUs(5), toUs: dayUs(9) })
    expect(() => issue(vehicle, material)).toThrow(/older seal already covers readings of the period/)
    const whole = materialOf(vehicle, { newer, fromUs: dayUs(5), toUs: dayUs(9) })
    expect((await check(vehicle, issue(vehicle, whole))).claims!.subject['verdict']).toBe('illogical')
  })
})

describe('complete is a stream', () => {
  test('that was closed only when all that the close names has come', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const close = (lastSequence: number): void =>
      vehicle.channel.put('asset', coreKey.asset(VIN), {
        scheme: 'VIN',
        type: 'vehicle',
        name: 'Test vehicle',
        attributes: {},
        packs: ['odometer'],
        simulated: false,
        streams: [vehicle.cluster, vehicle.vin].map((stream) => ({
          stream,
          firstSequence: 0,
          lastSequence,
          quantity: stream === vehicle.cluster ? 'odometer' : 'vin',
          actor: vehicle.gateway.actor,
        })),
      })
    close(1_000_000)
    vehicle.channel.nowUs = dayUs(40)
    const ahead = materialOf(vehicle, { newer: closeState(vehicle), toUs: dayUs(31) })
    expect(() => issue(vehicle, ahead)).toThrow(/would wait for a newer seal/)
    close(3)
    const reached = materialOf(vehicle, { newer: closeState(vehicle), toUs: dayUs(31) })
    expect((await check(vehicle, issue(vehicle, reached))).verdict).toBe('unchanged')
  })

  test('never beyond the time of the state that shows it', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const gaps = [vehicle.cluster, vehicle.vin].sort().map((stream) => silence(stream, 4, 4, 365))
    drive(vehicle, [], gaps)
    const early = materialOf(vehicle, { newer: closeState(vehicle), toUs: dayUs(365) })
    const result = await check(vehicle, issueOpen(vehicle, early))
    expect([result.verdict, result.missing[0]!.code]).toEqual(['cannot-tell', 'period_open'])
    vehicle.channel.nowUs = dayUs(366)
    vehicle.channel.event(vehicle.gateway, 'gateway.alive', {}, [])
    const later = materialOf(vehicle, { newer: closeState(vehicle), toUs: dayUs(365) })
    expect((await check(vehicle, issue(vehicle, later))).verdict).toBe('unchanged')
  })
})

describe('a signed gap', () => {
  async function cut(): Promise<{ vehicle: Vehicle; material: CertificateMaterial }> {
    const vehicle = await makeVehicle({ days: 4 })
    const gaps = [vehicle.cluster, vehicle.vin].sort().map((stream) => silence(stream, 4, 4, 19))
    drive(vehicle, [[20, 48_400]], gaps)
    return { vehicle, material: materialOf(vehicle, { newer: closeState(vehicle) }) }
  }

  const coverage = (result: Verification): unknown[] =>
    (result.claims!.subject['streams'] as { coverage: number }[]).map((stream) => stream.coverage)

  test('counts against the coverage, in a compact certificate too', async () => {
    const { vehicle, material } = await cut()
    expect(coverage(await check(vehicle, issue(vehicle, material)))).toEqual([25_000, 25_000])
    const compact = await check(
      vehicle,
      issue(vehicle, materialOf(vehicle, { newer: vehicle.channel.seals.length - 1, compact: true })),
    )
    expect([compact.verdict, coverage(compact)]).toEqual(['unchanged', [25_000, 25_000]])
  })

  test('cannot be left out, shortened or taken from another stream', async () => {
    const { vehicle, material } = await cut()
    const withGaps = (gaps: (own: Uint8Array[], at: number) => Uint8Array[]): CertificateMaterial => ({
      ...material,
      streams: material.streams.map((stream, at) => ({ ...stream, gaps: gaps(stream.gaps, at) })),
    })
    expect(() =>
      issue(
        vehicle,
        withGaps(() => []),
      ),
    ).toThrow(/0 signed gaps are enclosed, 1 lie between the seals/)
    const other = (at: number): Uint8Array[] => material.streams[1 - at]!.gaps
    expect(() =>
      issue(
        vehicle,
        withGaps((_, at) => other(at)),
      ),
    ).toThrow(/an enclosed gap is of another stream/)
    const shorter = await makeVehicle({ days: 4 })
    drive(
      shorter,
      [],
      [shorter.cluster, shorter.vin].sort().map((stream) => silence(stream, 4, 4, 5)),
    )
    const lies = materialOf(shorter, { newer: closeState(shorter) }).streams
    const forged = withGaps((_, at) => lies[at]!.gaps)
    expect(() => issue(vehicle, forged)).toThrow(/the enclosed gaps are not those that were signed/)
  })

  test('before the older seal is carried by that seal’s state', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const lost = [vehicle.cluster, vehicle.vin].sort().map((stream) => ({ ...silence(stream, 4, 4, 9), toSequence: 6 }))
    drive(vehicle, [], lost)
    const older = closeState(vehicle)
    vehicle.channel.nowUs = dayUs(10)
    vehicle.channel.batch(vehicle.gateway, [
      {
        stream: vehicle.cluster,
        readings: [{ timeUs: dayUs(10), value: { kind: 'float', value: 48_300 }, sequence: 7 }],
      },
      { stream: vehicle.vin, readings: [{ timeUs: dayUs(10), value: { kind: 'text', value: VIN }, sequence: 7 }] },
    ])
    const newer = closeState(vehicle)
    const since = materialOf(vehicle, { older, newer, fromUs: dayUs(10), toUs: dayUs(10) })
    expect(since.streams[0]!.gaps).toEqual([])
    expect((await check(vehicle, issue(vehicle, since))).verdict).toBe('unchanged')
  })
})

test('readings lost before the first one need a signed gap, in a compact certificate too', async () => {
  const vehicle = await makeVehicle({ days: 0 })
  vehicle.channel.nowUs = dayUs(1)
  vehicle.channel.batch(vehicle.gateway, [
    {
      stream: vehicle.cluster,
      readings: [{ timeUs: dayUs(1), value: { kind: 'float', value: 48_000 }, sequence: 1_000 }],
    },
    { stream: vehicle.vin, readings: [{ timeUs: dayUs(1), value: { kind: 'text', value: VIN } }] },
  ])
  const material = materialOf(vehicle, { newer: closeState(vehicle), compact: true })
  expect(() => issue(vehicle, material)).toThrow(/sequence 0 is missing without a signed gap/)
})

test('a stream that measured something else when it was bound is refused', async () => {
  const vehicle = await makeVehicle({ days: 4 })
  const { state } = vehicle.channel.streams.get(vehicle.cluster)!
  vehicle.channel.put('stream', coreKey.stream(vehicle.cluster), { ...state, quantity: 'scrap' })
  const material = materialOf(vehicle, { newer: closeState(vehicle) })
  expect(() => issue(vehicle, material)).toThrow(/the stream measured something else before/)
})

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
    const gaps = [vehicle.cluster, vehicle.vin].sort().map((stream) => silence(stream, 5, 4, 28))
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
      /older seal already covers a gap of the period/,
    )
    const { streams, result } = await said(vehicle, materialOf(vehicle, { older: swallowed - 2, newer, ...period }))
    expect(result.verdict).toBe('unchanged')
    expect(streams.map(({ coverage, gaps: shown }) => [coverage, shown.length])).toEqual([
      [17_241, 1],
      [17_241, 1],
    ])
  })

  test('of lost readings signed with times of nothing: the time between their neighbours is open', async () => {
    const vehicle = await makeVehicle({ days: 3, daysPerBatch: 3 })
    const lost = {
      stream: vehicle.cluster,
      fromSequence: 3,
      toSequence: 4,
      fromTimeUs: 0,
      toTimeUs: 0,
      reason: 'queue',
    }
    const readings = [5, 6, 7, 8].map((day, at) => ({
      timeUs: dayUs(day),
      value: { kind: 'float', value: 48_000 + day * 40 } as const,
      sequence: 5 + at,
    }))
    vehicle.channel.nowUs = dayUs(9)
    const named = [{ timeUs: dayUs(8), value: { kind: 'text', value: VIN } as const }]
    const rows = [
      { stream: vehicle.cluster, readings },
      { stream: vehicle.vin, readings: named },
    ]
    vehicle.channel.batch(vehicle.gateway, rows, [lost])
    const { streams } = await said(
      vehicle,
      materialOf(vehicle, { newer: closeState(vehicle), fromUs: dayUs(0), toUs: dayUs(8) }),
    )
    const cluster = streams.find(({ gaps }) => gaps.length > 0)!
    expect(cluster.coverage).toBe(62_500)
    expect(cluster.gaps).toEqual([{ fromUs: dayUs(2), toUs: dayUs(5), readings: 2, reason: 'queue' }])
  })

  test.each([
    ['before it is stamped 2100', [dayUs(30_000), dayUs(28)], 1],
    ['after it is stamped 1970', [1_000_000, dayUs(28)], 0],
  ] as const)('of lost readings whose neighbour %s: the time is as open', async (_name, stamps, readBefore) => {
    const vehicle = await makeVehicle({ days: 3, daysPerBatch: 3 })
    const first = 3 + readBefore
    const numbered = stamps.map((timeUs, at) => ({
      timeUs,
      value: { kind: 'float', value: 48_200 + at } as const,
      sequence: at < readBefore ? 3 + at : 493 + at,
    }))
    const stream = vehicle.cluster
    vehicle.channel.nowUs = dayUs(3)
    if (readBefore > 0) vehicle.channel.batch(vehicle.gateway, [{ stream, readings: numbered.slice(0, readBefore) }])
    const lost = { ...silence(stream, first, 2, 2), toSequence: 492 + readBefore }
    vehicle.channel.nowUs = dayUs(29)
    vehicle.channel.batch(
      vehicle.gateway,
      [
        { stream, readings: numbered.slice(readBefore) },
        { stream: vehicle.vin, readings: [{ timeUs: dayUs(28), value: { kind: 'text', value: VIN } }] },
      ],
      [lost],
    )
    const material = materialOf(vehicle, { newer: closeState(vehicle), fromUs: dayUs(0), toUs: dayUs(28) })
    const { streams } = await said(vehicle, material)
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
    const material = materialOf(vehicle, { newer: closeState(vehicle), fromUs: dayUs(-10), toUs: dayUs(90 / 86_400) })
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
    const older = closeState(vehicle)
    drive(
      vehicle,
      [5, 6, 7, 8].map((day) => [day, 48_000 + day]),
    )
    const newer = closeState(vehicle)
    const { verdict, codes } = await said(vehicle, materialOf(vehicle, { newer, fromUs: dayUs(0), toUs: dayUs(8) }))
    expect(verdict).toBe('illogical')
    expect(codes).toContain('ROLLBACK')
    const since = materialOf(vehicle, { older, newer, fromUs: dayUs(5), toUs: dayUs(8) })
    expect((await said(vehicle, since)).verdict).toBe('logical')
  })

  test.each([false, true])('of weeks in which the stream was at another asset, seal between: %s', async (isSealed) => {
    const vehicle = await makeVehicle({ days: 4 })
    const both = [vehicle.cluster, vehicle.vin]
    const stretches = (firstSequence: number, lastSequence: number | null) =>
      both.map((stream) => ({
        stream,
        firstSequence,
        lastSequence,
        quantity: stream === vehicle.cluster ? 'odometer' : 'vin',
        actor: vehicle.gateway.actor,
      }))
    const older = isSealed ? { older: closeState(vehicle) } : {}
    vehicle.channel.put('asset', coreKey.asset(VIN), {
      scheme: 'VIN',
      type: 'vehicle',
      name: 'Test vehicle',
      attributes: {},
      packs: ['odometer'],
      simulated: false,
      streams: [...stretches(0, 3), ...stretches(100, null)],
    })
    vehicle.channel.nowUs = dayUs(29)
    vehicle.channel.batch(
      vehicle.gateway,
      both.map((stream) => ({
        stream,
        readings: [27, 28].map((day, at) => ({
          timeUs: dayUs(day),
          value: stream === vehicle.cluster ? { kind: 'float', value: 48_400 + at } : { kind: 'text', value: VIN },
          sequence: 100 + at,
        })),
      })),
    )
    const fromUs = isSealed ? dayUs(3) + 1 : dayUs(0)
    const newer = closeState(vehicle)
    const { streams } = await said(vehicle, materialOf(vehicle, { ...older, newer, fromUs, toUs: dayUs(28) }))
    const away = { fromUs: dayUs(3), toUs: dayUs(27), readings: 0, reason: 'the stream was not at this asset' }
    expect(streams.map(({ gaps }) => gaps)).toEqual([[away], [away]])
    expect(streams[0]!.coverage).toBe(isSealed ? 4_000 : 14_285)
  })

  test.each([false, true])('of a closed stream whose last reading was stamped ahead, compact: %s', async (compact) => {
    const vehicle = await makeVehicle({ days: 4 })
    vehicle.channel.nowUs = dayUs(4)
    vehicle.channel.batch(vehicle.gateway, [
      { stream: vehicle.cluster, readings: [{ timeUs: dayUs(27), value: { kind: 'float', value: 48_400 } }] },
    ])
    vehicle.channel.put('asset', coreKey.asset(VIN), {
      scheme: 'VIN',
      type: 'vehicle',
      name: 'Test vehicle',
      attributes: {},
      packs: ['odometer'],
      simulated: false,
      streams: [vehicle.cluster, vehicle.vin].map((stream) => ({
        stream,
        firstSequence: 0,
        lastSequence: stream === vehicle.cluster ? 4 : 3,
        quantity: stream === vehicle.cluster ? 'odometer' : 'vin',
        actor: vehicle.gateway.actor,
      })),
    })
    vehicle.channel.nowUs = dayUs(29)
    const newer = closeState(vehicle)
    const material = materialOf(vehicle, { newer, fromUs: dayUs(0), toUs: dayUs(27), compact })
    const { verdict, streams } = await said(vehicle, material)
    expect([verdict, ...streams.map(({ coverage }) => coverage)]).toEqual(['no judgement', 11_111, 11_111])
  })

  test('of a moment within an outage: nothing is covered', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const gaps = [vehicle.cluster, vehicle.vin].sort().map((stream) => silence(stream, 4, 3, 20))
    drive(vehicle, [[20, 48_400]], gaps)
    const newer = closeState(vehicle)
    const at = async (day: number): Promise<number> =>
      (await said(vehicle, materialOf(vehicle, { newer, fromUs: dayUs(day), toUs: dayUs(day) }))).streams[0]!.coverage
    expect([await at(10), await at(20)]).toEqual([0, 100_000])
  })

  test('of a single reading', async () => {
    const vehicle = await makeVehicle({ days: 1, daysPerBatch: 1 })
    expect((await said(vehicle, materialOf(vehicle))).verdict).toBe('no judgement')
  })
})

test('readings that were signed more than a day after they were taken are told, with the days of their signing', async () => {
  const vehicle = await makeVehicle({ days: 2, daysPerBatch: 2 })
  drive(vehicle, [[3, 48_150]])
  vehicle.channel.nowUs = dayUs(40)
  drive(vehicle, [
    [4, 48_200],
    [39.5, 48_900],
  ])
  const material = materialOf(vehicle, { newer: closeState(vehicle) })
  const result = await check(vehicle, issue(vehicle, material))
  const late = (result.claims!.subject['streams'] as { late: unknown }[]).map((stream) => stream.late)
  const one = { readings: 2, fromUs: dayUs(2), toUs: dayUs(40) }
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
      const named = [{ timeUs: dayUs(6), value: { kind: 'text', value: VIN } as const }]
      vehicle.channel.batch(vehicle.gateway, [
        { stream: vehicle.cluster, readings: stamped },
        { stream: vehicle.vin, readings: named },
      ])
      const result = await check(
        vehicle,
        issue(vehicle, materialOf(vehicle, { newer: closeState(vehicle), toUs: dayUs(6) })),
      )
      const { subject } = result.claims!
      expect(subject['verdict']).toBe(verdict)
      expect((subject['reasons'] as { code: string }[]).map((reason) => reason.code)).toContain(code)
      expect((subject['streams'] as { outOfOrder: number }[]).map((one) => one.outOfOrder).sort()).toEqual([0, 1])
    }
  })

  test('of years ahead completes no stream', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    vehicle.channel.nowUs = dayUs(5)
    const ahead = { timeUs: dayUs(3_650), value: { kind: 'float', value: 48_200 } as const }
    vehicle.channel.batch(vehicle.gateway, [{ stream: vehicle.cluster, readings: [ahead] }])
    vehicle.channel.nowUs = dayUs(8)
    const material = materialOf(vehicle, { newer: closeState(vehicle), toUs: dayUs(7) })
    expect(() => issue(vehicle, material)).toThrow(/would wait for a newer seal/)
  })
})
