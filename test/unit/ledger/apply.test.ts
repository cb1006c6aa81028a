import { encodeBody } from '../../../src-main/record/events.ts'
import { expect, test } from 'vitest'
import { toHex } from '../../../src-main/wire/bytes.ts'
import { parseEntry } from '../../../src-main/wire/entry.ts'
import { TEST_EPOCH_US, signEntry } from '../../support/channel.ts'
import { addon, commit, commitOne, seal, testLedger } from './drive.ts'
import { openLedger } from '../../../src-main/ledger/ledger.ts'

test('a genesis is leaf 0 and seal 0', () => {
  const { ledger } = testLedger()
  expect(ledger.size).toBe(1)
  expect(ledger.lastSeal()).toMatchObject({ height: 0, index: 0, size: 0 })
  expect(ledger.members().map((member) => member.name)).toEqual(['gateway-1', 'gateway-2', 'gateway-3'])
  expect(ledger.raft.initial()).toMatchObject({ voters: [1, 2, 3], learners: [], applied: 0, lastIndex: 0 })
  expect(ledger.sealDue()).toBe(false)
})

test('a batch of an opened stream is accepted and moves chain and stream on', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'press', 'temperature')
  const batch = channel.batch(gateway, channel.floats(opened.stream, 0, [20, 20.5, 21]))
  const outcomes = commit(ledger, opened, batch)
  expect(outcomes.map(({ outcome, index, sequence, kind }) => ({ outcome, index, sequence, kind }))).toEqual([
    { outcome: 'accepted', index: 1, sequence: 0, kind: 'event' },
    { outcome: 'accepted', index: 2, sequence: 1, kind: 'batch' },
  ])
  expect(ledger.streamCursor(opened.stream)).toBe(3)
  expect(ledger.nextSequence(gateway.actor)).toBe(2)
  expect(toHex(ledger.signingCursor(gateway.actor).previous as Uint8Array)).toBe(toHex(batch.statementHash))
  expect(ledger.readings).toBe(3)
})

test('the same statement again is a duplicate, a later one is early, another content is equivocation', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'press', 'temperature')
  expect(commitOne(ledger, opened).outcome).toBe('accepted')
  expect(commitOne(ledger, opened).outcome).toBe('duplicate')
  const first = channel.batch(gateway, channel.floats(opened.stream, 0, [1]))
  const second = channel.batch(gateway, channel.floats(opened.stream, 1, [2]))
  expect(commitOne(ledger, second).outcome).toBe('early')
  expect(commitOne(ledger, first).outcome).toBe('accepted')
  expect(commitOne(ledger, second).outcome).toBe('accepted')
  gateway.sequence = 0
  gateway.previous = null
  const other = channel.openStream(gateway, 'press', 'pressure')
  expect(commitOne(ledger, other)).toMatchObject({ outcome: 'equivocation', sequence: 0 })
  expect(ledger.nextSequence(gateway.actor)).toBe(3)
})

test('a wrong signature, key, channel or payload has no effect', () => {
  const { channel, ledger } = testLedger()
  const other = testLedger({ seed: 'other' }).channel
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'press', 'temperature')
  const broken = opened.entry.slice()
  broken[broken.length - 1] = (broken.at(-1) as number) ^ 1
  expect(commitOne(ledger, { entry: broken, payload: null })).toMatchObject({
    outcome: 'bad',
    reason: 'signature-wrong',
  })
  expect(commitOne(ledger, { entry: Uint8Array.of(1, 2, 3), payload: null })).toMatchObject({
    outcome: 'bad',
    kind: null,
  })
  expect(commitOne(ledger, other.openStream(other.member(1), 'press', 'temperature')).outcome).toBe('bad')
  expect(commitOne(ledger, opened).outcome).toBe('accepted')
  const batch = channel.batch(gateway, channel.floats(opened.stream, 0, [1, 2]))
  expect(commitOne(ledger, { ...batch, payload: null }).outcome).toBe('bad')
  const wrong = (batch.payload as Uint8Array).slice()
  wrong[20] = (wrong[20] as number) ^ 1
  expect(commitOne(ledger, { ...batch, payload: wrong }).outcome).toBe('bad')
  expect(ledger.size).toBe(2)
  expect(commitOne(ledger, batch).outcome).toBe('accepted')
})

test('an entry signed with a key of another use is bad', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const event = parseEntry(channel.event(gateway, 'gateway.alive', {}).entry).payload
  const { entry } = signEntry(channel.channel, gateway, 'event', event, gateway.keys.tls)
  expect(commitOne(ledger, { entry, payload: null })).toMatchObject({
    outcome: 'bad',
    reason: 'key-unknown',
  })
})

