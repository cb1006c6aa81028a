/** What people signed in a certificate's evidence, and what a key signed that was in two hands. */
import { expect, test } from 'vitest'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import { coreKeyOf, type KeyState } from '../../../src-main/record/core-state.ts'
import { toHex } from '../../../src-main/wire/bytes.ts'
import { keyId } from '../../../src-main/wire/ids.ts'
import { parseEntry } from '../../../src-main/wire/entry.ts'
import { keyProof } from '../../../src-main/record/kinds/key.ts'
import { replacementProof } from '../../../src-main/record/kinds/key-trust.ts'
import type { CoreEvents, CoreEventType } from '../../../src-main/record/kinds.ts'
import { testKey, type TestMember } from '../../support/channel.ts'
import { enrolment, testPerson, type TestPerson } from '../../support/people.ts'
import { claimed, lying } from './lying-quorum.ts'
import { signerOf } from './real-channel.ts'
import { closeState, dayUs, issue, issueOpen, makeVehicle, materialOf, VIN, type Vehicle } from './vehicle.ts'

const verify = (vehicle: Vehicle, file: Uint8Array): Promise<Verification> =>
  verifyCertificate(file, { policy: vehicle.channel.policy(), engine: vehicle.host })

interface Observed extends Vehicle {
  admin: TestPerson
}

/** A vehicle about which a person of the gateway's member has said something. */
async function observed(): Promise<Observed> {
  const vehicle = await makeVehicle({ days: 4 })
  const { channel, gateway } = vehicle
  const admin = testPerson(gateway, 'R. Hofmann', 'member-admin')
  channel.nowUs = dayUs(5)
  channel.say(gateway, 'person.enrolled', enrolment(channel.signing, admin))
  // What a person says is held to ledger time.
  closeState(vehicle)
  const said = { type: 'odometer.confirmed', body: { declares: '00' }, assets: [VIN] }
  channel.take(channel.event(gateway, 'gateway.alive', {}, said))
  channel.take(channel.event(admin, 'gateway.alive', {}, { ...said, role: 'member-admin' }))
  closeState(vehicle)
  return { ...vehicle, admin }
}

test('holds what a person said of the asset, by name and member, and shows the person', async () => {
  const vehicle = await observed()
  const material = materialOf(vehicle)
  const checked = await verify(vehicle, issue(vehicle, material))
  expect(checked.verdict).toBe('unchanged')
  const signers = material.events.leaves.flatMap((leaf) =>
    leaf.kind === 'shown' ? [parseEntry(leaf.entry).actor] : [],
  )
  expect(signers.slice(-2)).toEqual([vehicle.gateway.actor, vehicle.admin.actor])
  // Without the person nobody would know for whom that was said.
  const person = toHex(coreKeyOf('person', vehicle.admin.actor))
  const state = material.newer.state.filter(({ stateKey }) => toHex(stateKey) !== person)
  expect(state).toHaveLength(material.newer.state.length - 1)
  const less = { ...material, newer: { ...material.newer, state } }
  expect(() => issue(vehicle, less)).toThrow(/Source signatures/)
})

