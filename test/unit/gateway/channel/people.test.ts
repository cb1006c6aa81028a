/** People who sign at the gateway that keeps their chains: through a change of leader, a restart, and a memory that was lost. */
import { expect, test } from 'vitest'
import type { Outcome } from '../../../../src-main/ledger/ledger.ts'
import type { CoreEvents, CoreEventType } from '../../../../src-main/record/kinds.ts'
import { loadEngine } from '../../../../src-main/documents/engine.ts'
import { sayAs } from '../../../../src-main/gateway/channel/say-as.ts'
import { activated } from '../../../../src-main/gateway/folder/found.ts'
import { shippedPacks } from '../../../../src-main/gateway/folder/shipped-packs.ts'
import { publicKeyOf, signBy } from '../../../../src-main/gateway/signing/person-seed.ts'
import { replacementProof } from '../../../../src-main/record/kinds/key-trust.ts'
import { sha256, utf8 } from '../../../../src-main/wire/bytes.ts'
import { shippedContracts } from '../../../support/shipped-contracts.ts'
import { enrolment, testPerson, type TestPerson } from '../../../support/people.ts'
import { CoreNet, recordedBy, type CoreNode } from './core-net.ts'

/** Secret of a test person's key: as `testKey` makes it. */
const seedOf = ({ name }: TestPerson): Uint8Array => sha256(utf8(`person ${name} entry`))

function says<T extends CoreEventType>(
  node: CoreNode,
  person: TestPerson,
  type: T,
  body: CoreEvents[T],
): Promise<Outcome> {
  return node.core.say({ person: person.actor, role: person.role, seed: seedOf(person), type, body })
}

/** Lets so much time pass, a tenth of a second at a time, so that whoever waits goes on in between. */
async function passes(net: CoreNet, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 100) {
    await new Promise((resolve) => setImmediate(resolve))
    net.run(100)
  }
  await new Promise((resolve) => setImmediate(resolve))
}

/** Three gateways, of which one keeps the chain of an admin. */
async function withAdmin(): Promise<{ net: CoreNet; keeper: CoreNode; admin: TestPerson }> {
  const net = new CoreNet(3)
  for (const index of [0, 1, 2]) net.start(index)
  net.elect()
  const [keeper] = net.nodes.filter((node) => node !== net.leader) as [CoreNode]
  const admin = testPerson(keeper.member, 'A. Admin', 'member-admin')
  const enrolled = keeper.core.event('person.enrolled', enrolment(net.channel, admin))
  await passes(net, 2_000)
  expect((await enrolled).outcome).toBe('accepted')
  return { net, keeper, admin }
}

const asset = (name: string): CoreEvents['asset.registered'] => ({
  asset: name,
  scheme: 'own',
  type: 'vehicle',
  name,
  attributes: {},
  packs: [],
  simulated: true,
})

/** Sequences that the ledger holds of a person, and the types under them. */
function saidBy(node: CoreNode, { actor }: TestPerson): [number, string][] {
  return recordedBy(node).flatMap((one) =>
    one.kind === 'event' && one.actor === actor ? [[one.sequence, one.type]] : [],
  )
}

test('what several things say at once goes one behind the other, through a gateway that does not lead', async () => {
  const { net, keeper, admin } = await withAdmin()
  const said = ['A', 'B', 'C'].map((name) => says(keeper, admin, 'asset.registered', asset(name)))
  await passes(net, 3_000)
  expect((await Promise.all(said)).map(({ outcome, cameTo }) => [outcome, cameTo])).toEqual(
    Array.from({ length: 3 }, () => ['accepted', 'done']),
  )
  expect(saidBy(keeper, admin)).toEqual([0, 1, 2].map((sequence) => [sequence, 'asset.registered']))
})

test('what was signed before a restart is decided behind it, once, and the chain goes on', async () => {
  const { net, keeper, admin } = await withAdmin()
  const others = net.nodes.filter((node) => node !== keeper)
  for (const node of others) node.off = true
  void says(keeper, admin, 'asset.registered', asset('A')).catch(() => undefined)
  await passes(net, 500)
  for (const node of others) node.off = false
  const again = net.restart(keeper)
  await passes(net, 6_000)
  const next = says(again, admin, 'asset.registered', asset('B'))
  await passes(net, 3_000)
  expect((await next).outcome).toBe('accepted')
  expect(saidBy(again, admin)).toEqual([0, 1].map((sequence) => [sequence, 'asset.registered']))
})