test('a signed but invalid batch consumes its sequence and is remembered in the state', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'press', 'temperature')
  commitOne(ledger, opened)
  const gap = channel.batch(gateway, channel.floats(opened.stream, 5, [1]))
  expect(commitOne(ledger, gap)).toMatchObject({
    outcome: 'invalid',
    index: null,
    reason: 'sequence-break',
  })
  expect(ledger.nextSequence(gateway.actor)).toBe(2)
  expect(ledger.streamCursor(opened.stream)).toBe(0)
  expect(commitOne(ledger, gap).outcome).toBe('duplicate')
  const again = channel.batch(gateway, channel.floats(opened.stream, 5, [1]), {
    gaps: [
      {
        stream: opened.stream,
        fromSequence: 0,
        toSequence: 4,
        fromTimeUs: TEST_EPOCH_US,
        toTimeUs: TEST_EPOCH_US + 5e6,
        reason: 'queue full',
      },
    ],
  })
  expect(commitOne(ledger, again).outcome).toBe('accepted')
  expect(ledger.streamCursor(opened.stream)).toBe(6)
})

test('each field of a header must follow from its payload', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'press', 'temperature')
  commitOne(ledger, opened)
  const readings = channel.floats(opened.stream, 0, [1, 2, 3])
  const reasonOf = (change: object): string | undefined =>
    commitOne(ledger, channel.batch(gateway, readings, { change })).reason
  expect(reasonOf({ root: new Uint8Array(32) })).toBe('root-differs')
  expect(reasonOf({ firstTimeUs: 0 })).toBe('times-differ')
  expect(reasonOf({ runs: [{ stream: opened.stream, firstSequence: 1, count: 3 }] })).toBe('runs-differ')
  expect(reasonOf({ qualities: [[4, 3]] })).toBe('qualities-differ')
  expect(reasonOf({ payloadLength: 1 })).toBe('payload-length-differs')
  expect(reasonOf({ previous: new Uint8Array(32) })).toBe('previous-differs')
  expect(commitOne(ledger, channel.batch(gateway, readings)).outcome).toBe('accepted')
})

test('a batch of a stream that was never opened, or of another actor, is invalid', () => {
  const { channel, ledger } = testLedger()
  const [one, two] = [channel.member(1), channel.member(2)]
  const stream = channel.streamOf(one, 'press', 'temperature')
  expect(commitOne(ledger, channel.batch(one, channel.floats(stream, 0, [1])))).toMatchObject({
    outcome: 'invalid',
    reason: 'stream-unknown',
  })
  commitOne(ledger, channel.openStream(one, 'press', 'temperature'))
  expect(commitOne(ledger, channel.batch(two, channel.floats(stream, 0, [1])))).toMatchObject({
    reason: 'stream-foreign',
  })
})

test('a gap inside a run, a trailing gap and a silence that lost nothing are accepted', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const { stream, ...opened } = channel.openStream(gateway, 'press', 'temperature')
  commitOne(ledger, { ...opened })
  const readings = [...channel.floats(stream, 0, [1, 2]), ...channel.floats(stream, 5, [3])]
  const gap = (fromSequence: number, toSequence: number) => ({
    stream,
    fromSequence,
    toSequence,
    fromTimeUs: TEST_EPOCH_US + (fromSequence - 1) * 1e6,
    toTimeUs: TEST_EPOCH_US + (toSequence + 1) * 1e6,
    reason: 'link down',
  })
  const batch = channel.batch(gateway, readings, { gaps: [gap(1, 0), gap(2, 4), gap(6, 9)] })
  expect(commitOne(ledger, batch)).toMatchObject({ outcome: 'accepted' })
  expect(ledger.streamCursor(stream)).toBe(10)
  const silent = channel.batch(gateway, [], { gaps: [gap(10, 9)] })
  expect(commitOne(ledger, silent).outcome).toBe('accepted')
  const astray = channel.batch(gateway, [], { gaps: [gap(12, 13)] })
  expect(commitOne(ledger, astray)).toMatchObject({ outcome: 'invalid', reason: 'gap-astray' })
})

