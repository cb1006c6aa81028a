/** What nobody may be able to do alone, or to others for good. */
import { expect, test } from 'vitest'
import type { Ledger, Outcome } from '../../../src-main/ledger/ledger.ts'
import type { CoreEvents, CoreEventType } from '../../../src-main/record/kinds.ts'
import type { PersonRole } from '../../../src-main/record/person-fields.ts'
import { recoveryProof } from '../../../src-main/record/kinds/recovery.ts'
import { incarnationIdOf } from '../../../src-main/wire/ids.ts'
import { testKey } from '../../support/channel.ts'
import type { SignedStatement, TestChannel, TestKey, TestMember } from '../../support/channel.ts'
import { actOf, enrolment, testPerson, type TestPerson } from '../../support/people.ts'
import { commitOne, testLedger } from './drive.ts'

const DAY_US = 86_400_000_000

class Site {
  readonly channel: TestChannel
  readonly ledger: Ledger
  readonly admin: TestPerson
  readonly far: TestPerson

  constructor() {
    const { channel, ledger } = testLedger({ members: 3, severalOwners: true })
    this.channel = channel
    this.ledger = ledger
    this.admin = this.founder(channel.member(0), 'A. Admin')
    this.far = this.founder(channel.member(1), 'F. Far')
    const { signed } = this.says(this.admin, 'channel.policy', { approvals: 1, openDays: 14 })
    this.says(this.far, 'act.approved', { act: actOf(signed), assets: [] })
  }

  founder(keeper: TestMember, name: string): TestPerson {
    const one = testPerson(keeper, name, 'member-admin')
    commitOne(this.ledger, this.channel.event(keeper, 'person.enrolled', enrolment(this.channel, one)))
    return one
  }

  enrols(admin: TestPerson, name: string, role: PersonRole = 'member-admin'): TestPerson {
    const one = testPerson(admin.keeper, name, role)
    this.says(admin, 'person.enrolled', enrolment(this.channel, one))
    return one
  }

  says<T extends CoreEventType>(
    person: TestPerson,
    type: T,
    body: CoreEvents[T],
  ): { signed: SignedStatement; outcome: Outcome } {
    const consumes = this.ledger.consumed(type, body)
    const occurredAtUs = Math.max(this.channel.nowUs(), this.ledger.lastSeal().timeUs)
    const signed = this.channel.event(person, type, body, { role: person.role, consumes, occurredAtUs })
    return { signed, outcome: commitOne(this.ledger, signed) }
  }

  later(days: number): void {
    const occurredAtUs = this.ledger.lastSeal().timeUs + days * DAY_US
    for (const member of this.channel.members)
      commitOne(this.ledger, this.channel.event(member, 'gateway.alive', {}, { occurredAtUs }))
    commitOne(this.ledger, this.channel.seal(this.channel.member(0), this.ledger.sealDraft(), occurredAtUs))
  }
}

test('nobody does an act alone by a second admin of their own making', () => {
  const site = new Site()
  const worker = site.enrols(site.admin, 'W. Worker', 'technician')
  const { signed } = site.says(site.admin, 'person.ended', { person: worker.actor, reason: 'left' })
  // One signature, and it is the proposer's.
  const puppet = site.enrols(site.admin, 'P. Puppet')
  site.says(puppet, 'act.approved', { act: actOf(signed), assets: [] })
  expect(site.ledger.people.person(worker.actor)?.endedAt).toBe(null)
})

test('no owner takes the approvals from the whole channel by itself', () => {
  const site = new Site()
  // The gateway of the third member has no admin yet: its entry key is enough.
  const own = site.founder(site.channel.member(2), 'T. Third')
  const { signed } = site.says(own, 'channel.policy', { approvals: 0, openDays: 90 })
  site.says(site.enrols(own, 'P. Puppet'), 'act.approved', { act: actOf(signed), assets: [] })
  const { far } = site
  const worker = site.enrols(far, 'W. Worker', 'technician')
  expect(site.says(far, 'person.ended', { person: worker.actor, reason: 'x' }).outcome.cameTo).toBe('pending')
})

test('what one signature suspended is over after its time, however often it is said again', () => {
  const site = new Site()
  const worker = site.enrols(site.admin, 'W. Worker', 'technician')
  const suspends = () => site.says(site.admin, 'person.suspended', { person: worker.actor, reason: 'again' })
  suspends()
  site.later(13)
  suspends()
  site.later(2)
  const seen = { place: 'gateway-1', name: worker.name, reason: '' }
  expect(site.says(worker, 'alarm.acknowledged', seen).outcome.reason).not.toBe('signer-suspended')
})