test('a chain that is not remembered goes on in another incarnation, behind a fence of the person’s own', async () => {
  const { net, keeper, admin } = await withAdmin()
  const first = says(keeper, admin, 'asset.registered', asset('A'))
  await passes(net, 2_000)
  await first
  keeper.ledger.memory.set(true)
  keeper.ledger.memory.set(false)
  const second = says(keeper, admin, 'asset.registered', asset('B'))
  await passes(net, 4_000)
  expect(await second).toMatchObject({ outcome: 'accepted' })
  expect(saidBy(keeper, admin)).toEqual([
    [0, 'asset.registered'],
    [0, 'gateway.resumed'],
    [1, 'asset.registered'],
  ])
})

test('nobody else’s gateway signs for a person, and no other key than the person’s', async () => {
  const { net, keeper, admin } = await withAdmin()
  const other = net.nodes.find((node) => node !== keeper) as CoreNode
  await expect(says(other, admin, 'asset.registered', asset('A'))).rejects.toThrow(/does not keep the chain/)
  const wrong = { person: admin.actor, role: admin.role, seed: new Uint8Array(32).fill(7) }
  await expect(keeper.core.say({ ...wrong, type: 'asset.registered', body: asset('A') })).rejects.toThrow(
    /not registered for entries/,
  )
  // Nothing of it has left: the next one is the first.
  const said = says(keeper, admin, 'asset.registered', asset('A'))
  await passes(net, 2_000)
  expect((await said).outcome).toBe('accepted')
})

test('a member that sends what a person of another signed is told that it may not', async () => {
  const { net, keeper, admin } = await withAdmin()
  const stolen = net.channel.event({ ...admin }, 'asset.registered', asset('A'), { role: 'member-admin' })
  const liar = net.nodes.find((node) => node !== keeper && node !== net.leader) as CoreNode
  expect(net.leader.ledger.judgeForwarded(liar.member.actor, { entry: stolen.entry, payload: null })).toEqual({
    refused: 'is signed in the name of another',
  })
  expect(net.leader.ledger.judgeForwarded(keeper.member.actor, { entry: stolen.entry, payload: null })).toBe('propose')
})

/** Somebody of the keeper whose statements go behind the admin's. */
async function withTechnician(): Promise<Awaited<ReturnType<typeof withAdmin>> & { technician: TestPerson }> {
  const made = await withAdmin()
  const { net, keeper, admin } = made
  const technician = ['T', 'U', 'V', 'W', 'X', 'Y', 'Z']
    .map((name) => testPerson(keeper.member, `${name}. Technician`, 'technician'))
    .find(({ actor }) => actor > admin.actor) as TestPerson
  const enrolled = says(keeper, admin, 'person.enrolled', enrolment(net.channel, technician))
  await passes(net, 2_000)
  expect((await enrolled).outcome).toBe('accepted')
  return { ...made, technician }
}

test('what was refused because its key was suspended meanwhile is never said later, and its signer signs again', async () => {
  const { net, keeper, admin, technician } = await withTechnician()
  const others = net.nodes.filter((node) => node !== keeper)
  for (const node of others) node.off = true
  const key = technician.keys.entry.keyId
  const suspended = says(keeper, admin, 'key.suspended', { key, reason: 'The badge is gone.' })
  const refused = says(keeper, technician, 'asset.registered', asset('A'))
  await passes(net, 500)
  for (const node of others) node.off = false
  await passes(net, 6_000)
  expect((await suspended).outcome).toBe('accepted')
  expect(await refused).toMatchObject({ outcome: 'bad', reason: 'key-suspended' })
  const restored = says(keeper, admin, 'key.restored', { key, reason: 'It was found.' })
  await passes(net, 6_000)
  expect((await restored).cameTo).toBe('done')
  // Its signer was told that it came to nothing.
  expect(saidBy(keeper, technician)).toEqual([])
  const next = says(keeper, technician, 'asset.registered', asset('B'))
  await passes(net, 4_000)
  expect((await next).outcome).toBe('accepted')
})

