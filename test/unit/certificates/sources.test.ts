import { describe, expect, test } from 'vitest'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { sha256, toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import { coreKey } from '../../../src-main/record/core-state.ts'
import { keyId } from '../../../src-main/wire/ids.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import { DAY_US, gatewayOf, START_US } from './small-channel.ts'
import type { Gateway } from './small-channel.ts'
import { issue, issueOpen, makeVehicle, materialOf, VIN } from './vehicle.ts'
import type { Vehicle } from './vehicle.ts'

const verify = (vehicle: Vehicle, file: Uint8Array): Promise<Verification> =>
  verifyCertificate(file, { policy: vehicle.channel.policy(), engine: vehicle.host })

/** One more day of readings, signed by `gateway`, sealed and proven; returns the newest seal. */
function oneMoreDay(vehicle: Vehicle, gateway: Gateway, day: number): { batch: number; newer: number } {
  const timeUs = START_US + day * DAY_US
  const batch = vehicle.channel.batch(gateway, [
    { stream: vehicle.cluster, readings: [{ timeUs, value: { kind: 'float', value: 48_000 + day * 41.5 } }] },
    { stream: vehicle.vin, readings: [{ timeUs, value: { kind: 'text', value: VIN } }] },
  ])
  vehicle.channel.seal()
  return { batch, newer: vehicle.channel.seal() }
}

function setKey(vehicle: Vehicle, gateway: Gateway, use: 'entry' | 'credential', change: object): void {
  const key = gateway.keys[use].public
  const value = { actor: gateway.actor, use, alg: 1 as const, public: key, from: 0, to: null, ...change }
  vehicle.channel.put('key', coreKey.key(keyId(1, key)), value)
}

describe('who signed the readings', () => {
  test('a batch in the ledger whose signature is not by its key is refused', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const { gateway } = vehicle
    const stolen = { ...gateway.keys.entry, secret: sha256(utf8('another secret')) }
    const { newer } = oneMoreDay(vehicle, { ...gateway, keys: { ...gateway.keys, entry: stolen } }, 4)
    expect(() => issue(vehicle, materialOf(vehicle, { newer }))).toThrow(
      /Source signatures: the signature of entry \d+ is not by key/,
    )
  })

  test('a reading that another gateway signed than the stream’s is refused', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const { newer } = oneMoreDay(vehicle, vehicle.channel.gateways[1]!, 4)
    expect(() => issue(vehicle, materialOf(vehicle, { newer }))).toThrow(/signed by another gateway than the stream's/)
  })

  test('a key retired before the batch does not count, one retired after it does', async () => {
    const before = await makeVehicle({ days: 4 })
    setKey(before, before.gateway, 'entry', { to: 3 })
    expect(() => issue(before, materialOf(before, { newer: oneMoreDay(before, before.gateway, 4).newer }))).toThrow(
      /was not valid there/,
    )
    const after = await makeVehicle({ days: 4 })
    const { batch } = oneMoreDay(after, after.gateway, 4)
    setKey(after, after.gateway, 'entry', { to: batch + 1 })
    after.channel.seal()
    const file = issue(after, materialOf(after, { newer: after.channel.seal() }))
    expect((await verify(after, file)).verdict).toBe('unchanged')
  })

  test.each([
    ['another use', { use: 'tls' }, /signed with a key for another use/],
    ['another gateway', { actor: gatewayOf('hall', '').actor }, /signed with another gateway's key/],
    ['later entries', { from: 1_000 }, /was not valid there/],
  ])('a key registered for %s does not count', async (_name, change, words) => {
    const vehicle = await makeVehicle({ days: 4 })
    setKey(vehicle, vehicle.gateway, 'entry', change)
    vehicle.channel.seal()
    expect(() => issue(vehicle, materialOf(vehicle, { newer: vehicle.channel.seal() }))).toThrow(words)
  })

  test('a retired credential key issues nothing', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    setKey(vehicle, vehicle.channel.gateways[0]!, 'credential', { to: 5 })
    vehicle.channel.seal()
    expect(() => issue(vehicle, materialOf(vehicle, { newer: vehicle.channel.seal() }))).toThrow(/retired at entry 5/)
  })

  test('a faster signature check may be brought, and its word is taken', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    let asked = 0
    const verifySignature = (): boolean => ++asked < 0
    const file = issue(vehicle)
    const result = await verifyCertificate(file, {
      policy: vehicle.channel.policy(),
      engine: vehicle.host,
      verifySignature,
    })
    expect([result.verdict, asked]).toEqual(['changed', 1])
  })
})

describe('events', () => {
  const enclosing = async (type: string, assets: string[]): Promise<() => Uint8Array> => {
    const vehicle = await makeVehicle({ days: 4 })
    const event = vehicle.channel.event(vehicle.gateway, type, {}, assets)
    vehicle.channel.seal()
    const newer = vehicle.channel.seal()
    return () => issue(vehicle, materialOf(vehicle, { newer, events: [event] }))
  }

  test('of the pack about the asset are enclosed, others are not', async () => {
    expect(await enclosing('odometer.note', [VIN])).not.toThrow()
    expect(await enclosing('odometer.note', ['OTHER'])).toThrow(/is not about this asset/)
    expect(await enclosing('alarm.raised', [VIN])).toThrow(/is not one of the pack's/)
  })
})

describe('which part of the ledger', () => {
  test('a stream that began after the older seal is proven absent there', async () => {
    const vehicle = await makeVehicle({ days: 8 })
    const second = vehicle.channel.openStream(vehicle.gateway, VIN, 'second odometer')
    const timeUs = START_US + 9 * DAY_US
    const readings = (stream: StreamId, value: number | string) => ({
      stream,
      readings: [
        {
          timeUs,
          value: typeof value === 'number' ? { kind: 'float' as const, value } : { kind: 'text' as const, value },
        },
      ],
    })
    vehicle.channel.nowUs = timeUs
    vehicle.channel.batch(vehicle.gateway, [
      readings(vehicle.cluster, 48_400),
      readings(vehicle.vin, VIN),
      readings(second, 48_401),
    ])
    vehicle.channel.seal()
    const newer = vehicle.channel.seal()
    const material = materialOf(vehicle, { older: vehicle.seals[3]!, newer, fromUs: START_US + 8 * DAY_US })
    const absent = material.older!.state.filter((item) => item.treeValue === null).map((item) => toHex(item.stateKey))
    expect(absent).toContain(toHex(coreKey.history(VIN, second)))
    const result = await verify(vehicle, issue(vehicle, material))
    expect(result.verdict).toBe('unchanged')
    expect(result.claims!.subject['readings']).toMatchObject({ judged: 3 })
  })

  test('an older seal that does not come before the newer one is refused', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const newer = vehicle.seals.at(-1)!
    expect(() => issue(vehicle, materialOf(vehicle, { older: newer, newer }))).toThrow(
      /does not come before the newer one/,
    )
  })

  test('entries beyond the proven state cannot be sources', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const material = materialOf(vehicle)
    const { batch } = oneMoreDay(vehicle, vehicle.gateway, 4)
    const grown = materialOf(vehicle)
    const smuggled = { ...grown, period: material.period, batches: [...grown.batches!, vehicle.channel.logged(batch)] }
    expect(() => issueOpen(vehicle, smuggled)).toThrow(/lies beyond the state that the newer seal proves/)
  })
})
