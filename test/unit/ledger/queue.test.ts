import { expect, test } from 'vitest'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import { incarnationOf } from '../../support/channel.ts'
import { codeOf } from './code-of.ts'
import { addon, commit, testLedger } from './drive.ts'

const nothing = { truncateFrom: null, append: [], hardState: null, apply: [] }

test('at open, what waits under a sequence that the ledger has used counts as refused and is never proposed', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'press', 'temperature')
  commit(ledger, opened)
  const waiting = channel.event(gateway, 'gateway.alive', {})
  Object.assign(gateway, { sequence: 0, previous: null })
  const stale = channel.batch(gateway, channel.floats(opened.stream, 0, [1, 2]))
  ledger.commitPass({ ...nothing, enqueue: [stale, waiting] })
  const again = openLedger({ addon, memory: true, image: ledger.image() })
  expect(again.queue.pending(9).map(({ sequence }) => sequence)).toEqual([1])
  expect(again.queue.refused(9)).toMatchObject([{ sequence: 0, readings: 2, reason: 'second-content' }])
  expect([again.queue.count(), again.queue.readings()]).toEqual([1, 0])
  expect(again.signingCursor(gateway.actor)).toMatchObject({ sequence: 2 })
})

test('at open, a statement whose hash the ledger has is done; one that the ledger found invalid keeps its code', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'press', 'temperature')
  const broken = channel.batch(gateway, channel.floats(opened.stream, 9, [1]))
  const waiting = channel.event(gateway, 'gateway.alive', {})
  commit(ledger, opened, broken)
  // As a disk has it whose queue is older than its ledger.
  ledger.commitPass({ ...nothing, enqueue: [opened, broken, waiting] })
  const again = openLedger({ addon, memory: true, image: ledger.image() })
  expect(again.queue.pending(9).map(({ sequence }) => sequence)).toEqual([2])
  expect(again.queue.refused(9)).toMatchObject([{ sequence: 1, readings: 1, reason: 'sequence-break' }])
})

test('the first statement of another incarnation makes what waited refused, in one transaction; what is accepted late is done', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'press', 'temperature')
  const batch = channel.batch(gateway, channel.floats(opened.stream, 0, [1, 2]))
  const lost = channel.batch(gateway, channel.floats(opened.stream, 2, [3]))
  ledger.commitPass({ ...nothing, enqueue: [opened, batch, lost] })
  const ends = gateway.incarnation
  const next = { incarnation: incarnationOf('next'), sequence: 0, previous: null }
  const fence = channel.event(Object.assign(gateway, next), 'gateway.resumed', { ends })
  const amid = channel.event({ ...gateway, incarnation: ends, sequence: 3 }, 'gateway.alive', {})
  ledger.commitPass({ ...nothing, enqueue: [fence] })
  expect([ledger.queue.incarnation, ledger.queue.pending(9).map(({ sequence }) => sequence)]).toEqual([
    incarnationOf('next'),
    [0],
  ])
  expect(ledger.queue.refused(9).map(({ sequence, reason }) => [sequence, reason])).toEqual([
    [0, 'ended-incarnation'],
    [1, 'ended-incarnation'],
    [2, 'ended-incarnation'],
  ])
  // The log still held two of them before the fence.
  commit(ledger, opened, batch, fence, lost)
  expect(ledger.queue.refused(9).map(({ sequence }) => sequence)).toEqual([2])
  expect([ledger.queue.count(), ledger.queue.readings(), ledger.readings]).toEqual([0, 0, 2])
  expect(codeOf(() => ledger.commitPass({ ...nothing, enqueue: [amid] }))).toBe('out_of_order')
})

test('a seal is refused for its time only where all else is as this replica computed it', () => {
  const { channel, ledger } = testLedger()
  commit(ledger, channel.openStream(channel.member(1), 'press', 'temperature'))
  const draft = ledger.sealDraft()
  const other = new Uint8Array(32)
  const sealed = (change: Partial<typeof draft>, timeUs = draft.minTimeUs) =>
    commit(ledger, channel.seal(channel.member(0), { ...draft, ...change }, timeUs))[0]?.refusal
  expect(sealed({}, draft.maxTimeUs + 1)).toBe('time')
  expect(sealed({}, draft.minTimeUs - 1)).toBe('time')
  expect(sealed({ stateRoot: other }, draft.maxTimeUs + 1)).toBe('differs')
  expect(sealed({ packsHash: other })).toBe('differs')
  expect(sealed({ size: draft.size + 1 })).toBe('differs')
  expect(sealed({ height: draft.height + 1, stateRoot: other })).toBe('other-height')
  expect(sealed({})).toBeUndefined()
})
