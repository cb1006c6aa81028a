import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import type { Status } from '../../../src-main/endpoints/model.ts'
import { DaemonHost } from '../../../src-main/shell/daemon-host.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { FakeDaemon, FakeDesktop, settle } from './fake-surface.ts'

let data: string
beforeEach(() => {
  data = temporaryFolder(onTestFinished)
})

const quiet = { integrity: { verdict: 'unchanged', reason: null }, alarms: [], sources: [] } as unknown as Status
const running = { name: 'hall', pid: 7, origin: 'http://127.0.0.1:9000', token: 't'.repeat(32) }

test('a second instance leaves at once, and the first shows itself and what the second was given', async () => {
  const second = new FakeDesktop({ data })
  second.isFirst = false
  await second.run()
  expect(second.did).toEqual(['quit 0'])

  const first = new FakeDesktop({ data })
  await first.run()
  writeFileSync(join(data, 'lot.plumb'), 'bytes')
  first.second(['--some-switch', 'lot.plumb'], data)
  await settle()
  expect(first.did.slice(-2)).toEqual(['load http://127.0.0.1:8440/#/verify', 'show'])
  expect(first.files.map(({ name }) => name)).toEqual(['lot.plumb'])
})

test('attaches to a daemon that runs already, and leaves it running when it quits', async () => {
  const desktop = new FakeDesktop({ data })
  desktop.running = running
  await desktop.run()
  expect(desktop.started).toEqual([])
  expect(desktop.did).toContain('load http://127.0.0.1:9000/')
  desktop.tray.quit()
  await settle()
  expect(desktop.did.at(-1)).toBe('quit 0')
  expect(desktop.did.join()).not.toContain('confirm')
})

test('starts a daemon where none runs, on a configuration it makes once', async () => {
  const desktop = new FakeDesktop({ data })
  await desktop.run()
  const file = join(data, 'desktop.yaml')
  expect(desktop.started.map(({ args }) => args)).toEqual([['start', '--config', file, '--data', data]])
  expect(readFileSync(file, 'utf8')).toMatch(/^name: hall-pc-7$/m)
  expect(statSync(file).mode & 0o777).toBe(0o600)

  writeFileSync(file, 'name: mine\n')
  await new FakeDesktop({ data }).run()
  expect(readFileSync(file, 'utf8')).toBe('name: mine\n')
})

test('says why when the daemon ends while starting, and ends itself', async () => {
  const desktop = new FakeDesktop({ data })
  desktop.startable = null
  await desktop.run()
  expect(desktop.did).toEqual([
    expect.stringMatching(/^tell The gateway could not be started: .*status 3.*gateway\.log/),
    'quit 1',
  ])
})

test('waits for a daemon that checks a long record, says so once, and may be quit meanwhile', async () => {
  const daemon = new FakeDaemon()
  let waitedMs = 0
  let slow = 0
  const host = new DaemonHost({
    data,
    config: null,
    hostName: 'hall',
    start: () => daemon,
    sleep: async (ms) => void (waitedMs += ms),
    find: () => (waitedMs < 3_600_000 ? null : running),
  })
  expect(await host.findOrStart(() => void (slow += 1))).toEqual(running)
  expect(slow).toBe(1)

  const desktop = new FakeDesktop({ data })
  desktop.isSlow = true
  void desktop.shell.run()
  desktop.tray.quit()
  await settle()
  expect(desktop.did.at(-1)).toBe('quit 0')
  expect(desktop.did.join()).not.toContain('tell')
})

test('loads the console again when the daemon answers after the first attempt failed', async () => {
  const desktop = new FakeDesktop({ data, status: async () => (desktop.isReachable ? quiet : null) })
  desktop.isReachable = false
  await desktop.run()
  expect(desktop.did.filter((one) => one.startsWith('load'))).toHaveLength(1)
  desktop.isReachable = true
  await desktop.passTime()
  await desktop.passTime()
  expect(desktop.did.filter((one) => one.startsWith('load'))).toHaveLength(2)
})

test('starts its daemon again three seconds after it died, and not while quitting', async () => {
  const desktop = new FakeDesktop({ data })
  desktop.role = 'installer'
  await desktop.run()
  desktop.running = null
  desktop.started[0]?.daemon.end(9)
  await desktop.passTime()
  expect(desktop.started).toHaveLength(2)
  desktop.tray.quit()
  await settle()
  await desktop.passTime()
  expect(desktop.started[1]?.daemon.stopped).toBe(true)
  expect(desktop.started).toHaveLength(2)
})