test('who got another key while a statement under the old one waited is not locked out', async () => {
  const { net, keeper, admin, technician } = await withTechnician()
  const others = net.nodes.filter((node) => node !== keeper)
  for (const node of others) node.off = true
  const seed = sha256(utf8('another seed'))
  const { actor } = technician
  const proof = signBy(seed, replacementProof(net.channel.channel, actor))
  const fresh = { actor, use: 'entry', alg: 1, public: publicKeyOf(seed), proof } as const
  const replaced = says(keeper, admin, 'key.replaced', fresh)
  const refused = says(keeper, technician, 'asset.registered', asset('A'))
  await passes(net, 500)
  for (const node of others) node.off = false
  await passes(net, 6_000)
  expect((await replaced).cameTo).toBe('done')
  expect(await refused).toMatchObject({ outcome: 'bad', reason: 'key-not-in-force' })
  const again = net.restart(keeper)
  await passes(net, 6_000)
  const order = { person: actor, role: technician.role, seed } as const
  const next = again.core.say({ ...order, type: 'asset.registered', body: asset('B') })
  await passes(net, 4_000)
  expect((await next).outcome).toBe('accepted')
})

test('a leader whose key is suspended passes the lead on: the channel seals on, and the suspension is over in time', async () => {
  const { net, keeper, admin } = await withAdmin()
  const former = net.leader
  const key = former.member.keys.entry.keyId
  const suspended = says(keeper, admin, 'key.suspended', { key, reason: 'The panel PC was stolen.' })
  await passes(net, 3_000)
  expect((await suspended).outcome).toBe('accepted')
  const { height } = keeper.ledger.lastSeal()
  const said = says(keeper, admin, 'asset.registered', asset('A'))
  await passes(net, 10_000)
  expect((await said).outcome).toBe('accepted')
  expect(net.leader).not.toBe(former)
  expect(keeper.ledger.lastSeal().height).toBeGreaterThan(height)
  expect(keeper.ledger.sealDue()).toBe(false)
})

test('an event of a pack’s own is read by its pack.json, names its assets, and is refused by the pack alone', async () => {
  const packs = shippedPacks().map((pack) => activated(pack, sha256(loadEngine())))
  const net = new CoreNet(1, {}, { packs })
  net.contracts = shippedContracts
  const keeper = net.start(0)
  net.elect()
  const manager = testPerson(keeper.member, 'B. Manager', 'site-manager')
  const admin = testPerson(keeper.member, 'A. Admin', 'member-admin')
  void keeper.core.event('person.enrolled', enrolment(net.channel, admin))
  await passes(net, 1_000)
  void says(keeper, admin, 'person.enrolled', enrolment(net.channel, manager))
  void keeper.core.event('asset.registered', { ...asset('LOT-1'), type: 'lot', packs: ['quality'] })
  await passes(net, 2_000)
  const none = { index: null, cameTo: null, hash: null, refused: null, reason: null }
  const thread = {
    say: async (order: Parameters<CoreNode['core']['say']>[0]) => {
      const { outcome, index, reason } = await keeper.core.say(order)
      return { ...none, outcome, index, refused: reason ?? null }
    },
  }
  const signer = { actor: manager.actor, roles: [manager.role], seed: seedOf(manager) }
  const say = async (type: string, body: object, ...assets: string[]) => {
    const said = sayAs(thread, signer, type, body as never, { assets }).catch((error: Error) => error)
    await passes(net, 2_000)
    const told = await said
    return told instanceof Error ? told.message : [told.outcome, told.refused]
  }
  const done = { lot: 'LOT-1', batch: 'B-1', parts: 90 }
  expect(await say('quality.lot-completed', done, 'LOT-1')).toEqual(['accepted', null])
  expect(await say('quality.lot-released', {}, 'LOT-1')).toEqual(['invalid', 'quality/not-judged'])
  expect(await say('quality.lot-completed', { ...done, parts: 'many' }, 'LOT-1')).toMatch(/"?parts/)
  expect(await say('quality.lot-completed', done)).toMatch(/names no asset/)
  expect(await say('quality.lot-complete', done, 'LOT-1')).toMatch(
    /no event type "quality.lot-complete".*"quality.lot-completed"/,
  )
  expect(await say('asset.registered', asset('LOT-2'), 'LOT-2')).toMatch(/follow from its body/)
  // What was malformed was never signed.
  expect(keeper.ledger.people.newest(manager.actor)?.sequence).toBe(1)
})
