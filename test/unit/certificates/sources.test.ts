import { describe, expect, test } from 'vitest'
import type { CertificateMaterial } from '../../../src-main/certificates/material.ts'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { coreKey } from '../../../src-main/record/core-state.ts'
import type { KeyState } from '../../../src-main/record/core-state.ts'
import { keyProof } from '../../../src-main/record/kinds/key.ts'
import { encodeBatchHeader, statementOf } from '../../../src-main/record/statements.ts'
import { toHex } from '../../../src-main/wire/bytes.ts'
import { parseEntry } from '../../../src-main/wire/entry.ts'
import { signEntry, testKey } from '../../support/channel.ts'
import type { TestMember } from '../../support/channel.ts'
import { claimed, lying } from './lying-quorum.ts'
import type { Claimed } from './lying-quorum.ts'
import { closeState, dayUs, drive, issue, issueOpen, makeVehicle, materialOf, VIN } from './vehicle.ts'
import type { Vehicle } from './vehicle.ts'

const verify = (vehicle: Vehicle, file: Uint8Array): Promise<Verification> =>
  verifyCertificate(file, { policy: vehicle.channel.policy(), engine: vehicle.host })

/** One more day of readings, sealed and proven; gives their batch. */
function oneMoreDay(vehicle: Vehicle, day: number): number {
  vehicle.channel.nowUs = dayUs(day)
  const batch = drive(vehicle, [[day, 48_000 + day * 41.5]])
  closeState(vehicle)
  return batch
}

/** The material with one of its batches signed by somebody else, or with something else. */
function resigned(vehicle: Vehicle, batch: number, by: TestMember, key = by.keys.entry): CertificateMaterial {
  const { channel } = vehicle
  const header = statementOf(parseEntry(channel.reader.entries.require(batch).bytes))
  if (header.kind !== 'batch') throw new Error(`entry ${batch} is no batch`)
  const statement = encodeBatchHeader({ ...header, actor: by.actor })
  const { entry } = signEntry(channel.signing.channel, by, 'batch', statement, key)
  const { actor } = by
  const legalName = channel.reader.members().find((one) => one.actor === actor)?.legalName as string
  const member = { raftId: by.raftId, name: by.name, legalName, voter: true, roles: ['gateway', 'site-manager'] }
  const values = [claimed('member', actor, member), keyClaimed(by, 'entry')]
  return lying(channel, materialOf(vehicle), { entries: new Map([[batch, entry]]), values })
}

/** What the state has of a key, but for what changed. */
function keyClaimed({ actor, keys }: TestMember, use: 'entry' | 'credential', change: Partial<KeyState> = {}): Claimed {
  const key = keys[use]
  return claimed('key', key.keyId, { actor, use, alg: 1, public: key.public, from: 0, to: null, ...change })
}

/** The member puts another key in the place of its own, and has it from then on. */
function rotate({ channel }: Vehicle, member: TestMember, use: 'entry' | 'credential'): number {
  const old = member.keys[use]
  const next = testKey(`${member.name} 2`, use)
  const proof = next.sign(keyProof(channel.signing.channel, member.actor, old.keyId))
  const body = { use, alg: 1 as const, public: next.public, replaces: old.keyId, proof }
  const index = channel.say(member, 'key.rotated', body)
  member.keys[use] = next
  return index
}

