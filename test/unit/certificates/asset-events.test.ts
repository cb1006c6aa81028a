/** What was said of an asset: that nothing is left out of a period, and which older state may open it. */
import { describe, expect, test } from 'vitest'
import type { CertificateMaterial, PeriodEvent } from '../../../src-main/certificates/material.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import type { AssetStretch } from '../../../src-main/record/asset-state.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import { claimed, lying } from './lying-quorum.ts'
import { closeState, dayUs, declareReplaced, drive, issue, issueOpen, makeVehicle, materialOf, VIN } from './vehicle.ts'
import type { Vehicle } from './vehicle.ts'

const check = async (vehicle: Vehicle, file: Uint8Array): Promise<Verification> =>
  await verifyCertificate(file, { policy: vehicle.channel.policy(), engine: vehicle.host })

function seen({ channel, gateway }: Vehicle): number {
  return channel.say(gateway, 'asset.observed', { assets: [VIN], step: 'parking', place: null })
}

describe('events of the asset', () => {
  test('are shown where the pack reads them or they bind streams, and told by their leaf otherwise', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const { channel, gateway } = vehicle
    channel.registerAsset(gateway, 'OTHER')
    const [noted, other] = [VIN, 'OTHER'].map((asset) =>
      channel.take(channel.packEvent(gateway, 'odometer.confirmed', { declares: '00'.repeat(32) }, asset)),
    ) as [number, number]
    seen(vehicle)
    closeState(vehicle)
    const material = materialOf(vehicle)
    const shown = material.events.leaves.flatMap((event) => (event.kind === 'shown' ? [event.index] : []))
    expect([shown.includes(noted), shown.includes(other)]).toEqual([true, false])
    const { verdict, claims } = await check(vehicle, issue(vehicle, material))
    // The registration and the observation are told, two bindings and the confirmation are shown.
    expect([verdict, claims!.subject['events']]).toEqual(['unchanged', { shown: 3, closed: 2 }])
  })

  test('that came behind the state of the newer seal are not part of it', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const newer = closeState(vehicle)
    const before = materialOf(vehicle, { newer }).events.leaves.length
    seen(vehicle)
    closeState(vehicle)
    const material = materialOf(vehicle, { newer })
    expect(material.events.leaves.length).toBe(before)
    expect((await check(vehicle, issue(vehicle, material))).verdict).toBe('unchanged')
  })

  test('before the older seal are not shown, and those after it are all there', async () => {
    const vehicle = await makeVehicle({ days: 8 })
    for (let i = 0; i < 5; i++) seen(vehicle)
    const newer = closeState(vehicle)
    const material = materialOf(vehicle, { older: vehicle.seals[2]!, newer, fromUs: dayUs(4) })
    expect(material.events.leaves.length).toBe(5)
    expect((await check(vehicle, issue(vehicle, material))).verdict).toBe('unchanged')
    const lost = { ...material, events: { ...material.events, leaves: material.events.leaves.slice(1) } }
    expect(() => issue(vehicle, lost)).toThrow(/Histories: 4 events of the asset are enclosed, 5 lie between the seals/)
    const [first] = material.events.leaves as [PeriodEvent]
    const swapped: CertificateMaterial = {
      ...material,
      events: { ...material.events, leaves: [...material.events.leaves.slice(1), first] },
    }
    expect(() => issue(vehicle, swapped)).toThrow(/Histories: the enclosed events are not those/)
  })

  test('of an older state later than the beginning of the period hide what stood then, and are refused', async () => {
    const vehicle = await makeVehicle({ days: 8 })
    const material = materialOf(vehicle, { fromUs: dayUs(4) })
    expect(material.older?.seal.index).toBe(vehicle.channel.reader.blocks.seal(vehicle.seals[2]!)?.index)
    expect((await check(vehicle, issue(vehicle, material))).verdict).toBe('unchanged')
    // Nothing was read for a month: the state a month later holds no reading of the period either.
    vehicle.channel.nowUs = dayUs(40)
    vehicle.channel.seal()
    seen(vehicle)
    const [older, newer] = [closeState(vehicle), closeState(vehicle)]
    const period = { fromUs: dayUs(20), toUs: dayUs(21) }
    expect(() => issueOpen(vehicle, materialOf(vehicle, { older, newer, ...period }))).toThrow(
      /Histories: the older state is later than the beginning of the period/,
    )
  })

  test('a stream that the state has and no event names is refused, and so is one that it has no more', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const bound = [vehicle.cluster, vehicle.vin].map((stream) => ({ stream, first: 0, last: null }))
    const stating = (streams: AssetStretch[]): CertificateMaterial =>
      lying(vehicle.channel, materialOf(vehicle), { values: [claimed('asset-streams', VIN, { streams })] })
    expect((await check(vehicle, issue(vehicle, stating(bound)))).verdict).toBe('unchanged')
    const extra = { stream: '7'.repeat(32) as StreamId, first: 0, last: null }
    expect(() => issue(vehicle, stating([...bound, extra]))).toThrow(
      /is bound to the asset, and nothing enclosed says since when/,
    )
    expect(() => issue(vehicle, stating(bound.slice(1)))).toThrow(
      /is not bound to the asset any more, and nothing enclosed says since when/,
    )
  })

  test('a car with a thousand confirmations by others after its own keeps its verdict', async () => {
    const km = (day: number): number => (day < 6 ? 48_000 + day * 40 : (day - 6) * 40)
    const vehicle = await makeVehicle({ days: 8, km })
    const { fleet } = declareReplaced(vehicle)
    const { channel } = vehicle
    const others = Array.from({ length: 1_000 }, () =>
      channel.packEvent(fleet, 'odometer.confirmed', { declares: '00'.repeat(32) }, VIN),
    )
    channel.take(...others)
    closeState(vehicle)
    const { verdict, claims } = await check(vehicle, issue(vehicle))
    expect([verdict, claims!.subject['verdict'], claims!.subject['events']]).toEqual([
      'unchanged',
      'logical',
      // The registration, and that garage and fleet may speak of the car.
      { shown: 1_004, closed: 3 },
    ])
  })
})

