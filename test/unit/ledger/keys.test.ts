/** Keys of gateways: one is put in the place of another, and each holds for the entries between two indices. */
import { p256 } from '@noble/curves/nist.js'
import { expect, test } from 'vitest'
import type { Outcome } from '../../../src-main/ledger/ledger.ts'
import { keyProof } from '../../../src-main/record/kinds/key.ts'
import type { KeyRotated } from '../../../src-main/record/kinds/key.ts'
import type { KeyUse } from '../../../src-main/record/member-key.ts'
import type { CoreRefusalCode } from '../../../src-main/record/refusals.ts'
import { testKey } from '../../support/channel.ts'
import type { TestKey, TestMember } from '../../support/channel.ts'
import { commitOne, testLedger } from './drive.ts'

function driven() {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(0)
  const bodyOf = (next: TestKey, use: KeyUse, change: Partial<KeyRotated> = {}): KeyRotated => {
    const replaces = change.replaces ?? gateway.keys[use].keyId
    const proof = next.sign(keyProof(channel.channel, gateway.actor, replaces))
    return { use, alg: 1, public: next.public, replaces, proof, ...change }
  }
  const rotate = (body: KeyRotated, member: TestMember = gateway): Outcome =>
    commitOne(ledger, channel.event(member, 'key.rotated', body))
  return { channel, ledger, gateway, bodyOf, rotate }
}

test('the old one holds up to the event that replaces it, the new one from the next entry on', () => {
  const { channel, ledger, gateway, bodyOf, rotate } = driven()
  const next = testKey('another', 'entry')
  expect(rotate(bodyOf(next, 'entry')).outcome).toBe('accepted')
  const late = channel.event({ ...gateway }, 'gateway.alive', {})
  expect(commitOne(ledger, late)).toMatchObject({ outcome: 'bad', reason: 'key-not-in-force' })
  gateway.keys.entry = next
  // Nothing was consumed: the same sequence is signed again by the new key.
  expect(commitOne(ledger, channel.event(gateway, 'gateway.alive', {})).outcome).toBe('accepted')
  expect(ledger.keysAt(gateway.actor, 'entry', Number(ledger.size)).map(({ keyId }) => keyId)).toEqual([next.keyId])
})

test.each<[string, (of: ReturnType<typeof driven>) => KeyRotated, CoreRefusalCode]>([
  [
    'a key of another member',
    ({ bodyOf, channel }) => bodyOf(testKey('x', 'entry'), 'entry', { replaces: channel.member(1).keys.entry.keyId }),
    'key-not-own',
  ],
  [
    'a key of another use',
    ({ bodyOf, gateway }) => bodyOf(testKey('x', 'entry'), 'entry', { replaces: gateway.keys.tls.keyId }),
    'key-not-own',
  ],
  ['itself', ({ bodyOf, gateway }) => bodyOf(gateway.keys.entry, 'entry'), 'key-known'],
  [
    'its own by one that is registered for another use',
    ({ bodyOf, gateway }) => bodyOf(gateway.keys.tls, 'entry'),
    'key-known',
  ],
  [
    'its own by one of another member',
    ({ bodyOf, channel }) => bodyOf(channel.member(1).keys.entry, 'entry'),
    'key-known',
  ],
  [
    'its own by no point of the curve',
    ({ bodyOf }) => bodyOf(testKey('x', 'entry'), 'entry', { public: new Uint8Array(32).fill(255) }),
    'key-unfit',
  ],
  [
    'its own by a point of small order',
    ({ bodyOf }) => bodyOf(testKey('x', 'entry'), 'entry', { public: new Uint8Array([1, ...new Uint8Array(31)]) }),
    'key-unfit',
  ],
  ['its own of the link', ({ bodyOf }) => bodyOf(testKey('x', 'tls'), 'tls'), 'key-unfit'],
  [
    'its own by one of another algorithm, which no note of a head knows',
    ({ bodyOf }) =>
      bodyOf(testKey('x', 'checkpoint'), 'checkpoint', {
        alg: 2,
        public: p256.getPublicKey(new Uint8Array(32).fill(7), true),
      }),
    'key-unfit',
  ],
  [
    'its own by one whose holder signed nothing',
    ({ bodyOf }) => bodyOf(testKey('x', 'entry'), 'entry', { proof: new Uint8Array(64) }),
    'key-proof-wrong',
  ],
  [
    'its own by one whose holder signed for another key',
    ({ bodyOf, channel, gateway }) => {
      const next = testKey('x', 'entry')
      return bodyOf(next, 'entry', {
        proof: next.sign(keyProof(channel.channel, gateway.actor, gateway.keys.tls.keyId)),
      })
    },
    'key-proof-wrong',
  ],
])('a gateway cannot replace %s', (_, body, reason) => {
  const of = driven()
  expect(of.rotate(body(of))).toMatchObject({ outcome: 'invalid', reason })
})

test('keys and members can be told for any index', () => {
  const { ledger, gateway, bodyOf, rotate } = driven()
  const first = gateway.keys.credential.keyId
  const next = testKey('another', 'credential')
  const { index } = rotate(bodyOf(next, 'credential'))
  const at = (place: number): string[] => ledger.keysAt(gateway.actor, 'credential', place).map(({ keyId }) => keyId)
  expect(at(0)).toEqual([first])
  expect(at(index!)).toEqual([first])
  expect(at(index! + 1)).toEqual([next.keyId])
  expect(rotate({ ...bodyOf(testKey('third', 'credential'), 'credential'), replaces: first })).toMatchObject({
    reason: 'key-not-own',
  })
})

test('of more keys than are listed those in force stay', () => {
  const { ledger, gateway, bodyOf, rotate } = driven()
  for (let i = 0; i < 70; i++) {
    const next = testKey(`key ${i}`, 'entry')
    expect(rotate(bodyOf(next, 'entry')).outcome).toBe('accepted')
    gateway.keys.entry = next
  }
  const [{ keys }] = ledger.members() as [ReturnType<typeof ledger.members>[number]]
  expect(keys).toHaveLength(64)
  const listed = keys.map(({ keyId }) => keyId)
  for (const key of Object.values(gateway.keys)) expect(listed).toContain(key.keyId)
})
