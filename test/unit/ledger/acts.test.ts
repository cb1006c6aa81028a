/** Acts that one must not do alone: who has a say, when it counts, and what becomes of the act. */
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openLedger, type Ledger, type Outcome } from '../../../src-main/ledger/ledger.ts'
import { openReader } from '../../../src-main/ledger/reader.ts'
import type { ActHash, ActState } from '../../../src-main/record/act-state.ts'
import type { DocumentHash } from '../../../src-main/record/document-fields.ts'
import type { CoreEvents, CoreEventType } from '../../../src-main/record/kinds.ts'
import type { PersonRole } from '../../../src-main/record/person-fields.ts'
import { testKey, type SignedStatement, type TestChannel, type TestMember } from '../../support/channel.ts'
import { actOf, enrolment, testPerson, type TestPerson } from '../../support/people.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { addon, commitOne, testLedger } from './drive.ts'

const DAY_US = 86_400_000_000
const DEED = 'a'.repeat(64) as DocumentHash

interface Said {
  signed: SignedStatement
  outcome: Outcome
}

/** A channel of three owners; the first has two admins and a manager, each of the others an admin. One other has to agree. */
class Site {
  readonly channel: TestChannel
  readonly ledger: Ledger
  readonly first: TestMember
  readonly second: TestMember
  readonly admin: TestPerson
  readonly other: TestPerson
  readonly manager: TestPerson
  readonly far: TestPerson

  constructor({ approvals = 1, file, admins = [] }: { approvals?: number; file?: string; admins?: string[] } = {}) {
    const { channel, ledger } = testLedger({ members: 3, severalOwners: true }, file === undefined ? {} : { file })
    this.channel = channel
    this.ledger = ledger
    this.first = channel.member(0)
    this.second = channel.member(1)
    this.admin = testPerson(this.first, 'A. Admin', 'member-admin')
    this.other = testPerson(this.first, 'O. Other', 'member-admin')
    this.manager = testPerson(this.first, 'M. Manager', 'site-manager')
    this.far = testPerson(this.second, 'F. Far', 'member-admin')
    this.gateway('person.enrolled', enrolment(channel, this.admin))
    for (const one of [this.other, this.manager]) this.says(this.admin, 'person.enrolled', enrolment(channel, one))
    this.gateway('person.enrolled', enrolment(channel, this.far), this.second)
    for (const name of admins) this.enrolled(name, 'member-admin')
    if (approvals > 0) this.asks(approvals)
  }

  /** From now on so many others have to agree; another owner has agreed to that. */
  asks(approvals: number): void {
    const { signed } = this.says(this.admin, 'channel.policy', { approvals, openDays: 14 })
    expect(this.approves(this.far, actOf(signed))[1]).toMatch(/^done:/)
  }

  says<T extends CoreEventType>(person: TestPerson, type: T, body: CoreEvents[T], change: object = {}): Said {
    const consumes = this.ledger.consumed(type, body)
    const occurredAtUs = Math.max(this.channel.nowUs(), this.ledger.lastSeal().timeUs)
    const signed = this.channel.event(person, type, body, { role: person.role, consumes, occurredAtUs, ...change })
    return { signed, outcome: commitOne(this.ledger, signed) }
  }

  gateway<T extends CoreEventType>(type: T, body: CoreEvents[T], member: TestMember = this.first): Said {
    const signed = this.channel.event(member, type, body, { consumes: this.ledger.consumed(type, body) })
    return { signed, outcome: commitOne(this.ledger, signed) }
  }

  enrolled(name: string, role: PersonRole): TestPerson {
    const one = testPerson(this.first, name, role)
    expect(this.says(this.admin, 'person.enrolled', enrolment(this.channel, one)).outcome.outcome).toBe('accepted')
    return one
  }

  /** One of the first member's who was enrolled, where its chain begins. */
  person(name: string): TestPerson {
    return testPerson(this.first, name, 'member-admin')
  }

  /** The admin proposes to end somebody; gives how the act is named. */
  proposes(person: TestPerson = this.manager): ActHash {
    const { signed, outcome } = this.says(this.admin, 'person.ended', { person: person.actor, reason: 'left' })
    expect([outcome.outcome, outcome.cameTo]).toEqual(['accepted', 'pending'])
    return actOf(signed)
  }

  approves(person: TestPerson, act: ActHash, assets: string[] = []): [string, string | undefined] {
    const { outcome } = this.says(person, 'act.approved', { act, assets })
    return [outcome.outcome, outcome.cameTo ?? outcome.reason]
  }

  act(act: ActHash): ActState {
    return this.ledger.people.act(act) as ActState
  }

  isIn(person: TestPerson): boolean {
    return this.ledger.people.person(person.actor)?.endedAt === null
  }