test('is issued by no key that its owner had suspended by then', async () => {
  const vehicle = await observed()
  const { channel, signer } = vehicle
  const id = keyId(1, signer.publicKey)
  const known = channel.reader.state.key(id) as KeyState
  const until = (suspendedUs: number) =>
    lying(channel, materialOf(vehicle), { values: [claimed('key', id, { ...known, suspendedUs })] })
  expect(() => issue(vehicle, until(dayUs(400)))).toThrow(/the issuer's key was suspended/)
  issue(vehicle, until(0))
})

test('cannot tell where evidence rests on what a key signed once it was in other hands; from before it holds', async () => {
  const vehicle = await observed()
  const { channel, gateway, admin } = vehicle
  const old = gateway.keys.entry
  const next = testKey('found again', 'entry')
  const proof = next.sign(keyProof(channel.signing.channel, gateway.actor, old.keyId))
  const rotation = { use: 'entry', alg: 1, public: next.public, replaces: old.keyId, proof } as const
  const rotated = channel.say(gateway, 'key.rotated', rotation)
  gateway.keys.entry = next
  const revoked = (suspectFrom: number): void => {
    const body = { key: old.keyId, reason: 'A copy was found.', suspectFrom }
    channel.take(channel.event(admin, 'key.revoked', body, { role: 'member-admin' }))
    closeState(vehicle)
  }
  revoked(rotated)
  expect((await verify(vehicle, issue(vehicle))).verdict).toBe('unchanged')
  const before = materialOf(vehicle)
  revoked(2)
  // This gateway makes none any more, also none as of before that was known.
  expect(() => materialOf(vehicle)).toThrow(expect.objectContaining({ code: 'key_suspect' }))
  const key = {
    actor: gateway.actor,
    use: 'entry',
    alg: 1,
    public: old.public,
    from: 0,
    to: rotated,
    suspectFrom: 2,
  } as const
  const told = lying(channel, before, { values: [claimed('key', old.keyId, key)] })
  expect(() => issue(vehicle, told)).toThrow(/what the key of .* signed from entry 2 on is in doubt/)
  const checked = await verify(vehicle, issueOpen(vehicle, told))
  expect([checked.verdict, checked.missing]).toMatchObject(['cannot-tell', [{ code: 'key_suspect' }]])
  expect(checked.steps.find(({ id }) => id === 'source-signatures')?.state).toBe('waits')
})

test('is issued for an old state by the key of then, while nobody took that back; else for a newer one by the next key', async () => {
  const vehicle = await makeVehicle({ days: 8 })
  const { channel } = vehicle
  const [issuer] = channel.members as [TestMember]
  const admin = testPerson(issuer, 'R. Hofmann', 'member-admin')
  channel.nowUs = dayUs(9)
  channel.say(issuer, 'person.enrolled', enrolment(channel.signing, admin))
  closeState(vehicle)
  const byAdmin = <T extends CoreEventType>(type: T, body: CoreEvents[T]): number =>
    channel.take(channel.event(admin, type, body, { role: 'member-admin' }))
  const signerNow = () => ({ ...vehicle, signer: signerOf(issuer) })
  // The state of the first days is from before anything was said of a key.
  const early = () => issue(signerNow(), materialOf(vehicle, { toUs: dayUs(3) }))
  const first = issuer.keys.credential
  const holds = async (file: Uint8Array): Promise<void> =>
    expect((await verify(vehicle, file)).verdict).toBe('unchanged')
  const none = expect.objectContaining({ code: 'no_issuing_key' }) as Error
  await holds(early())
  byAdmin('key.suspended', { key: first.keyId, reason: 'The panel PC was stolen.' })
  expect(early).toThrow(none)
  byAdmin('key.restored', { key: first.keyId, reason: 'It was found.' })
  await holds(early())
  const second = testKey('the second', 'credential')
  const proof = second.sign(keyProof(channel.signing.channel, issuer.actor, first.keyId))
  const named = { use: 'credential', alg: 1, public: second.public } as const
  channel.say(issuer, 'key.rotated', { ...named, replaces: first.keyId, proof })
  // Nobody said anything against the first.
  await holds(early())
  const newer = closeState(vehicle)
  byAdmin('key.revoked', { key: first.keyId, reason: 'A copy was found.', suspectFrom: 0 })
  expect(early).toThrow(none)
  issuer.keys.credential = second
  await holds(early())
  byAdmin('key.revoked', { key: second.keyId, reason: 'And another.', suspectFrom: null })
  // Also for the state that had it.
  expect(() => materialOf(vehicle, { newer })).toThrow(none)
  const third = testKey('the third', 'credential')
  const replaced = { actor: issuer.actor, ...named, public: third.public }
  byAdmin('key.replaced', { ...replaced, proof: third.sign(replacementProof(channel.signing.channel, issuer.actor)) })
  issuer.keys.credential = third
  closeState(vehicle)
  await holds(early())
})
