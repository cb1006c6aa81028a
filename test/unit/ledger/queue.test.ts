import { expect, test } from 'vitest'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
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
