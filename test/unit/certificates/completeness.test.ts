/** What an issuer could leave out without anybody noticing, if the state did not commit to it. */
import { describe, expect, test } from 'vitest'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import type { CertificateMaterial } from '../../../src-main/certificates/material.ts'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import { coreKey } from '../../../src-main/wire/core-state.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import type { Gap } from '../../../src-main/wire/statements.ts'
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
