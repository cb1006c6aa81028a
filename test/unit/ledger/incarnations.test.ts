import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import type { Ledger, Outcome } from '../../../src-main/ledger/ledger.ts'
import { toHex } from '../../../src-main/wire/bytes.ts'
import type { IncarnationId } from '../../../src-main/wire/ids.ts'
import type { Proposed } from '../../../src-main/wire/proposal.ts'
import { incarnationOf, type TestChannel, type TestMember } from '../../support/channel.ts'
import { addon, commit, commitOne, seal, testLedger } from './drive.ts'

/** Two replicas that must decide everything alike, one of which is opened again after each step. */
function two(): { channel: TestChannel; gateway: TestMember; ledger: Ledger; decide(statement: Proposed): Outcome } {
  const { channel, ledger } = testLedger()
  let other = openLedger({ addon, genesis: channel.genesis, memory: true })
  const decide = (statement: Proposed): Outcome => {
    const outcome = commitOne(ledger, statement)
    expect(commitOne(other, statement)).toEqual(outcome)
    const image = other.image()
    other.close()
    other = openLedger({ addon, memory: true, image })
    expect(toHex(other.root())).toBe(toHex(ledger.root()))
    return outcome
  }
  return { channel, gateway: channel.member(1), ledger, decide }
}

/** The member goes on in another incarnation, with the fence that begins it. */
function resumed(
  channel: TestChannel,
  member: TestMember,
  name: string,
  ends: IncarnationId | null = member.incarnation,
) {
  Object.assign(member, { incarnation: incarnationOf(name), sequence: 0, previous: null })
  return channel.event(member, 'gateway.resumed', { ends })
}

test('a fence makes its own incarnation the current one, and the chain goes on in it from sequence 0', () => {
  const { channel, gateway, ledger, decide } = two()
  const opened = channel.openStream(gateway, 'press', 'temperature')
  expect(decide(opened)).toMatchObject({ outcome: 'accepted', incarnation: gateway.incarnation, sequence: 0 })
  expect(decide(channel.batch(gateway, channel.floats(opened.stream, 0, [1]))).outcome).toBe('accepted')
  expect(decide(resumed(channel, gateway, 'second'))).toMatchObject({ outcome: 'accepted', sequence: 0 })
  expect([ledger.incarnation(gateway.actor), ledger.nextSequence(gateway.actor)]).toEqual([incarnationOf('second'), 1])
  expect(decide(channel.batch(gateway, channel.floats(opened.stream, 1, [2]))).outcome).toBe('accepted')
  expect(ledger.readings).toBe(2)
})

test('a statement of an ended or unknown incarnation has no effect, consumes nothing and is no equivocation', () => {
  const { channel, gateway, ledger, decide } = two()
  const opened = channel.openStream(gateway, 'press', 'temperature')
  const late = channel.batch(gateway, channel.floats(opened.stream, 0, [1]))
  const first = { ...gateway }
  decide(opened)
  const fence = resumed(channel, gateway, 'second')
  decide(fence)
  const ended = { outcome: 'superseded', reason: 'ended-incarnation', index: null }
  expect(decide(late)).toMatchObject(ended)
  expect(decide(opened)).toMatchObject(ended)
  // Another content under a sequence that the ended incarnation used.
  Object.assign(first, { sequence: 0, previous: null })
  expect(decide(channel.openStream(first, 'press', 'pressure'))).toMatchObject(ended)
  const unknown = { ...gateway, incarnation: incarnationOf('nobody'), sequence: 0, previous: null }
  expect(decide(channel.event(unknown, 'gateway.alive', {}))).toMatchObject(ended)
  expect([ledger.nextSequence(gateway.actor), ledger.size]).toEqual([1, 3])
  expect(decide(fence).outcome).toBe('duplicate')
  expect(decide(channel.event(gateway, 'gateway.alive', {})).outcome).toBe('accepted')
})

test('a second successor of the same incarnation comes too late, and is no equivocation', () => {
  const { channel, gateway, ledger, decide } = two()
  decide(channel.event(gateway, 'gateway.alive', {}))
  const predecessor = gateway.incarnation
  const twin = { ...gateway }
  decide(resumed(channel, gateway, 'second'))
  const stale = { outcome: 'superseded', reason: 'stale-incarnation' }
  expect(decide(resumed(channel, twin, 'third', predecessor))).toMatchObject(stale)
  expect(decide(resumed(channel, twin, 'third', null))).toMatchObject(stale)
  expect(ledger.incarnation(gateway.actor)).toBe(incarnationOf('second'))
  expect(decide(resumed(channel, twin, 'third', incarnationOf('second'))).outcome).toBe('accepted')
})

test('within an incarnation a second content stays equivocation; the same sequence of two incarnations is none', () => {
  const { channel, gateway, decide } = two()
  decide(channel.event(gateway, 'gateway.alive', {}))
  decide(channel.event(gateway, 'gateway.alive', {}))
  decide(resumed(channel, gateway, 'second'))
  const again = { ...gateway }
  expect(decide(channel.event(gateway, 'gateway.alive', {})).outcome).toBe('accepted')
  expect(decide(channel.openStream(again, 'press', 'pressure'))).toMatchObject({
    outcome: 'equivocation',
    reason: 'second-content',
    sequence: 1,
  })
})

test('an actor may begin with a fence that ends nothing, and one amid a chain is invalid', () => {
  const { channel, gateway, decide } = two()
  const other = channel.member(2)
  expect(decide(resumed(channel, other, 'early', incarnationOf('nobody')))).toMatchObject({
    outcome: 'superseded',
    reason: 'stale-incarnation',
  })
  expect(decide(resumed(channel, gateway, 'first', null)).outcome).toBe('accepted')
  const amid = channel.event(gateway, 'gateway.resumed', { ends: gateway.incarnation })
  expect(decide(amid)).toMatchObject({ outcome: 'invalid', reason: 'resumed-amid-chain', sequence: 1 })
})

test('a fence that its signer may not sign, or that cannot be read, ends nothing', () => {
  const { channel, gateway, ledger, decide } = two()
  decide(channel.event(gateway, 'gateway.alive', {}))
  const twin = { ...gateway, incarnation: incarnationOf('second'), sequence: 0, previous: null }
  const fence = (change: object) => channel.event({ ...twin }, 'gateway.resumed', { ends: gateway.incarnation }, change)
  expect(decide(fence({ role: 'owner' }))).toMatchObject({ outcome: 'bad', reason: 'role-not-held' })
  expect(decide(fence({ body: new Map([['ends', 'x']]) }))).toMatchObject({ outcome: 'superseded' })
  expect(ledger.incarnation(gateway.actor)).toBe(gateway.incarnation)
  expect(decide(channel.event(gateway, 'gateway.alive', {})).outcome).toBe('accepted')
})

test('the state keeps the current incarnation only, however many there were', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const keys = (): number =>
    new Database(Buffer.from(ledger.image())).prepare('SELECT count(*) FROM state_key').pluck().get() as number
  const live = (statement: Proposed): void => {
    commit(ledger, statement)
    seal(channel, ledger)
  }
  live(channel.event(gateway, 'gateway.alive', {}))
  const before = keys()
  for (let i = 0; i < 20; i++) live(resumed(channel, gateway, `life ${i}`))
  expect(keys()).toBe(before)
  const again = openLedger({ addon, memory: true, image: ledger.image() })
  expect(again.signingCursor(gateway.actor)).toMatchObject({ incarnation: gateway.incarnation, sequence: 1 })
  expect(toHex(again.closedStateRoot())).toBe(toHex(ledger.closedStateRoot()))
})
