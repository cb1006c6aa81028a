import { pino } from 'pino'
import { expect, test } from 'vitest'
import { encodeBody } from '../../../../src-main/record/events.ts'
import { RAISED_AN_HOUR_MAX, type TellLedger } from '../../../../src-main/gateway/alarms/alarm-events.ts'
import type { KeptAlarms } from '../../../../src-main/gateway/alarms/alarm-file.ts'
import { Conditions } from '../../../../src-main/gateway/conditions.ts'

const HOUR_US = 3_600_000_000
const log = pino({ level: 'silent' })

interface Told {
  type: string
  body: Record<string, unknown>
}

function bench(kept: KeptAlarms = { alarms: [], shelves: [], unsaid: [] }) {
  const clock = { us: 10 * HOUR_US }
  const told: Told[] = []
  const answer = { outcome: 'accepted', index: 7 as number | null, reason: null as string | null }
  let saved = kept
  const ledger: TellLedger = {
    event: async (type, body) => {
      // What no entry could hold would never reach the ledger.
      encodeBody(type, body)
      if (answer.outcome === 'accepted') told.push({ type, body: body as object as Record<string, unknown> })
      return { ...answer }
    },
  }
  const store = { load: () => structuredClone(kept), save: (now: KeptAlarms) => void (saved = structuredClone(now)) }
  const conditions = new Conditions({ nowUs: () => clock.us, store, log })
  const settled = async (): Promise<Told[]> => {
    for (let i = 0; i < 50; i++) await Promise.resolve()
    return told
  }
  return { clock, told, answer, ledger, conditions, settled, saved: () => saved }
}

test('what matters is told when it begins and when it is over, with its place in the ledger; what flaps is not', async () => {
  const { clock, ledger, conditions, settled } = bench()
  conditions.attach(ledger)
  conditions.set('queue-full', 'gw-1', true)
  conditions.set('queue-full', 'gw-1', true)
  conditions.set('source-stale', 'gw-1/press', true, { source: 'Press' })
  await settled()
  expect(conditions.all().map(({ entry }) => entry)).toEqual([7, null])
  const sinceUs = clock.us
  clock.us += 9
  conditions.set('queue-full', 'gw-1', false)
  const which = { code: 'queue-full', place: 'gw-1', sinceUs }
  expect(await settled()).toEqual([
    { type: 'alarm.raised', body: { ...which, priority: 1, detail: expect.stringMatching(/^The queue/) as string } },
    { type: 'alarm.cleared', body: { ...which, untilUs: clock.us } },
  ])
})

test('a condition that flaps ten thousand times is told six times an hour, and then how often it was not', async () => {
  const { clock, ledger, conditions, settled } = bench()
  conditions.attach(ledger)
  for (let i = 0; i < 10_000; i++) {
    clock.us += 1_000
    conditions.set('disk-full', 'gw-1', true)
    conditions.set('disk-full', 'gw-1', false)
    await Promise.resolve()
  }
  const raised = (await settled()).filter(({ type }) => type === 'alarm.raised')
  expect(raised).toHaveLength(RAISED_AN_HOUR_MAX)
  clock.us += HOUR_US
  conditions.tick()
  const all = await settled()
  expect(all).toHaveLength(2 * RAISED_AN_HOUR_MAX + 1)
  expect(all.at(-1)).toMatchObject({ type: 'alarm.cleared', body: { leftOut: 10_000 - RAISED_AN_HOUR_MAX } })
})

test('one that stands when its hour is over is told as standing, and its end later', async () => {
  const { clock, ledger, conditions, settled } = bench()
  conditions.attach(ledger)
  for (let i = 0; i < 20; i++) {
    conditions.set('disk-full', 'gw-1', false)
    clock.us += 1_000
    conditions.set('disk-full', 'gw-1', true)
  }
  const sinceUs = clock.us
  clock.us += HOUR_US
  conditions.tick()
  expect((await settled()).at(-1)).toMatchObject({ type: 'alarm.raised', body: { sinceUs, leftOut: 13 } })
  conditions.set('disk-full', 'gw-1', false)
  expect((await settled()).at(-1)).toMatchObject({ type: 'alarm.cleared', body: { sinceUs } })
})

test('while nothing can be signed nobody waits and nothing is lost, also across a restart', async () => {
  const { clock, answer, ledger, conditions, settled, saved } = bench()
  answer.outcome = 'not-signed'
  conditions.set('disk-full', 'gw-1', true)
  conditions.attach(ledger)
  const [alarm] = conditions.acknowledge([conditions.all()[0]?.id ?? ''], { name: 'A. Berger', reason: '' })
  expect(alarm?.state).toBe('acknowledged-active')
  expect(await settled()).toEqual([])
  conditions.keep()
  const again = bench(saved())
  again.conditions.attach(again.ledger)
  expect((await again.settled()).map(({ type }) => type)).toEqual(['alarm.raised', 'alarm.acknowledged'])
  again.conditions.keep()
  expect(again.saved().unsaid).toEqual([])

  answer.outcome = 'accepted'
  clock.us += 59_000_000
  conditions.tick()
  expect(await settled()).toEqual([])
  clock.us += 2_000_000
  conditions.tick()
  expect((await settled()).map(({ type }) => type)).toEqual(['alarm.raised', 'alarm.acknowledged'])
})

test('without a ledger for days what waits is bounded, and people are told that no more can', () => {
  const { conditions, saved } = bench()
  for (let i = 0; i < 5_000; i++) {
    conditions.set('identity-doubled', `gw-${i}`, true)
    conditions.set('identity-doubled', `gw-${i}`, false)
  }
  conditions.keep()
  expect(saved().unsaid.length).toBeLessThanOrEqual(512)
  const acts = () => {
    for (let i = 0; i < 600; i++) {
      conditions.set('peer-silent', `gw-${i}`, true)
      conditions.acknowledge([conditions.all().at(-1)?.id ?? ''], { name: 'A', reason: '' })
    }
  }
  expect(acts).toThrow(/wait for the ledger/)
})

test('what others wrote cannot make an event that no ledger takes', async () => {
  const { ledger, conditions, settled } = bench()
  conditions.attach(ledger)
  conditions.set('rebuild-failed', `gw-\u202e1${'€'.repeat(300)}`, true, { reason: `\u0000\ud800${'😀'.repeat(900)}` })
  conditions.acknowledge([conditions.all()[0]?.id ?? ''], { name: 'A\u0007', reason: `\u2066${'ß'.repeat(900)}` })
  expect((await settled()).map(({ type }) => type)).toEqual(['alarm.raised', 'alarm.acknowledged'])
})

test('what the file of an earlier run holds and no ledger would take is passed over', async () => {
  const unsaid = [
    { type: 'alarm.raised', body: { code: 'queue-full' } },
    { type: 'channel.opened', body: {} },
    { type: 'alarm.unshelved', body: { code: 'peer-silent', place: 'gw-2', sinceUs: 1, name: 'A', reason: '' } },
  ]
  const { ledger, conditions, settled } = bench({ alarms: [], shelves: [], unsaid })
  conditions.attach(ledger)
  expect((await settled()).map(({ type }) => type)).toEqual(['alarm.unshelved'])
})