test('what two parties declare within a month after the period is part of its certificate, what they declare later is not', async () => {
  const km = (day: number): number => (day < 6 ? 48_000 + day * 40 : (day - 6) * 40)
  const saidAfter = async (day: number): Promise<unknown[]> => {
    const vehicle = await makeVehicle({ days: 8, km })
    vehicle.channel.nowUs = dayUs(day)
    closeState(vehicle)
    declareReplaced(vehicle)
    closeState(vehicle)
    drive(vehicle, [[day + 1, 2_000]])
    vehicle.channel.nowUs = dayUs(day + 1)
    closeState(vehicle)
    const { verdict, claims } = await check(vehicle, issue(vehicle, materialOf(vehicle, { toUs: dayUs(7) })))
    return [verdict, claims!.subject['verdict'], claims!.subject['events']]
  }
  expect(await saidAfter(36)).toEqual(['unchanged', 'logical', { shown: 4, closed: 3 }])
  expect(await saidAfter(38)).toEqual(['unchanged', 'illogical', { shown: 2, closed: 1 }])
})

test('a verifier that does not know the rules of the channel cannot tell, and looks no further', async () => {
  const vehicle = await makeVehicle({ days: 4 })
  const changes = [
    { fromHeight: 0, version: 1 },
    { fromHeight: 2, version: 9 },
  ]
  const later = lying(vehicle.channel, materialOf(vehicle), { values: [claimed('rules', '', { changes })] })
  expect(() => issue(vehicle, later)).toThrow(/would wait for a release that knows version 9/)
  const { verdict, missing, steps } = await check(vehicle, issueOpen(vehicle, later))
  expect([verdict, missing.map(({ code }) => code)]).toEqual(['cannot-tell', ['rules_unknown']])
  expect(steps.map(({ state }) => state)).toEqual([
    'holds',
    'holds',
    'holds',
    'holds',
    'waits',
    ...Array(3).fill('not-run'),
  ])
})