test('a gap that lost readings lies between the times of its neighbours, else the batch is invalid', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const { stream, ...opened } = channel.openStream(gateway, 'press', 'temperature')
  commitOne(ledger, opened)
  commitOne(ledger, channel.batch(gateway, channel.floats(stream, 0, [1, 2])))
  const at = (second: number): number => TEST_EPOCH_US + second * 1e6
  const lost = (fromSequence: number, toSequence: number, fromTimeUs: number, toTimeUs: number) => ({
    gaps: [{ stream, fromSequence, toSequence, fromTimeUs, toTimeUs, reason: 'queue full' }],
  })
  const refused = {
    outcome: 'invalid',
    reason: 'gap-times',
  }
  const after = channel.floats(stream, 5, [3])
  for (const [from, to] of [
    [0, 0],
    [at(1) - 1, at(5)],
    [at(1), at(5) + 1],
  ] as const)
    expect(commitOne(ledger, channel.batch(gateway, after, lost(2, 4, from, to)))).toMatchObject(refused)
  expect(commitOne(ledger, channel.batch(gateway, [], lost(2, 4, 0, 0)))).toMatchObject(refused)
  expect(commitOne(ledger, channel.batch(gateway, after, lost(2, 4, at(1), at(5)))).outcome).toBe('accepted')
  const inside = [...channel.floats(stream, 6, [4]), ...channel.floats(stream, 9, [5])]
  expect(commitOne(ledger, channel.batch(gateway, inside, lost(7, 8, at(5), at(9))))).toMatchObject(refused)
  expect(commitOne(ledger, channel.batch(gateway, inside, lost(7, 8, at(6), at(9)))).outcome).toBe('accepted')
})

test('a reading stamped further ahead than a clock may be moves neither the newest time nor the neighbours of a gap', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const { stream, ...opened } = channel.openStream(gateway, 'press', 'temperature')
  commitOne(ledger, opened)
  const [reading] = channel.floats(stream, 1, [2])
  const ahead = { ...reading!, sourceTimeUs: TEST_EPOCH_US + 3e14 }
  const change = { sealedAtUs: TEST_EPOCH_US + 1e6 }
  commitOne(ledger, channel.batch(gateway, [...channel.floats(stream, 0, [1]), ahead], { change }))
  expect(ledger.streamTimeUs(stream)).toBe(TEST_EPOCH_US)
})

test('a name that holds a control character or turns its direction is on no ledger', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const plain = { place: 'press', name: 'K. Pohl', reason: 'seen' }
  for (const hidden of ['\u001b[2J', '\u0085', '\u202e', '\u2066', '\u200f', '\n']) {
    const place = `press${hidden}`
    expect(() => channel.event(gateway, 'alarm.acknowledged', { ...plain, place }), hidden).toThrow(/no name may hold/)
    const body = new Map([...encodeBody('alarm.acknowledged', plain), ['place', place]] as [string, string][])
    expect(commitOne(ledger, channel.event(gateway, 'alarm.acknowledged', plain, { body }))).toMatchObject({
      outcome: 'invalid',
      reason: 'body-malformed',
    })
  }
  expect(ledger.size).toBe(1)
})

test('bound readings grow the history of asset and stream, unbound ones do not', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const asset = 'urn:own:van-1'
  commitOne(ledger, channel.registerAsset(gateway, asset))
  const { stream, ...opened } = channel.openStream(gateway, 'van', 'km', { fromSequence: 2 })
  expect(commitOne(ledger, opened).outcome).toBe('accepted')
  expect(commitOne(ledger, channel.bindStream(gateway, stream, asset, 2)).outcome).toBe('accepted')
  expect(ledger.streamCursor(stream)).toBe(2)
  commitOne(ledger, channel.batch(gateway, channel.floats(stream, 2, [1, 2, 3])))
  expect(ledger.stream(stream)).toMatchObject({ assets: [asset] })
  expect(commitOne(ledger, channel.event(gateway, 'stream.unbound', { stream, asset, lastSequence: 3 }))).toMatchObject(
    {
      outcome: 'invalid',
    },
  )
  expect(commitOne(ledger, channel.event(gateway, 'stream.unbound', { stream, asset, lastSequence: 5 })).outcome).toBe(
    'accepted',
  )
  expect(commitOne(ledger, channel.batch(gateway, channel.floats(stream, 5, [4, 5]))).outcome).toBe('accepted')
  expect(ledger.stream(stream)).toMatchObject({ assets: [] })
  const again = channel.bindStream(gateway, stream, asset, 6)
  expect(commitOne(ledger, again)).toMatchObject({
    outcome: 'invalid',
    reason: 'stream-bound-early',
  })
  expect(commitOne(ledger, channel.bindStream(gateway, stream, asset, 7)).outcome).toBe('accepted')
  expect(commitOne(ledger, channel.bindStream(gateway, stream, asset, 9))).toMatchObject({
    reason: 'stream-bound-already',
  })
})

