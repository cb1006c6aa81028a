/** Keys of gateways and people come and go by the hundred while readings arrive: none is lost, and what a retired key signs is refused. */
import { expect, test } from 'vitest'
import type { RotatedUse } from '../../../../src-main/gateway/keys/channel-keys.ts'
import { signBy, publicKeyOf } from '../../../../src-main/gateway/signing/person-seed.ts'
import type { Outcome } from '../../../../src-main/ledger/ledger.ts'
import { keyProof } from '../../../../src-main/record/kinds/key.ts'
import { replacementProof } from '../../../../src-main/record/kinds/key-trust.ts'
import type { CoreEvents, CoreEventType } from '../../../../src-main/record/kinds.ts'
import { sha256, utf8 } from '../../../../src-main/wire/bytes.ts'
import { messageOf } from '../../../../src-main/wire/plumbline-error.ts'
import { keyId } from '../../../../src-main/wire/ids.ts'
import { enrolment, testPerson, type TestPerson } from '../../../support/people.ts'
import { codesOf, CoreNet, keysOf, openStreams, recordedBy, rowsOf, type CoreNode } from './core-net.ts'

const PEOPLE = 40
/** Of half a second each, until everybody has an answer. */
const TURNS_MAX = 60
const USES: readonly RotatedUse[] = ['entry', 'checkpoint', 'cosignature', 'credential']

const seedOf = ({ name }: TestPerson): Uint8Array => sha256(utf8(`person ${name} entry`))
const secondSeedOf = ({ name }: TestPerson): Uint8Array => sha256(utf8(`person ${name} entry, the second`))

/** A plant that records all the while: a reading every tenth of a second. */
class Plant {
  readonly net = new CoreNet(3)
  readonly keeper: CoreNode
  readonly #streams
  lines = 0

  constructor() {
    for (const index of [0, 1, 2]) this.net.start(index)
    this.net.elect()
    this.keeper = this.net.nodes.find((node) => node !== this.net.leader) as CoreNode
    this.#streams = openStreams(this.net, this.keeper, 1)
    this.net.run(2_000)
  }

