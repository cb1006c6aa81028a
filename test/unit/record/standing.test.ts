import { expect, test } from 'vitest'
import type { CoreIds, CoreKind, CoreValues } from '../../../src-main/record/core-state.ts'
import { boundTo, growingStretches, withStanding } from '../../../src-main/record/standing.ts'
import { StateValues } from '../../../src-main/record/state-view.ts'
import type { StateChange } from '../../../src-main/record/state-view.ts'
import type { ActorId, KeyId } from '../../../src-main/wire/ids.ts'
import { kinds } from '../../../src-main/record/kinds.ts'
import { actor, publicKey, streams } from '../wire/fixtures.ts'

const stream = streams[0]!
const other = streams[1]!

function take(values: StateValues, ...changes: StateChange[]): StateChange[] {
  const all = withStanding(values, changes)
  for (const change of all) values.take(change)
  return all.slice(changes.length)
}

function opened(values: StateValues, fromSequence: number): StateChange[] {
  const value = { ...kinds['stream.opened'].example, stream, fromSequence, actor, openedAt: 4 }
  return take(values, { kind: 'stream', id: stream, value })
}

const cursor = (next: number): StateChange => ({ kind: 'cursor', id: stream, value: { next, lastTimeUs: null } })
const at = (id: string, ...stretches: [typeof stream, number, number | null][]): StateChange => ({
  kind: 'asset-streams',
  id,
  value: { streams: stretches.map(([of, first, last]) => ({ stream: of, first, last })) },
})

test('a stream that is opened stands at the sequence it names, and goes on where it stood when it is opened anew', () => {
  const values = new StateValues()
  expect(opened(values, 5)).toEqual([cursor(5)])
  expect(opened(values, 9)).toEqual([])
  expect(values.get('cursor', stream)?.next).toBe(5)
})

test('stretches of a stream follow those of its assets, as long as something can belong to them', () => {
  const values = new StateValues()
  opened(values, 0)
  take(values, at('b', [stream, 0, null]), at('a', [stream, 2, null], [other, 0, null]))
  expect(values.get('bound', stream)?.stretches).toEqual([
    { asset: 'a', first: 2, last: null },
    { asset: 'b', first: 0, last: null },
  ])
  expect([boundTo(values, stream), boundTo(values, other)]).toEqual([['a', 'b'], ['a']])
  // Closed ahead of where it stands: readings to come still belong to it, and it is bound to the other alone.
  take(values, at('b', [stream, 0, 10]))
  expect(boundTo(values, stream)).toEqual(['a'])
  expect(growingStretches(values, stream).map((stretch) => stretch.asset)).toEqual(['a', 'b'])
  // A gap that follows at once borders on it; one that comes later does not.
  values.take(cursor(11))
  expect(growingStretches(values, stream).length).toBe(2)
  values.take(cursor(12))
  expect(growingStretches(values, stream).map((stretch) => stretch.asset)).toEqual(['a'])
  take(values, at('b', [stream, 0, 10], [stream, 12, null]))
  expect(values.get('bound', stream)?.stretches).toEqual([
    { asset: 'a', first: 2, last: null },
    { asset: 'b', first: 12, last: null },
  ])
})

test('a stream of which nothing changed at an asset is left as it is', () => {
  const values = new StateValues()
  opened(values, 0)
  take(values, at('a', [stream, 0, null]))
  expect(take(values, at('a', [stream, 0, null], [other, 3, null])).map(({ id }) => id)).toEqual([other])
})

test('of more keys than a list holds the one that was retired first leaves it', () => {
  const values = new StateValues()
  const name = (i: number) => i.toString(16).padStart(32, '0') as KeyId
  const key = { actor, use: 'entry', alg: 1, public: publicKey, from: 0, to: null } as const
  const put = (i: number, to: number | null) => take(values, { kind: 'key', id: name(i), value: { ...key, to } })
  put(0, null)
  put(1, 7)
  for (let i = 2; i < 65; i++) put(i, null)
  const { keys } = values.get('keys', actor)!
  expect(keys.length).toBe(64)
  expect(keys.slice(0, 2)).toEqual([name(0), name(2)])
})

test('members, their keys and packs are listed once each, several at a time', () => {
  const values = new StateValues()
  const member = { raftId: 1, name: 'n', legalName: 'N', voter: true, roles: [] }
  const id = (digit: string) => digit.repeat(32)
  const key = (name: string, of: string): StateChange => ({
    kind: 'key',
    id: id(name) as KeyId,
    value: { actor: id(of) as ActorId, use: 'entry', alg: 1, public: publicKey, from: 0, to: null },
  })
  const pack = {
    version: '1',
    hash: new Uint8Array(32),
    ruleHash: new Uint8Array(32),
    engineHash: new Uint8Array(32),
    parameters: {},
    from: 0,
    retired: null,
    before: [],
  }
  take(
    values,
    { kind: 'member', id: id('b') as ActorId, value: member },
    { kind: 'member', id: id('a') as ActorId, value: member },
    key('3', 'b'),
    key('1', 'b'),
    key('2', 'a'),
    { kind: 'pack', id: 'z', value: pack },
    { kind: 'pack', id: 'ä', value: pack },
    { kind: 'pack', id: 'a', value: pack },
  )
  expect(values.get('members', '')).toEqual({ actors: [id('a'), id('b')] })
  expect(values.get('keys', id('b') as ActorId)).toEqual({ keys: [id('3'), id('1')] })
  expect(values.get('packs', '')).toEqual({ packs: ['a', 'z', 'ä'] })
  expect(take(values, { kind: 'member', id: id('a') as ActorId, value: { ...member, name: 'm' } })).toEqual([])
})

test('what follows is worked out from the state before, with what one statement changes twice', () => {
  const values = new StateValues()
  const asked: [CoreKind, CoreIds[CoreKind]][] = []
  const view = {
    get: <K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined => {
      asked.push([kind, id])
      return values.get(kind, id)
    },
  }
  const changes = [at('a', [stream, 0, null]), at('b', [stream, 0, null])]
  const bound = withStanding(view, changes).filter(({ kind }) => kind === 'bound')
  expect(bound).toMatchObject([{ value: { stretches: [{ asset: 'a' }, { asset: 'b' }] } }])
  expect(asked.filter(([kind]) => kind === 'bound').length).toBe(1)
})
