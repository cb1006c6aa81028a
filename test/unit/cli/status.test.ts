import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { statusReport } from '../../../src-main/cli/status.ts'
import { conditionKinds } from '../../../src-main/endpoints/conditions.ts'
import { gatewayFolder } from '../../../src-main/gateway/folder/data-folder.ts'
import { writeRuntime } from '../../../src-main/gateway/folder/runtime-file.ts'
import { plantStatus, type Scenario } from '../../support/console-fixture-plant.ts'
import { plumbline, plumblineJson } from '../../support/plumbline-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

async function listening(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** A data folder whose gateways are said to run in this process, each on a port; null: it does not run. */
function dataOf(gateways: Record<string, number | null>): string {
  const data = temporaryFolder(onTestFinished)
  for (const [name, port] of Object.entries(gateways)) {
    const folder = gatewayFolder(join(data, name))
    mkdirSync(folder.root)
    writeFileSync(folder.genesis, '')
    if (port === null) continue
    const runtime = { name, host: '127.0.0.1', port, token: 't'.repeat(32), startedAtUs: 0, version: '0' }
    writeRuntime(folder.runtime, { ...runtime, pid: process.pid })
  }
  return data
}

async function answering(scenario: Scenario): Promise<number> {
  const answers: Record<string, object> = {
    '/api/status': plantStatus(scenario),
    '/api/session': { channel: { id: 'ab', name: 'Kulmbach', site: 'Hall 2', simulated: false } },
    '/api/assets': { assets: [] },
  }
  return await listening(
    createServer((request, response) => void response.end(JSON.stringify(answers[request.url ?? ''] ?? {}))),
  )
}

/** It takes connections, as the kernel does for a process that was stopped, and never says a word. */
async function mute(): Promise<number> {
  const sockets = new Set<{ destroy(): void }>()
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  return await listening(createTcpServer((socket) => void sockets.add(socket)))
}

test('answers soon where gateways take connections and never answer, and says which', async () => {
  const data = dataOf({ 'gw-1': await answering('normal'), 'gw-2': await mute(), 'gw-3': await mute() })
  const startedMs = performance.now()
  const { status, document } = await plumblineJson<{ verdict: string; reason: string; gateways: object[] }>(
    'status',
    '--data',
    data,
  )
  // Five seconds on a machine that has nothing else to do; beyond this it waits for one gateway after the other, or for ever.
  const tookMs = Math.round(performance.now() - startedMs)
  console.info(`answered after ${tookMs} ms`)
  expect(tookMs).toBeLessThan(60_000)
  expect([status, document.verdict, document.reason]).toEqual([
    2,
    'cannot-tell',
    'runs and does not answer: gw-2, gw-3',
  ])
  expect(document.gateways).toMatchObject([
    { name: 'gw-1', verdict: 'unchanged', agreesWith: ['gw-past-2', 'gw-cold-3'] },
    { name: 'gw-2', role: 'no answer', verdict: 'cannot-tell', agreesWith: [] },
    { name: 'gw-3', role: 'no answer', verdict: 'cannot-tell', agreesWith: [] },
  ])
})

test('tells what was compared with whom, what stands on any gateway, and which do not run', async () => {
  const data = dataOf({ 'gw-1': await answering('doubt'), 'gw-2': await answering('doubt'), 'gw-3': null })
  const report = await statusReport(data, 2_000)
  expect(report).toMatchObject({
    verdict: 'cannot-tell',
    conditions: [
      { code: 'doubt', place: 'gw-fill-1', priority: 1, since: '2026-03-11T13:02:00.000Z', seenBy: ['gw-1', 'gw-2'] },
      { code: 'record-differs', place: 'gw-cold-3', priority: 2, since: '2026-03-11T13:01:57.000Z' },
    ],
    gateways: [{ agreesWith: ['gw-past-2'] }, { agreesWith: ['gw-past-2'] }, { agreesWith: [], role: 'not running' }],
  })
  expect(report.reason).toMatch(/^not running: gw-3; gw-1: this record is not that of the other gateways/)
})

test('says in words how urgent a condition is and what to do, and of a record that is in doubt a whole sentence', async () => {
  const { stdout } = await plumbline('status', '--data', dataOf({ 'gw-1': await answering('doubt') }))
  expect(stdout).toMatch(/^Kulmbach: whether [\d,]+ readings in [\d,]+ entries are unchanged cannot be told yet\.\n/)
  const [, todo] = /\n {2}act now {4}[^\n]+, since 2026-03-11T13:02:00\.000Z\n {13}([^\n]+)\n/.exec(stdout) ?? []
  expect(todo).toBe(conditionKinds.doubt.todo)
})

test('of a gateway that does not run says that, and not how many of no sources are live', async () => {
  const { status, stdout } = await plumbline('status', '--data', dataOf({ 'gw-1': null }))
  expect(status).toBe(2)
  expect(stdout).toContain('\n  It does not run: no source is read.')
  expect(stdout).not.toContain('sources live')
})

test('a clock that is not in doubt is said to need no confirmation', async () => {
  const data = dataOf({ 'gw-1': await answering('normal') })
  const { status, stdout } = await plumbline('time', 'confirm', '--data', data)
  expect([status, stdout]).toEqual([
    0,
    expect.stringContaining('\nNo clock here is in doubt: there was nothing to confirm.'),
  ])
})

test('of several gateways says which one a sign-in link is of, and how to name another', async () => {
  const port = await listening(createServer((_, response) => void response.end('{"url":"http://there"}')))
  const data = dataOf({ 'gw-1': port, 'gw-2': port })
  expect((await plumbline('console', '--data', data)).stderr).toBe(
    'Of 2 gateways this is gw-1; --gateway NAME takes another: gw-2\n',
  )
  const named = await plumbline('console', '--data', data, '--gateway', 'gw-2')
  expect([named.stdout, named.stderr]).toEqual(['Console: http://there\n', ''])
})

test("of several gateways says of what is each one's own that it is", async () => {
  const port = await listening(createServer((_, response) => void response.end('{"certificates":[]}')))
  const data = dataOf({ 'gw-1': port, 'gw-2': port })
  const listed = await plumbline('certificate', 'list', '--data', data)
  expect([listed.stdout, listed.stderr]).toEqual([
    'gw-1 has issued no certificate yet.\n',
    'Of 2 gateways this is gw-1, and each has a register of certificates of its own; --gateway NAME takes another: gw-2\n',
  ])
  const [first] = (await plumbline('condition', 'acknowledge', 'doubt', '--data', data)).stderr.split('\n')
  expect(first).toMatch(/^Of 2 gateways this is gw-1, and each has conditions and acknowledgements of its own; /)
})

test('of a gateway alone says that there is nobody to compare with', async () => {
  const status = plantStatus('normal')
  const integrity = { ...status.integrity, gatewaysTotal: 1, gatewaysAgree: 1, agreesWith: [], reasonCode: 'alone' }
  const alone = { ...status, integrity, gateways: status.gateways.filter(({ self }) => self) }
  const port = await listening(createServer((_, response) => void response.end(JSON.stringify(alone))))
  const report = await statusReport(dataOf({ 'gw-1': port }), 2_000)
  expect([report.verdict, report.gateways[0]?.agreesWith]).toEqual(['unchanged', []])
  expect(report.reason).toMatch(/; nobody to compare with$/)
})
