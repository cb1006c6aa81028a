import { expect, test } from 'vitest'
import type { Signers } from '../../../../src-main/api/signers.ts'
import { overviewAnswers } from '../../../../src-main/api/answers/overview.ts'
import type { Caller } from '../../../../src-main/api/handlers.ts'
import type { Channel } from '../../../../src-main/gateway/channel.ts'

const NOW_US = 1_767_225_600_000_000
const ADA: Caller = { name: 'Ada', role: 'site-manager', via: 'session' }
const PROGRAM: Caller = { name: 'this machine', role: 'installer', via: 'token' }

function confirming(doubt: string | null) {
  const told: unknown[] = []
  const gateway = {
    name: 'gw-1',
    nowUs: () => NOW_US,
    ledger: { gateways: [{ self: true, hello: { clock: { doubt } } }] },
    thread: {
      send: (message: unknown) => void told.push(message),
      record: (...event: unknown[]) => void told.push(event),
    },
    conditions: {
      sinceUs: () => NOW_US - 7,
      wasAcknowledged: (...seen: unknown[]) => void told.push(seen),
    },
  } as unknown as Channel
  const confirm = (body: { shownUs: number; confirmedBy?: string }, caller = ADA) =>
    overviewAnswers(gateway, {} as Signers, () => []).confirmClock({
      body,
      caller,
      signal: new AbortController().signal,
    })
  return { told, confirm }
}

test.each([
  ['a person', ADA, undefined, 'Ada'],
  ['a person who names another', ADA, 'Bob', 'Ada'],
  ['a program for somebody', PROGRAM, 'Bob', 'Bob'],
  ['a program', PROGRAM, undefined, 'this machine'],
])(
  '%s ends the doubt, then the ledger gets who it was, and the alarm is acknowledged',
  (_, caller, confirmedBy, name) => {
    const { told, confirm } = confirming('leapt')
    const body = { shownUs: NOW_US - 59_000_000, ...(confirmedBy === undefined ? {} : { confirmedBy }) }
    expect(confirm(body, caller)).toEqual({ confirmed: true, atUs: NOW_US })
    const reason = 'it showed 2026-01-01T00:00:00.000Z, and that is right'
    expect(told).toEqual([
      { type: 'confirm-clock' },
      ['alarm.acknowledged', { place: 'gw-1', name, reason, code: 'clock-leapt', sinceUs: NOW_US - 7 }],
      ['clock-leapt', 'gw-1', { name, reason }],
    ])
  },
)

test('a clock that is not in doubt needs no confirmation, and one that moved since it was compared gets none', () => {
  const sound = confirming(null)
  expect(sound.confirm({ shownUs: NOW_US })).toEqual({ confirmed: false, atUs: NOW_US })
  const moved = confirming('leapt')
  expect(() => moved.confirm({ shownUs: NOW_US - 61_000_000 })).toThrow(
    /shows 2026-01-01T00:00:00.000Z by now, and 2025-12-31T23:58:59.000Z was compared/,
  )
  expect([...sound.told, ...moved.told]).toEqual([])
})