test('seals close the state of the seal before, and two of them end a quiet ledger', () => {
  const { channel, ledger } = testLedger()
  commitOne(ledger, channel.openStream(channel.member(1), 'press', 'temperature'))
  expect(ledger.sealDue()).toBe(true)
  const before = ledger.closedStateRoot()
  const first = seal(channel, ledger)
  expect(first).toMatchObject({ outcome: 'accepted', kind: 'seal', index: 2 })
  expect(toHex(first.root as Uint8Array)).toBe(toHex(ledger.root()))
  expect(toHex(ledger.closedStateRoot())).not.toBe(toHex(before))
  expect(ledger.sealDue()).toBe(true)
  expect(ledger.sealDraft()).toMatchObject({ height: 2, size: 3 })
  expect(seal(channel, ledger).outcome).toBe('accepted')
  expect(ledger.sealDue()).toBe(false)
})

test('a seal with another height, size, root, packs hash or time is refused', () => {
  const { channel, ledger } = testLedger({ members: 3, voters: 2 })
  commitOne(ledger, channel.openStream(channel.member(1), 'press', 'temperature'))
  const draft = ledger.sealDraft()
  const time = draft.minTimeUs
  const refused = (change: object, timeUs = time, member = 0): string | undefined => {
    const outcome = commitOne(ledger, channel.seal(channel.member(member), { ...draft, ...change }, timeUs))
    expect(outcome.outcome).toBe('refused-seal')
    return outcome.reason
  }
  expect(refused({ height: 2 })).toBe('seal-height-other')
  expect(refused({ size: 2 })).toBe('seal-size-differs')
  expect(refused({ stateRoot: new Uint8Array(32) })).toBe('seal-state-differs')
  expect(refused({ packsHash: new Uint8Array(32) })).toBe('seal-packs-differ')
  expect(refused({}, time - 1)).toBe('seal-time-back')
  expect(refused({}, draft.maxTimeUs + 1)).toBe('seal-time-ahead')
  expect(refused({}, time, 2)).toBe('signer-no-voter')
  const good = channel.seal(channel.member(0), draft, draft.maxTimeUs)
  expect(commitOne(ledger, good).outcome).toBe('accepted')
  expect(commitOne(ledger, good).outcome).toBe('duplicate')
})

test('one fast clock cannot run ledger time away', () => {
  const { channel, ledger } = testLedger()
  const alive = (member: number, occurredAtUs: number) =>
    channel.event(channel.member(member), 'gateway.alive', {}, { occurredAtUs })
  commit(ledger, alive(0, TEST_EPOCH_US + 1e6), alive(1, TEST_EPOCH_US + 2e6), alive(2, TEST_EPOCH_US + 1e15))
  expect(ledger.sealDraft().maxTimeUs).toBe(TEST_EPOCH_US + 2e6 + 60e6)
})

test('three replicas agree, and one that is opened again goes on exactly', () => {
  const { channel, ledger } = testLedger()
  const others = [1, 2].map(() => openLedger({ addon, genesis: channel.genesis, memory: true }))
  const gateway = channel.member(1)
  const asset = 'urn:own:van-1'
  const { stream, ...opened } = channel.openStream(gateway, 'van', 'km', {})
  const statements = [[opened], [channel.registerAsset(gateway, asset)], [channel.bindStream(gateway, stream, asset)]]
  for (const items of statements) for (const replica of [ledger, ...others]) commit(replica, ...items)
  let reopened = others[0] as typeof ledger
  for (let i = 0; i < 600; i++) {
    const batch = channel.batch(gateway, channel.floats(stream, i * 3, [i, i + 0.5, i + 1]))
    const items: { entry: Uint8Array; payload: Uint8Array | null }[] = [batch]
    if (i % 7 === 0) items.push(channel.batch(gateway, channel.floats(stream, 1_000_000, [1])))
    if (i % 5 === 0) {
      const draft = ledger.sealDraft()
      items.push(channel.seal(channel.member(i % 3), draft, draft.minTimeUs))
    }
    const outcomes = [ledger, reopened, others[1] as typeof ledger].map((replica) =>
      commit(replica, ...items).map(({ outcome, index }) => [outcome, index]),
    )
    expect(outcomes[1]).toEqual(outcomes[0])
    expect(outcomes[2]).toEqual(outcomes[0])
    if (i % 37 === 0) {
      const image = reopened.image()
      reopened.close()
      reopened = openLedger({ addon, memory: true, image })
    }
    expect(toHex(reopened.root())).toBe(toHex(ledger.root()))
    expect(toHex(reopened.closedStateRoot())).toBe(toHex(ledger.closedStateRoot()))
  }
  expect(ledger.size).toBeGreaterThan(700)
  expect(reopened.readings).toBe(ledger.readings)
})
