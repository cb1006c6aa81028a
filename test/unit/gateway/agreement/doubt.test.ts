import { expect, test } from 'vitest'
import { Doubt, type Doubted } from '../../../../src-main/gateway/agreement/doubt.ts'
import type { Member } from '../../../../src-main/ledger/ledger.ts'
import type { ActorId } from '../../../../src-main/wire/ids.ts'

const [me, a, b, learner] = ['me', 'a', 'b', 'learner'] as ActorId[] as [ActorId, ActorId, ActorId, ActorId]

function doubtOf(voters: ActorId[], doubted: Doubted | null = null): { doubt: Doubt; told: (Doubted | null)[] } {
  const told: (Doubted | null)[] = []
  const members = [...voters, learner].map((actor) => ({ actor, voter: actor !== learner }) as Member)
  const options = { self: me, nowUs: () => 7, doubted, onChange: (now: Doubted | null) => void told.push(now) }
  return { doubt: new Doubt({ ledger: { members: () => members }, ...options }), told }
}

test('a doubt ends once most voters have signed what this gateway computed, there or beyond, and not before', () => {
  const { doubt, told } = doubtOf([me, a, b])
  doubt.raise(50)
  doubt.signed(49, [a, b])
  doubt.signed(60, [learner])
  expect(doubt.doubted).toEqual({ from: 50, size: 50, sinceUs: 7 })
  doubt.signed(50, [a])
  expect([doubt.doubted, told]).toEqual([null, [{ from: 50, size: 50, sinceUs: 7 }, null]])
})

test('what most have signed is not doubted, whoever shows another record there', () => {
  const { doubt } = doubtOf([me, a, b])
  doubt.signed(50, [a])
  doubt.raise(50)
  expect(doubt.doubted).toBeNull()
  doubt.raise(51)
  expect(doubt.doubted).toMatchObject({ from: 51 })
})

test('a doubt covers the first and the last place, and must be proven beyond the last', () => {
  const { doubt, told } = doubtOf([me, a, b])
  doubt.raise(50)
  doubt.raise(80)
  doubt.raise(60)
  doubt.signed(70, [a, b])
  expect([doubt.doubted, told.length]).toEqual([{ from: 50, size: 80, sinceUs: 7 }, 2])
  doubt.signed(80, [b])
  expect(doubt.doubted).toBeNull()
})

test('a doubt of an earlier run stands until it is proven anew', () => {
  const { doubt } = doubtOf([me, a, b], { from: 50, size: 50, sinceUs: 1 })
  doubt.signed(40, [a, b])
  expect(doubt.doubted).toEqual({ from: 50, size: 50, sinceUs: 1 })
  doubt.signed(55, [b])
  expect(doubt.doubted).toBeNull()
})

test('who is proven to have signed two histories counts for none, before and after', () => {
  const { doubt } = doubtOf([me, a, b])
  doubt.signed(90, [a])
  expect(doubt.provenSize).toBe(90)
  doubt.distrust(a)
  expect(doubt.provenSize).toBe(0)
  doubt.raise(50)
  doubt.signed(95, [a])
  expect(doubt.doubted).toMatchObject({ from: 50 })
  doubt.signed(96, [b])
  expect(doubt.doubted).toBeNull()
})

test('of two gateways none outvotes the other, and one alone has nobody to doubt with', () => {
  const two = doubtOf([me, a])
  two.doubt.raise(50)
  expect(two.doubt.doubted).not.toBeNull()
  two.doubt.signed(50, [a])
  expect(two.doubt.doubted).toBeNull()
  const alone = doubtOf([me])
  alone.doubt.raise(50)
  expect(alone.doubt.doubted).toBeNull()
})
