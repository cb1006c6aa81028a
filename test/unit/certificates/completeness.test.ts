/** What an issuer could leave out without anybody noticing, if the state did not commit to it. */
import { describe, expect, test } from 'vitest'
import type { CertificateMaterial } from '../../../src-main/certificates/material.ts'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import type { Gap } from '../../../src-main/record/statements.ts'
import { lyingGaps } from './lying-quorum.ts'
import { compact } from './told-less.ts'
import {
  closeState,
  dayUs,
  drive,
  issue,
  issueOpen,
  makeVehicle,
  materialOf,
  named,
  odometer,
  silence,
  VIN,
} from './vehicle.ts'
import type { Vehicle } from './vehicle.ts'

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
    expect(() => issue(vehicle, material)).toThrow(/older state is later than the beginning of the period/)
    const whole = materialOf(vehicle, { fromUs: dayUs(5), toUs: dayUs(9) })
    expect((await check(vehicle, issue(vehicle, whole))).claims!.subject['verdict']).toBe('illogical')
  })
})

/** What the vehicle's gateway signs while its clock is ahead: ledger time is what the others say. */
function aheadOfOthers({ channel }: Vehicle, day: number, sign: () => void): void {
  const { nowUs } = channel
  channel.nowUs = dayUs(day)
  sign()
  channel.nowUs = nowUs
}

describe('a source whose clock is ahead of the others', () => {
  const bothSilent = ({ cluster, vin }: Vehicle): Gap[] => [cluster, vin].map((stream) => silence(stream, 4, 3, 20))

  test.each<[string, RegExp, (vehicle: Vehicle) => void]>([
    ['reading', /already covers readings of the period/, (vehicle) => void drive(vehicle, [[20, 48_400]])],
    ['gap', /already covers a gap of the period/, (vehicle) => void drive(vehicle, [], bothSilent(vehicle))],
  ])('hides no %s of the period before an older seal of an earlier time', async (_name, words, sign) => {
    const vehicle = await makeVehicle({ days: 4 })
    aheadOfOthers(vehicle, 20, () => sign(vehicle))
    const older = closeState(vehicle)
    drive(vehicle, [[21, 48_450]])
    const newer = closeState(vehicle)
    const period = { fromUs: dayUs(10), toUs: dayUs(21) }
    expect(() => issue(vehicle, materialOf(vehicle, { older, newer, ...period }))).toThrow(words)
    const whole = materialOf(vehicle, period)
    expect(whole.older?.seal.index).toBeLessThan(vehicle.channel.reader.blocks.seal(older)!.index)
    expect((await check(vehicle, issue(vehicle, whole))).verdict).toBe('unchanged')
  })
})

describe('complete is a stream', () => {
  test('that was closed only when all that the close names has come', async () => {
    const closedAt = async (lastSequence: number): Promise<[Vehicle, CertificateMaterial]> => {
      const vehicle = await makeVehicle({ days: 4 })
      for (const stream of [vehicle.cluster, vehicle.vin])
        vehicle.channel.unbind(vehicle.gateway, stream, VIN, lastSequence)
      vehicle.channel.nowUs = dayUs(40)
      closeState(vehicle)
      return [vehicle, materialOf(vehicle, { toUs: dayUs(31) })]
    }
    const [behind, ahead] = await closedAt(1_000_000)
    expect(() => issue(behind, ahead)).toThrow(/would wait for a newer seal/)
    const [vehicle, reached] = await closedAt(3)
    expect((await check(vehicle, issue(vehicle, reached))).verdict).toBe('unchanged')
  })

  test('never beyond the time of the state that shows it', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const { channel } = vehicle
    const gaps = [vehicle.cluster, vehicle.vin].map((stream) => silence(stream, 4, 4, 365))
    expect(() => drive(vehicle, [], gaps)).toThrow(/gap-times/)
    aheadOfOthers(vehicle, 365, () => drive(vehicle, [], gaps))
    closeState(vehicle)
    const early = materialOf(vehicle, { toUs: dayUs(365) })
    const result = await check(vehicle, issueOpen(vehicle, early))
    expect([result.verdict, result.missing[0]!.code]).toEqual(['cannot-tell', 'period_open'])
    channel.nowUs = dayUs(366)
    closeState(vehicle)
    const later = materialOf(vehicle, { toUs: dayUs(365) })
    expect((await check(vehicle, issue(vehicle, later))).verdict).toBe('unchanged')
  })
})

describe('a signed gap', () => {
  async function cut(): Promise<{ vehicle: Vehicle; material: CertificateMaterial }> {
    const vehicle = await makeVehicle({ days: 4 })
    const gaps = [vehicle.cluster, vehicle.vin].map((stream) => silence(stream, 4, 4, 19))
    drive(vehicle, [[20, 48_400]], gaps)
    closeState(vehicle)
    return { vehicle, material: materialOf(vehicle) }
  }

  const coverage = (result: Verification): unknown[] =>
    (result.claims!.subject['streams'] as { coverage: number }[]).map((stream) => stream.coverage)

  test('counts against the coverage, in a compact certificate too', async () => {
    const { vehicle, material } = await cut()
    expect(coverage(await check(vehicle, issue(vehicle, material)))).toEqual([25_000, 25_000])
    const short = await check(vehicle, issue(vehicle, compact(material)))
    expect([short.verdict, coverage(short)]).toEqual(['unchanged', [25_000, 25_000]])
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
    shorter.channel.nowUs = dayUs(5)
    drive(
      shorter,
      [],
      [shorter.cluster, shorter.vin].map((stream) => silence(stream, 4, 4, 5)),
    )
    closeState(shorter)
    const lies = materialOf(shorter, { toUs: dayUs(5) }).streams
    const forged = withGaps((_, at) => lies[at]!.gaps)
    expect(() => issue(vehicle, forged)).toThrow(/the enclosed gaps are not those that were signed/)
  })

  test('before the older seal is carried by that seal’s state', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const lost = [vehicle.cluster, vehicle.vin].map((stream) => ({ ...silence(stream, 4, 4, 9), toSequence: 6 }))
    vehicle.channel.nowUs = dayUs(9)
    drive(vehicle, [], lost)
    closeState(vehicle)
    drive(vehicle, [[10, 48_300]])
    closeState(vehicle)
    const since = materialOf(vehicle, { fromUs: dayUs(10), toUs: dayUs(10) })
    expect(since.streams[0]!.gaps).toEqual([])
    expect((await check(vehicle, issue(vehicle, since))).verdict).toBe('unchanged')
  })
})

test('readings lost before the first one need a signed gap, in a compact certificate too', async () => {
  const vehicle = await makeVehicle({ days: 0 })
  const { channel, gateway, cluster, vin } = vehicle
  channel.nowUs = dayUs(1)
  const rows = [
    { stream: cluster, readings: [{ ...odometer(1, 48_000), sequence: 1_000 }] },
    { stream: vin, readings: [named(1)] },
  ]
  expect(() => channel.batch(gateway, rows)).toThrow(/sequence-break/)
  channel.batch(gateway, rows, [{ ...silence(cluster, 0, 0, 1), toSequence: 999 }])
  closeState(vehicle)
  const material = materialOf(vehicle)
  for (const told of [material, compact(material)]) {
    expect((await check(vehicle, issue(vehicle, told))).verdict).toBe('unchanged')
    expect(() => issue(vehicle, lyingGaps(channel, told, cluster, []))).toThrow(
      /sequence 0 is missing without a signed gap/,
    )
  }
})