  /** Ledger time so many days later. */
  later(days: number): void {
    const occurredAtUs = this.ledger.lastSeal().timeUs + days * DAY_US
    for (const member of this.channel.members)
      commitOne(this.ledger, this.channel.event(member, 'gateway.alive', {}, { occurredAtUs }))
    const seal = this.channel.seal(this.first, this.ledger.sealDraft(), occurredAtUs)
    expect(commitOne(this.ledger, seal).outcome).toBe('accepted')
  }
}

describe('an act', () => {
  test('waits until another has agreed, and is decided at the last approval, by the state then', () => {
    const site = new Site()
    const act = site.proposes()
    expect([site.isIn(site.manager), site.act(act).end]).toEqual([true, null])
    const { proposedAt } = site.act(act)
    expect(site.approves(site.other, act)).toEqual(['accepted', `done:${proposedAt}`])
    const last = Number(site.ledger.size) - 1
    expect([site.isIn(site.manager), site.act(act).end]).toEqual([false, { outcome: 'done', entry: last }])
    // Its key went with it, from the next entry on.
    expect(site.says(site.manager, 'act.ended', { act, assets: [] }).outcome.reason).toBe('key-not-in-force')
  })

  test('is never approved by who proposed it, nor twice by one person, nor by who has no say', () => {
    const site = new Site({ approvals: 2 })
    const act = site.proposes()
    expect(site.approves(site.admin, act)).toEqual(['invalid', 'approves-own'])
    expect(site.approves(site.manager, act)).toEqual(['invalid', 'not-entitled'])
    expect(site.approves(site.other, act)).toEqual(['accepted', 'done'])
    expect(site.approves(site.other, act)).toEqual(['invalid', 'voiced-already'])
    expect(site.isIn(site.manager)).toBe(true)
    expect(site.approves(site.far, act)).toEqual(['accepted', `done:${site.act(act).proposedAt}`])
  })

  test('one person has one keeper: through another gateway it is another person, and its key no other’s', () => {
    const site = new Site()
    const twin = { ...testPerson(site.second, 'A. Admin', 'member-admin'), keys: site.admin.keys }
    expect(site.says(site.far, 'person.enrolled', enrolment(site.channel, twin)).outcome.reason).toBe('person-known')
    const renamed = { ...twin, actor: 'f'.repeat(32) as TestMember['actor'] }
    expect(site.says(site.far, 'person.enrolled', enrolment(site.channel, renamed)).outcome.reason).toBe('key-known')
  })

  test('the receiver of a document agrees for its owner, whichever member it signs at, and nobody else', () => {
    const site = new Site()
    const added = { document: DEED, type: 'deed', version: '1', name: 'Deed', asset: null }
    site.gateway('document.added', added)
    const moved = { document: DEED, to: site.second.actor, asset: null }
    const { signed, outcome } = site.says(site.manager, 'document.transferred', moved)
    expect(outcome.cameTo).toBe('pending')
    const act = actOf(signed)
    expect(site.approves(site.admin, act)).toEqual(['invalid', 'not-entitled'])
    expect(site.approves(site.far, act)[1]).toBe(`done:${site.act(act).proposedAt}`)
  })

  test('of two about one state the second comes to nothing: its approval stands, the act is ended as stale', () => {
    const site = new Site()
    site.gateway('document.added', { document: DEED, type: 'deed', version: '1', name: 'Deed', asset: null })
    const to = (member: TestMember) => ({ document: DEED, to: member.actor, asset: null })
    const third = testPerson(site.channel.member(2), 'T. Third', 'member-admin')
    site.gateway('person.enrolled', enrolment(site.channel, third), site.channel.member(2))
    const one = actOf(site.says(site.manager, 'document.transferred', to(site.second)).signed)
    const two = actOf(site.says(site.admin, 'document.transferred', to(site.channel.member(2))).signed)
    expect(site.approves(site.far, one)[1]).toMatch(/^done:\d+$/)
    expect(site.approves(third, two)).toEqual(['accepted', 'ended:stale-state'])
    expect(site.act(two).end?.outcome).toBe('stale-state')
    expect(site.approves(third, two)).toEqual(['invalid', 'act-over'])
  })

  test('whoever lost the right to it in between has not agreed', () => {
    const site = new Site({ approvals: 2, admins: ['Fourth'] })
    const fourth = site.person('Fourth')
    const act = site.proposes()
    expect(site.approves(fourth, act)).toEqual(['accepted', 'done'])
    site.says(site.admin, 'person.suspended', { person: fourth.actor, reason: 'lost the badge' })
    // The second word, but the first that counts.
    expect(site.approves(site.other, act)).toEqual(['accepted', 'done'])
    expect(site.isIn(site.manager)).toBe(true)
    expect(site.approves(site.far, act)[1]).toMatch(/^done:/)
  })

  test('and a proposer who lost it brings nothing about', () => {
    const site = new Site()
    const act = site.proposes()
    site.says(site.other, 'person.suspended', { person: site.admin.actor, reason: 'looked into' })
    expect(site.approves(site.other, act)).toEqual(['accepted', 'ended:signer-suspended'])
    expect(site.isIn(site.manager)).toBe(true)
  })

  test('is over when its time is, though nobody sweeps; until somebody says so it only looks open', () => {
    const site = new Site()
    const [act, left] = [site.proposes(), site.proposes(site.enrolled('Left', 'technician'))]
    site.later(13)
    expect(site.says(site.admin, 'act.ended', { act, assets: [] }).outcome.reason).toBe('act-not-due')
    site.later(1)
    expect(site.act(act).end).toBe(null)
    expect(site.approves(site.other, act)).toEqual(['accepted', 'ended:deadline'])
    expect(site.isIn(site.manager)).toBe(true)
    const signed = site.channel.event(site.second, 'act.ended', { act: left, assets: [] })
    expect(commitOne(site.ledger, signed).cameTo).toBe('ended:deadline')
  })

  test('a decline ends it once too few are left who could agree; who proposed it takes it back', () => {
    const site = new Site()
    const act = site.proposes()
    const no = (person: TestPerson, of: ActHash) =>
      site.says(person, 'act.declined', { act: of, assets: [], reason: 'no' }).outcome.cameTo
    expect(no(site.other, act)).toBe('done')
    expect(no(site.far, act)).toBe('ended:declined')
    const again = site.proposes()
    expect(site.says(site.other, 'act.withdrawn', { act: again, assets: [] }).outcome.reason).toBe('not-proposer')
    expect(site.says(site.admin, 'act.withdrawn', { act: again, assets: [] }).outcome.cameTo).toBe('ended:withdrawn')
    expect(site.isIn(site.manager)).toBe(true)
  })

  test('what would be refused is not proposed, and where the policy asks for nobody it is done at once', () => {
    const site = new Site({ approvals: 0 })
    const ended = (person: TestPerson) =>
      site.says(site.admin, 'person.ended', { person: person.actor, reason: 'left' })
    expect(ended(site.manager).outcome.cameTo).toBe('done')
    expect(site.isIn(site.manager)).toBe(false)
    expect(ended(site.manager).outcome.reason).toBe('person-ended')
  })

  test('is decided alike by a replica that was opened again while it waited', () => {
    const site = new Site()
    const act = site.proposes()
    site.later(1)
    const again = openLedger({ addon, memory: true, image: site.ledger.image() })
    const approval = site.says(site.other, 'act.approved', { act, assets: [] }).signed
    expect(commitOne(again, approval)).toMatchObject({
      outcome: 'accepted',
      cameTo: `done:${site.act(act).proposedAt}`,
    })
    expect(again.root()).toEqual(site.ledger.root())
  })
})

