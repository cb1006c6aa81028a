import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { Alarm } from '../../../src-main/endpoints/alarm-model.ts'
import { tellAlarm } from '../../../src-main/cli/condition-words.ts'
import { call } from '../../../src-main/cli/daemon-client.ts'
import { condition as command } from '../../../src-main/cli/condition.ts'
import { answeringGateway, runOn } from '../../support/answering-gateway.ts'
import { condition, plantFigures } from '../../support/console-fixture-alarms.ts'

const NOW_US = 1_773_234_157_000_000
const alarms: Alarm[] = [
  condition('record-changed', 'gw-1', { where: 'entry 7' }, NOW_US, { entry: 41 }),
  condition('peer-silent', 'gw-2', {}, NOW_US),
  condition('peer-silent', 'gw-3\u001b[2J', {}, NOW_US, { closedAtUs: NOW_US }),
]

/** A gateway that lists these alarms, and refuses whatever is to be done with `refusal`. */
async function gateway(refusal: object | null = null) {
  const asked: { path: string; body: Record<string, unknown> }[] = []
  const data = await answeringGateway(onTestFinished, ({ method, path, body }) => {
    if (method === 'GET') return [200, { atUs: NOW_US, alarms, figures: plantFigures(NOW_US, alarms), watched: 51 }]
    asked.push({ path, body })
    return refusal === null ? [200, { alarm: alarms[1], alarms: [alarms[1]] }] : [409, refusal]
  })
  const run = async (...args: string[]) => await runOn(data, command, args)
  return { run, asked }
}

test('lists what stands with its state, since when, and what to do, and prints nothing that steers a terminal', async () => {
  const { run } = await gateway()
  const { status, out } = await run('list', '--json')
  expect(status).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    gateway: 'gw-1',
    conditions: [
      {
        code: 'record-changed',
        place: 'gw-1',
        priority: 1,
        tamper: true,
        state: 'unacknowledged-active',
        since: '2026-03-11T13:02:37.000Z',
        entry: 41,
        todo: expect.stringMatching(/^Find out who/) as string,
      },
      { place: 'gw-2' },
      { state: 'returned-unacknowledged', over: '2026-03-11T13:02:37.000Z' },
    ],
    floods: [],
    watched: 51,
  })
  const text = (await run('list')).out
  expect(text).toMatch(
    /^gw-1: 3 conditions\n {2}tampering {2}record-changed at gw-1: .*nobody has acknowledged it\)\n +Find out who/,
  )
  expect(text).not.toContain('\u001b')
})

test('names an alarm by code and place, and says who does it, why and for how long', async () => {
  const { run, asked } = await gateway()
  expect((await run('shelve', 'peer-silent', 'gw-2', '--reason', 'moved', '--for', '90m', '--as', 'Eva')).status).toBe(
    0,
  )
  expect((await run('acknowledge', alarms[1]!.id, '--as', 'Eva')).status).toBe(0)
  expect((await run('unshelve', 'peer-silent', 'gw-2', '--as', 'Eva')).status).toBe(0)
  expect(asked).toEqual([
    { path: '/api/alarms/shelve', body: { id: alarms[1]!.id, minutes: 90, reason: 'moved', by: 'Eva' } },
    { path: '/api/alarms/acknowledge', body: { ids: [alarms[1]!.id], by: 'Eva' } },
    { path: '/api/alarms/unshelve', body: { id: alarms[1]!.id, by: 'Eva' } },
  ])
})

test('a refusal is its code and exit status 1', async () => {
  const refusal = { code: 'not_shelvable', message: 'it cannot be shelved', next: 'Acknowledge it.' }
  const { run } = await gateway(refusal)
  const { status, out } = await run('shelve', 'record-changed', '--reason', 'later', '--json')
  expect(status).toBe(1)
  expect(JSON.parse(out)).toEqual({
    refused: 'not_shelvable',
    gateway: 'gw-1',
    message: 'it cannot be shelved',
    next: 'Acknowledge it.',
  })
  const gone = await run('acknowledge', 'disk-ful', '--json')
  expect(gone.status).toBe(1)
  expect(JSON.parse(gone.out)).toMatchObject({
    refused: 'unknown_alarm',
    message: 'there is no disk-ful among the alarms. Did you mean "disk-full"?',
  })
})

test.each<[string, string[], RegExp]>([
  ['no word', [], /say condition list/],
  ['a word that is none', ['acknowlege', 'peer-silent'], /Did you mean "acknowledge"/],
  ['a word too many', ['list', 'all'], /say condition list/],
  ['a code that stands at two places', ['acknowledge', 'peer-silent'], /peer-silent stands at 2 places/],
  ['a time that is none', ['shelve', 'peer-silent', 'gw-2', '--reason', 'why', '--for', 'ever'], /write it like 30m/],
])('%s is wrong usage', async (_, args, says) => {
  const { run, asked } = await gateway()
  await expect(run(...args)).rejects.toThrow(says)
  expect(asked).toEqual([])
})

test('a gateway that hangs is said to hang, with its name and its log', async () => {
  const server = createServer(() => undefined)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => server.closeAllConnections())
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const runtime = { pid: process.pid, name: 'gw-1', host: '127.0.0.1', port, token: 't'.repeat(32), version: '1' }
  const reached = { ...runtime, process: null, startedAtUs: 1, log: '/data/gw-1/gateway.log' }
  await expect(call(reached, 'GET', '/api/alarms', undefined, 1_000)).rejects.toMatchObject({
    code: 'no_answer',
    message: 'gw-1 does not answer within 1 s',
    next: expect.stringContaining('/data/gw-1/gateway.log') as string,
  })
})

test('for people an alarm has words: how urgent, what became of it and why, and what to do; figures are sentences', async () => {
  const { run } = await gateway()
  const { out } = await run('list')
  expect(out).toContain('\n  act soon  ')
  expect(out).not.toMatch(/unacknowledged-active|returned-unacknowledged/)
  expect(out).toMatch(/\nCounted since .* for longer than a day\.\n$/)
  const by = { name: 'Eva', reason: 'moved', atUs: NOW_US }
  const told = tellAlarm(
    condition('peer-silent', 'gw-2', {}, NOW_US, { acknowledged: by, shelved: { ...by, untilUs: NOW_US + 1e6 } }),
  )
  expect(told).toMatch(/ \(acknowledged by Eva: moved; shelved by Eva until 2026-03-11T13:02:38\.000Z: moved\)$/)
})