describe('who signed the readings', () => {
  test('a batch in the ledger whose signature is not by its key is refused', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const { gateway } = vehicle
    const batch = oneMoreDay(vehicle, 4)
    expect((await verify(vehicle, issue(vehicle, resigned(vehicle, batch, gateway)))).verdict).toBe('unchanged')
    const other = testKey('another secret', 'entry')
    const stolen = { ...gateway.keys.entry, sign: (bytes: Uint8Array) => other.sign(bytes) }
    expect(() => issue(vehicle, resigned(vehicle, batch, gateway, stolen))).toThrow(
      /Source signatures: the signature of entry \d+ is not by key/,
    )
  })

  test('a reading that another gateway signed than the stream’s is refused', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const batch = oneMoreDay(vehicle, 4)
    expect(() => issue(vehicle, resigned(vehicle, batch, vehicle.channel.members[1]!))).toThrow(
      /signed by another gateway than the stream's/,
    )
  })

  test('a key retired before the batch does not count, one retired after it does', async () => {
    const before = await makeVehicle({ days: 4 })
    const unsigned = oneMoreDay(before, 4)
    const retired = lying(before.channel, materialOf(before), {
      values: [keyClaimed(before.gateway, 'entry', { to: unsigned })],
    })
    expect(() => issue(before, retired)).toThrow(new RegExp(`the key of entry ${unsigned} was not valid there`))
    const after = await makeVehicle({ days: 4 })
    oneMoreDay(after, 4)
    const old = after.gateway.keys.entry.keyId
    const rotated = rotate(after, after.gateway, 'entry')
    const batch = oneMoreDay(after, 5)
    const material = materialOf(after)
    const keys = [old, after.gateway.keys.entry.keyId].map((id) => toHex(coreKey.key(id)))
    expect(material.newer.state.map(({ stateKey }) => toHex(stateKey))).toEqual(expect.arrayContaining(keys))
    expect(batch).toBeGreaterThan(rotated)
    expect((await verify(after, issue(after, material))).verdict).toBe('unchanged')
  })

  test.each([
    ['another use', () => ({ use: 'tls' }) as const, /signed with a key for another use/],
    [
      'another gateway',
      ({ channel }: Vehicle) => ({ actor: channel.members[0]!.actor }),
      /signed with another gateway's key/,
    ],
    ['later entries', () => ({ from: 1_000 }), /was not valid there/],
  ])('a key registered for %s does not count', async (_name, change, words) => {
    const vehicle = await makeVehicle({ days: 4 })
    const values = [keyClaimed(vehicle.gateway, 'entry', change(vehicle))]
    expect(() => issue(vehicle, lying(vehicle.channel, materialOf(vehicle), { values }))).toThrow(words)
  })

  test('a retired credential key issues nothing', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const [issuer] = vehicle.channel.members as [TestMember]
    const { credential } = issuer.keys
    const index = rotate(vehicle, issuer, 'credential')
    const newer = closeState(vehicle)
    issuer.keys.credential = credential
    expect(() => materialOf(vehicle, { newer })).toThrow(/no key by which it may sign a certificate now/)
    // And where a gateway does not keep to that: it is the first entry behind the event that retired it.
    const careless = { actor: issuer.actor, at: () => credential, since: null }
    expect(() => issue(vehicle, materialOf(vehicle, { newer, issuer: careless }))).toThrow(
      new RegExp(`issuer's key was retired at entry ${index + 1}$`, 'm'),
    )
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

describe('which part of the ledger', () => {
  test('a stream that began after the older seal is proven absent there', async () => {
    const vehicle = await makeVehicle({ days: 8 })
    const { channel, gateway, cluster, vin } = vehicle
    const second = channel.openStream(gateway, VIN, 'second odometer')
    const timeUs = dayUs(9)
    channel.nowUs = timeUs
    const at = (value: number | string) => [
      {
        timeUs,
        value: typeof value === 'number' ? { kind: 'float' as const, value } : { kind: 'text' as const, value },
      },
    ]
    channel.batch(gateway, [
      { stream: cluster, readings: at(48_400) },
      { stream: vin, readings: at(VIN) },
      { stream: second, readings: at(48_401) },
    ])
    closeState(vehicle)
    const material = materialOf(vehicle, { fromUs: dayUs(8) })
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
    const { toUs } = materialOf(vehicle).period
    const batch = oneMoreDay(vehicle, 4)
    const material = materialOf(vehicle, { toUs })
    const smuggled = { ...material, batches: [...material.batches!, vehicle.channel.logged(batch)] }
    expect(() => issueOpen(vehicle, smuggled)).toThrow(/lies beyond the state that the newer seal proves/)
  })
})