  async passes(ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 100) {
      this.keeper.core.readings(rowsOf(this.#streams, this.lines++))
      await new Promise((resolve) => setImmediate(resolve))
      this.net.run(100)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }

  says<T extends CoreEventType>(
    person: TestPerson,
    type: T,
    body: CoreEvents[T],
    seed = seedOf(person),
  ): Promise<Outcome> {
    return this.keeper.core.say({ person: person.actor, role: person.role, seed, type, body })
  }

  /** Says one thing of each, all at once, and gives what became of them. */
  async each<T>(items: readonly T[], say: (item: T) => Promise<Outcome>): Promise<string[]> {
    // What would have no effect is not signed in the first place.
    let left = items.length
    const said = items.map(async (item) => {
      const told = await say(item).then(({ outcome }) => outcome, messageOf)
      left -= 1
      return told
    })
    for (let turn = 0; turn < TURNS_MAX && left > 0; turn++) await this.passes(500)
    return left === 0 ? await Promise.all(said) : [`${left} wait still`]
  }

  rotate(node: CoreNode, use: RotatedUse): Promise<Outcome> {
    const { actor } = node.member
    const [held] = node.ledger.keysAt(actor, use, Number(node.ledger.size))
    const key = keysOf(node.member).add(use)
    const proof = key.sign(keyProof(node.ledger.channel, actor, held!.keyId))
    const body = { use, alg: 1 as const, public: key.publicKey, replaces: held!.keyId, proof }
    return node.core.event('key.rotated', body)
  }
}

test('a hundred keys are enrolled, rotated, suspended, revoked and replaced in one run, and no reading is missing', async () => {
  const plant = new Plant()
  const { net, keeper } = plant
  const { channel } = net
  const accepted = (count: number): string[] => Array.from({ length: count }, () => 'accepted')
  const admin = testPerson(keeper.member, 'A. Admin', 'member-admin')
  const first = keeper.core.event('person.enrolled', enrolment(channel, admin))
  await plant.passes(1_000)
  expect((await first).outcome).toBe('accepted')

  const people = Array.from({ length: PEOPLE }, (_, i) => testPerson(keeper.member, `Person ${i}`, 'site-manager'))
  expect(await plant.each(people, (one) => plant.says(admin, 'person.enrolled', enrolment(channel, one)))).toEqual(
    accepted(PEOPLE),
  )
  const turns = net.nodes.flatMap((node) => USES.map((use) => ({ node, use })))
  for (const { node, use } of turns) {
    const rotated = plant.rotate(node, use)
    await plant.passes(500)
    expect((await rotated).outcome, use).toBe('accepted')
  }
  const asset = (one: TestPerson, which: string) => {
    const name = `${one.name} ${which}`
    return { asset: name, scheme: 'own', type: 'lot', name, attributes: {}, packs: [], simulated: true }
  }
  const keyOf = (one: TestPerson) => keyId(1, publicKeyOf(seedOf(one)))
  // Each is suspended, signs nothing meanwhile, is restored, signs, is revoked, and signs by another key.
  expect(
    await plant.each(people, (one) => plant.says(admin, 'key.suspended', { key: keyOf(one), reason: 'A round.' })),
  ).toEqual(accepted(PEOPLE))
  expect(new Set(await plant.each(people, (one) => plant.says(one, 'asset.registered', asset(one, 'no'))))).toEqual(
    new Set(['what was signed would have no effect: the key is suspended']),
  )
  expect(
    await plant.each(people, (one) => plant.says(admin, 'key.restored', { key: keyOf(one), reason: 'A round.' })),
  ).toEqual(accepted(PEOPLE))
  expect(await plant.each(people, (one) => plant.says(one, 'asset.registered', asset(one, 'yes')))).toEqual(
    accepted(PEOPLE),
  )
  const revoked = (one: TestPerson) => ({ key: keyOf(one), reason: 'A round.', suspectFrom: null })
  expect(await plant.each(people, (one) => plant.says(admin, 'key.revoked', revoked(one)))).toEqual(accepted(PEOPLE))
  expect(new Set(await plant.each(people, (one) => plant.says(one, 'asset.registered', asset(one, 'late'))))).toEqual(
    new Set(['what was signed would have no effect: the key is not valid at this place of the ledger']),
  )
  const replaced = (one: TestPerson): CoreEvents['key.replaced'] => {
    const seed = secondSeedOf(one)
    const proof = signBy(seed, replacementProof(channel.channel, one.actor))
    return { actor: one.actor, use: 'entry', alg: 1, public: publicKeyOf(seed), proof }
  }
  expect(await plant.each(people, (one) => plant.says(admin, 'key.replaced', replaced(one)))).toEqual(accepted(PEOPLE))
  expect(
    await plant.each(people, (one) => plant.says(one, 'asset.registered', asset(one, 'again'), secondSeedOf(one))),
  ).toEqual(accepted(PEOPLE))

  await plant.passes(2_000)
  net.run(3_000)
  const types = recordedBy(keeper).flatMap((one) => (one.kind === 'event' ? [one.type] : []))
  const made = types.filter((type) => ['person.enrolled', 'key.rotated', 'key.replaced'].includes(type)).length
  const founding = net.nodes.length * Object.keys(keeper.member.keys).length
  expect([made, founding + made >= 100]).toEqual([1 + 2 * PEOPLE + turns.length, true])
  const readings = recordedBy(keeper).reduce((sum, one) => sum + (one.kind === 'batch' ? one.count : 0), 0)
  expect(readings).toBe(plant.lines)
  for (const node of net.nodes) {
    expect(node.faults).toEqual([])
    expect(node.ledger.size).toBe(keeper.ledger.size)
    expect(codesOf(node).filter((code) => !code.startsWith('statement-not-taken'))).toEqual([])
  }
}, 180_000)
