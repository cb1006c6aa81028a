/** What nobody may be able to do alone, or to others for good. The last is not decided yet: it says how it should be, and fails. */
import { expect, test } from 'vitest'
import type { Ledger, Outcome } from '../../../src-main/ledger/ledger.ts'
import type { CoreEvents, CoreEventType } from '../../../src-main/record/kinds.ts'
import type { PersonRole } from '../../../src-main/record/person-fields.ts'
import type { SignedStatement, TestChannel, TestMember } from '../../support/channel.ts'
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

test.fails('whoever has lost the only admin key of a member is not lost for good', () => {
  const site = new Site()
  // The passphrase is gone; the policy of one other is met by an admin of another owner.
  const next = testPerson(site.admin.keeper, 'N. Next', 'member-admin')
  const body = enrolment(site.channel, next)
  const consumes = site.ledger.consumed('person.enrolled', body)
  const byGateway = commitOne(site.ledger, site.channel.event(site.admin.keeper, 'person.enrolled', body, { consumes }))
  const byOther = site.says(site.far, 'person.enrolled', body).outcome
  expect([byGateway.outcome, byOther.outcome]).toContain('accepted')
})