test('who only reads comes to what the writer came to, where an act was made for what is another by now', () => {
  const file = join(temporaryFolder(onTestFinished), 'ledger.db')
  const site = new Site({ file })
  const { ledger } = site
  const third = testPerson(site.channel.member(2), 'T. Third', 'member-admin')
  site.gateway('person.enrolled', enrolment(site.channel, third), site.channel.member(2))
  const reader = openReader(file)
  onTestFinished(() => {
    reader.close()
    ledger.close()
  })
  const days = (openDays: number): ActHash =>
    actOf(site.says(site.admin, 'channel.policy', { approvals: 1, openDays }).signed)
  const [one, two] = [days(30), days(90)]
  expect(site.approves(site.far, one)[1]).toMatch(/^done:/)
  const read = (): number[] => {
    const { values } = reader.signedRange(ledger.root()).said(ledger.size, null)
    return [reader.state.policy().openDays, values.get('policy', '')?.openDays ?? 0]
  }
  expect(read()).toEqual([30, 30])
  expect(site.approves(third, two)).toEqual(['accepted', 'ended:stale-state'])
  expect(read()).toEqual([30, 30])
  site.later(1)
  // Made for what stood when it was sealed, and changed behind the seal.
  const [three, four] = [days(7), days(60)]
  expect(site.approves(site.far, three)[1]).toMatch(/^done:/)
  expect(site.approves(third, four)[1]).toBe('ended:stale-state')
  expect(read()).toEqual([7, 7])
})