test('closing the window hides it; only quitting ends', async () => {
  const desktop = new FakeDesktop({ data })
  await desktop.run()
  desktop.close()
  expect(desktop.did.at(-1)).toBe('hide')
  expect(desktop.did.join()).not.toContain('quit')
})

test.each([
  [null, false],
  ['auditor', false],
  ['technician', false],
  ['installer', true],
  ['site-manager', true],
  ['member-admin', true],
])('%s may stop recording by quitting: %s', async (role, mayQuit) => {
  const desktop = new FakeDesktop({ data })
  desktop.role = role
  await desktop.run()
  desktop.tray.quit()
  await settle()
  expect(desktop.did.includes('quit 0')).toBe(mayQuit)
  expect(desktop.started[0]?.daemon.stopped).toBe(mayQuit)
  if (!mayQuit) expect(desktop.did.at(-1)).toMatch(/^tell Quitting would stop the recording: .*site-manager/)
})

test('goes on when the question whether to stop recording is answered no', async () => {
  const desktop = new FakeDesktop({ data })
  desktop.role = 'installer'
  desktop.answer = false
  await desktop.run()
  desktop.tray.quit()
  await settle()
  expect(desktop.did.join()).toContain('confirm Stop recording and quit?')
  expect(desktop.started[0]?.daemon.stopped).toBe(false)
})

test('loads a crashed page again three times in five minutes, then says so', async () => {
  const desktop = new FakeDesktop({ data })
  await desktop.run()
  for (let crash = 0; crash < 3; crash += 1) desktop.crash('oom')
  expect(desktop.did.filter((one) => one === 'reload')).toHaveLength(3)
  desktop.crash('oom')
  expect(desktop.did.at(-1)).toMatch(/^tell The console keeps failing/)
  desktop.nowMs = 5 * 60_000
  desktop.crash('oom')
  expect(desktop.did.at(-1)).toBe('reload')
})

test('opens a certificate that it was started with, without asking for a sign-in link', async () => {
  writeFileSync(join(data, 'lot.plumb'), 'certificate')
  const desktop = new FakeDesktop({ data })
  desktop.args.push('.', 'lot.plumb')
  await desktop.run()
  expect(desktop.did).toContain('load http://127.0.0.1:8440/#/verify')
  expect(Buffer.from(desktop.files[0]?.bytes ?? []).toString()).toBe('certificate')
})

test('says what is wrong with a certificate that is not there', async () => {
  const desktop = new FakeDesktop({ data })
  desktop.args.push('gone.plumb')
  await desktop.run()
  expect(desktop.did.join()).toMatch(/tell The certificate can't be opened: .*gone\.plumb can't be opened/)
})

test('moves to a daemon that came up again under another address', async () => {
  const desktop = new FakeDesktop({ data })
  desktop.running = running
  await desktop.run()
  desktop.running = { ...running, origin: 'http://127.0.0.1:9001' }
  await desktop.passTime()
  expect(desktop.did).toContain('destroy')
  expect(desktop.did).toContain('load http://127.0.0.1:9001/')
})

test('tells tampering and alarms of priority 1 once each, and shows the verdict in the tray', async () => {
  const status = (verdict: string, alarms: object[] = []): Status =>
    ({
      integrity: { verdict, reason: 'entry 7, reading 3' },
      alarms,
      sources: [{ state: 'live' }, { state: 'stale' }],
    }) as unknown as Status
  const alarm = { id: 'a', priority: 1, text: 'Disk full', place: 'hall-1', closedAtUs: null }
  const seen = [
    status('unchanged'),
    status('changed', [alarm, { ...alarm, id: 'b', priority: 2 }]),
    status('changed', [alarm]),
    status('changed', []),
    status('changed', [alarm]),
    null,
  ]
  const desktop = new FakeDesktop({ data, status: async () => seen.shift() ?? null })
  await desktop.run()
  for (let look = 0; look < 5; look += 1) await desktop.passTime()
  expect(desktop.did.filter((one) => one.startsWith('notify'))).toEqual([
    'notify The record was changed: entry 7, reading 3',
    'notify Alarm: Disk full: hall-1',
    'notify Alarm: Disk full: hall-1',
  ])
  expect(desktop.did).toContain('tray unchanged: Record unchanged; 1 of 2 sources live')
  expect(desktop.did).toContain('tray changed: Record CHANGED; 1 of 2 sources live')
  expect(desktop.did.at(-1)).toBe('tray unknown: The gateway does not answer.')
})