test('whoever has lost the only admin key of a member comes back by its recovery codes, and by nothing else', () => {
  const site = new Site()
  const { channel, ledger } = site
  const { keeper } = site.admin
  const codes = ['a', 'b', 'c'].map((code) => testKey(code, 'entry'))
  const { signed } = site.says(site.admin, 'recovery.set', { need: 2, keys: codes.map((key) => key.public) })
  site.says(site.far, 'act.approved', { act: actOf(signed), assets: [] })
  // The passphrase is gone. The policy of one other could be met by an admin of another owner, and nobody proposes.
  const next = testPerson(keeper, 'N. Next', 'member-admin')
  const body = enrolment(channel, next)
  expect(commitOne(ledger, channel.event(keeper, 'person.enrolled', body)).reason).toBe('admin-must-sign')
  expect(site.says(site.far, 'person.enrolled', body).outcome.outcome).not.toBe('accepted')
  const recovers = (person: TestPerson, using: readonly number[]): Outcome => {
    const { roles: _, ...enrolled } = enrolment(channel, person)
    const proof = recoveryProof(channel.channel, keeper.actor, person.actor, enrolled.public)
    const signatures = using.map((code) => ({ code, signature: (codes[code] as TestKey).sign(proof) }))
    return commitOne(ledger, channel.event(keeper, 'person.recovered', { ...enrolled, codes: signatures }))
  }
  expect(recovers(next, [2]).reason).toBe('recovery-few')
  expect(recovers(next, [0, 2])).toMatchObject({ outcome: 'accepted', cameTo: 'done' })
  expect(ledger.people.person(next.actor)).toMatchObject({ name: 'N. Next', roles: ['member-admin'] })
  // The one who lost it has another key by the same codes: who it was stays known.
  const key = testKey('another', 'entry')
  const again = { ...site.admin, keys: { ...site.admin.keys, entry: key } }
  expect(recovers(again, [0, 1])).toMatchObject({ outcome: 'accepted', cameTo: 'done' })
  const seen = { assets: ['A'], step: 'seen', place: null }
  expect(site.says(site.admin, 'asset.observed', seen).outcome.reason).toBe('key-not-in-force')
  expect(site.says(again, 'key.suspended', { key: next.keys.entry.keyId, reason: 'a drill' }).outcome).toMatchObject({
    outcome: 'accepted',
  })
})

test('a person who moves signs at the other gateway of the owner alone, and the last admin stays', () => {
  const { channel, ledger } = testLedger({ members: 2 })
  const [first, second] = [channel.member(0), channel.member(1)]
  const admins = [first, second].map((keeper, i) => testPerson(keeper, `Admin ${i + 1}`, 'member-admin'))
  const [here, there] = admins as [TestPerson, TestPerson]
  for (const one of admins) commitOne(ledger, channel.event(one.keeper, 'person.enrolled', enrolment(channel, one)))
  const says = <T extends CoreEventType>(person: TestPerson, type: T, body: CoreEvents[T]): Outcome =>
    commitOne(ledger, channel.event(person, type, body, { role: person.role, consumes: ledger.consumed(type, body) }))
  const worker = testPerson(first, 'W. Worker', 'technician')
  says(here, 'person.enrolled', enrolment(channel, worker))
  const asset = { asset: 'A', scheme: 'own', type: 'vehicle', name: 'A', attributes: {}, packs: [], simulated: true }
  expect(says(worker, 'asset.registered', asset).outcome).toBe('accepted')
  const moved = (person: TestPerson) => {
    const keys = { ...person.keys, entry: testKey(`${person.name} there`, 'entry') }
    // A chain of its own begins there: it ends that of before.
    const after = { ...testPerson(second, person.name, person.role), keys }
    const { name: _, roles: __, ...body } = enrolment(channel, after)
    return { after, body }
  }
  expect(says(there, 'person.moved', moved(here).body).reason).toBe('last-admin')
  const { after, body } = moved(worker)
  expect(says(there, 'person.moved', body)).toMatchObject({ outcome: 'accepted', cameTo: 'done' })
  expect(ledger.people.person(worker.actor)).toMatchObject({ keeper: second.actor, name: 'W. Worker' })
  expect(says(worker, 'asset.registered', { ...asset, asset: 'B' }).reason).toBe('key-not-in-force')
  after.incarnation = incarnationIdOf(new Uint8Array(16).fill(9))
  expect(says(after, 'gateway.resumed', { ends: worker.incarnation }).outcome).toBe('accepted')
  expect(says(after, 'asset.registered', { ...asset, asset: 'B' }).outcome).toBe('accepted')
})