describe('what protects', () => {
  test('takes one signature, and is over by itself', () => {
    const site = new Site()
    const { actor, keys } = site.manager
    const seen = (): Outcome => {
      const word = { place: 'gateway-1', name: 'M. Manager', reason: '' }
      const { outcome } = site.says(site.manager, 'alarm.acknowledged', word)
      // What has no effect takes no sequence.
      const chain = site.ledger.people.chain(actor)
      Object.assign(site.manager, { sequence: chain?.next ?? 0, previous: chain?.previous ?? null })
      return outcome
    }
    expect(site.says(site.admin, 'person.suspended', { person: actor, reason: 'odd' }).outcome.cameTo).toBe('done')
    expect(seen().reason).toBe('signer-suspended')
    expect(site.says(site.admin, 'key.suspended', { key: keys.entry.keyId, reason: 'odd' }).outcome.cameTo).toBe('done')
    expect(seen().reason).toBe('key-suspended')
    site.later(14)
    expect(seen().outcome).toBe('accepted')
  })

  test('loosening it before takes another, and so does what cannot be taken back', () => {
    const site = new Site()
    const { actor, keys } = site.manager
    site.says(site.admin, 'person.suspended', { person: actor, reason: 'odd' })
    const { keyId: key } = keys.entry
    for (const [type, body] of [
      ['person.restored', { person: actor, reason: 'fine' }],
      ['key.revoked', { key, reason: 'copied', suspectFrom: 3 }],
    ] as const) {
      const { signed, outcome } = site.says(site.admin, type, body)
      expect([type, outcome.cameTo]).toEqual([type, 'pending'])
      expect(site.approves(site.other, actOf(signed))[1]).toMatch(/^done:/)
    }
    expect(site.ledger.people.person(actor)?.suspendedUs).toBe(undefined)
    expect(site.ledger.people.key(key)).toMatchObject({ suspectFrom: 3, to: Number(site.ledger.size) })
  })

  test('a member of another owner has no say about people and keys', () => {
    const site = new Site()
    const about = { person: site.manager.actor, reason: 'none of yours' }
    expect(site.says(site.far, 'person.suspended', about).outcome.reason).toBe('person-foreign')
    const { keyId: key } = testKey('test gateway-1', 'entry')
    expect(site.says(site.far, 'key.suspended', { key, reason: 'x' }).outcome.reason).toBe('key-foreign')
  })
})

describe('nobody is locked up', () => {
  test('by the key of the last admin who can sign, nor by an admin whose key is gone counting as one', () => {
    const site = new Site({ approvals: 0 })
    const keyOf = (person: TestPerson) => ({ key: person.keys.entry.keyId, reason: 'gone' })
    expect(site.says(site.far, 'key.suspended', keyOf(site.far)).outcome.reason).toBe('last-admin')
    expect(site.says(site.far, 'key.revoked', { ...keyOf(site.far), suspectFrom: null }).outcome.reason).toBe(
      'last-admin',
    )
    expect(site.says(site.admin, 'key.revoked', { ...keyOf(site.other), suspectFrom: null }).outcome.cameTo).toBe(
      'done',
    )
    const about = { person: site.admin.actor, reason: 'left' }
    for (const type of ['person.ended', 'person.suspended'] as const)
      expect(site.says(site.admin, type, about).outcome.reason).toBe('last-admin')
    // The gateway says nothing in the place of an admin whose key is gone.
    const next = testPerson(site.first, 'Next', 'member-admin')
    expect(site.gateway('person.enrolled', enrolment(site.channel, next)).outcome.reason).toBe('admin-must-sign')
  })

  test('by one admin who suspends every gateway that could seal: no time would pass until it is over', () => {
    const { channel, ledger } = testLedger({ members: 2 })
    const [first, second] = [channel.member(0), channel.member(1)]
    const admin = testPerson(first, 'A. Admin', 'member-admin')
    commitOne(ledger, channel.event(first, 'person.enrolled', enrolment(channel, admin)))
    const suspends = ({ keys }: TestMember): Outcome => {
      const body = { key: keys.entry.keyId, reason: 'stolen' }
      return commitOne(ledger, channel.event(admin, 'key.suspended', body, { role: admin.role }))
    }
    expect(suspends(second).outcome).toBe('accepted')
    expect(suspends(first).reason).toBe('last-sealer')
  })
})

test('nobody of another owner silences who is to agree, by taking every place there is', () => {
  const site = new Site({ approvals: 0 })
  const puppets = Array.from({ length: 65 }, (_, i) => testPerson(site.second, `Puppet ${i}`, 'member-admin'))
  for (const puppet of puppets) site.says(site.far, 'person.enrolled', enrolment(site.channel, puppet))
  site.asks(1)
  const act = site.proposes()
  for (const [i, puppet] of puppets.entries()) {
    const { outcome } = site.says(puppet, 'act.declined', { act, assets: [], reason: 'no' })
    expect(outcome.reason).toBe(i < 64 ? undefined : 'voices-many')
  }
  expect(site.approves(site.other, act)[1]).toMatch(/^done:/)
})
