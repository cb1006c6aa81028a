import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { DaemonCalls } from '../../../src-main/shell/daemon-calls.ts'
import {
  lockContents,
  lockSession,
  mayNavigate,
  mayOpenOutside,
  mayRequest,
  webPreferences,
} from '../../../src-main/shell/hardening.ts'
import { PLUMB_BYTES_MAX, plumbArgument, readPlumb } from '../../../src-main/shell/opened-file.ts'
import { readRuntime, type Runtime, writeRuntime } from '../../../src-main/gateway/folder/runtime-file.ts'
import { dataFolder, findDaemon } from '../../../src-main/shell/running-daemon.ts'
import { trayIcon } from '../../../src-main/shell/tray-icon.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const ORIGIN = 'http://127.0.0.1:8440'
const newFolder = (): string => temporaryFolder(onTestFinished)

describe('hardening', () => {
  test('the window shows its daemon and nothing that only looks like it', () => {
    expect(mayNavigate(`${ORIGIN}/#/ledger`, ORIGIN)).toBe(true)
    for (const url of [
      'http://127.0.0.1:8441/',
      'https://127.0.0.1:8440/',
      'http://127.0.0.1:8440@evil.example/',
      'http://evil.example/http://127.0.0.1:8440/',
      'http://localhost:8440/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'data:text/html,x',
      'not an address',
    ]) {
      expect(mayNavigate(url, ORIGIN), url).toBe(false)
    }
  })

  test('the page fetches from its daemon only', () => {
    expect(mayRequest(`${ORIGIN}/api/status`, ORIGIN)).toBe(true)
    expect(mayRequest('data:image/png;base64,', ORIGIN)).toBe(true)
    expect(mayRequest('https://evil.example/x', ORIGIN)).toBe(false)
    expect(mayRequest('file:///etc/passwd', ORIGIN)).toBe(false)
  })

  test("a new window never opens; only another gateway's console goes to the browser", () => {
    const opened: string[] = []
    const events: string[] = []
    let openWindow: (details: { url: string }) => { action: string } = () => ({ action: 'none' })
    let prevented = 0
    const preventDefault = (): void => void (prevented += 1)
    const contents = {
      on: (event: string, listener: (details: { url: string; preventDefault: () => void }) => void) => {
        events.push(event)
        listener({ url: 'http://evil.example/', preventDefault })
        listener({
          url: `${ORIGIN}/`,
          preventDefault: event === 'will-attach-webview' ? preventDefault : () => expect.fail(event),
        })
      },
      setWindowOpenHandler: (handler: typeof openWindow) => (openWindow = handler),
    }
    lockContents(contents, ORIGIN, (url) => void opened.push(url))
    expect(events).toEqual(['will-navigate', 'will-redirect', 'will-attach-webview'])
    expect(prevented).toBe(4)
    for (const url of [
      'http://127.0.0.1:8441/',
      'https://evil.example/',
      'file:///bin/sh',
      'http://a:b@127.0.0.1/',
      'smb://x',
    ]) {
      expect(openWindow({ url })).toEqual({ action: 'deny' })
    }
    expect(opened).toEqual(['http://127.0.0.1:8441/'])
    expect(mayOpenOutside('http://127.0.0.1.evil.example/')).toBe(false)
  })

  test('every permission but writing to the clipboard, every device and every foreign request is denied', () => {
    const handlers: Record<string, (...args: never[]) => unknown> = {}
    const keep = (name: string) => (handler: (...args: never[]) => unknown) => void (handlers[name] = handler)
    lockSession(
      {
        setPermissionRequestHandler: keep('request'),
        setPermissionCheckHandler: keep('check'),
        setDevicePermissionHandler: keep('device'),
        webRequest: { onBeforeRequest: keep('before') },
      },
      ORIGIN,
    )
    const answers: unknown[] = []
    const answer = (given: unknown): void => void answers.push(given)
    for (const permission of [
      'geolocation',
      'notifications',
      'clipboard-read',
      'serial',
      'clipboard-sanitized-write',
    ]) {
      handlers['request']?.(null as never, permission as never, answer as never)
      answers.push(handlers['check']?.(null as never, permission as never))
    }
    expect(answers).toEqual([...Array.from({ length: 8 }, () => false), true, true])
    expect(handlers['device']?.()).toBe(false)
    handlers['before']?.({ url: 'http://evil.example/' } as never, answer as never)
    expect(answers.at(-1)).toEqual({ cancel: true })
  })

  test('the renderer is sandboxed and has no Node', () => {
    expect(webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      webSecurity: true,
      webviewTag: false,
    })
  })

  test('only three files of the shell import Electron, so that the rest is tested here', () => {
    const folder = new URL('../../../src-main/shell/', import.meta.url)
    const importers = readdirSync(folder).filter((name) =>
      / from 'electron'/.test(readFileSync(new URL(name, folder), 'utf8')),
    )
    expect(importers.toSorted()).toEqual(['electron-surface.ts', 'main.ts', 'preload.ts'])
  })
})

describe('a certificate as argument', () => {
  test('is found among the switches of Electron and Chromium', () => {
    expect(plumbArgument(['.', '--no-sandbox', '--x=a.plumb', 'b.PLUMB', 'c.plumb'], '/home/ada')).toBe(
      '/home/ada/b.PLUMB',
    )
    expect(plumbArgument(['.', '/abs/a.plumb'], '/home/ada')).toBe('/abs/a.plumb')
    expect(plumbArgument(['.', 'a.pdf'], '/home/ada')).toBeNull()
  })

  test('is not read when it is a folder or larger than any certificate', () => {
    const folder = newFolder()
    mkdirSync(join(folder, 'dir.plumb'))
    expect(() => readPlumb(join(folder, 'dir.plumb'))).toThrow(/dir\.plumb (?:is not a file|can't be opened)/)
    writeFileSync(join(folder, 'big.plumb'), '')
    truncateSync(join(folder, 'big.plumb'), PLUMB_BYTES_MAX + 1)
    expect(() => readPlumb(join(folder, 'big.plumb'))).toThrow(/at most/)
  })
})

describe('finding a daemon', () => {
  const runtime = (port: number, more: object = {}): string =>
    JSON.stringify({
      pid: 7,
      name: `g${port}`,
      host: '127.0.0.1',
      port,
      token: 't'.repeat(64),
      startedAtUs: 1,
      version: '0.1.0',
      ...more,
    })

  test('looks into the folder and its sub-folders, by name, and passes by dead ones and damaged files', () => {
    const data = newFolder()
    for (const name of ['b', 'a', 'c', 'd']) mkdirSync(join(data, name))
    writeFileSync(join(data, 'a', 'runtime.json'), runtime(1, { pid: 8 }))
    writeFileSync(join(data, 'b', 'runtime.json'), '{"pid":')
    writeFileSync(join(data, 'c', 'runtime.json'), runtime(3))
    writeFileSync(join(data, 'd', 'runtime.json'), runtime(4))
    const isAlive = ({ pid }: { pid: number }): boolean => pid === 7
    expect(findDaemon(data, isAlive)).toEqual({
      name: 'g3',
      pid: 7,
      origin: 'http://127.0.0.1:3',
      token: 't'.repeat(64),
    })
    writeFileSync(join(data, 'runtime.json'), runtime(9))
    expect(findDaemon(data, isAlive)?.name).toBe('g9')
    expect(findDaemon(join(data, 'none'))).toBeNull()
  })

  test.runIf(process.platform === 'linux')('passes by a file whose process id another process has by now', () => {
    const data = newFolder()
    const file = join(data, 'runtime.json')
    writeRuntime(file, { ...(JSON.parse(runtime(1)) as Runtime), pid: process.pid })
    expect(findDaemon(data)?.name).toBe('g1')
    expect(readRuntime(file)?.name).toBe('g1')
    // The parent runs, but it is not who wrote the file.
    writeFileSync(file, readFileSync(file, 'utf8').replace(`"pid":${process.pid}`, `"pid":${process.ppid}`))
    expect(findDaemon(data)).toBeNull()
    expect(readRuntime(file)).toBeNull()
  })

  test('never sends the token to a host that is not this machine', () => {
    const data = newFolder()
    writeFileSync(join(data, 'runtime.json'), runtime(1, { host: 'evil.example' }))
    expect(findDaemon(data, () => true)).toBeNull()
  })

  test('uses the same data folder as the command line', () => {
    expect(dataFolder({ XDG_DATA_HOME: '/x' }, 'linux')).toBe('/x/plumbline')
  })
})

describe('the address the window opens', () => {
  const daemon = { name: 'hall', pid: 7, origin: ORIGIN, token: 'secret' }
  const answering = (people: unknown[], url: string) =>
    new DaemonCalls((async (address: string, init: RequestInit) => {
      expect(new Headers(init.headers).get('authorization')).toBe('Bearer secret')
      return Response.json(address.endsWith('/api/people') ? { people } : { url })
    }) as never)

  test('is a one-time link while nobody has a passphrase, and the sign-in page from then on', async () => {
    const link = `${ORIGIN}/#/sign-in?code=x`
    expect(await answering([], link).startAddress(daemon)).toBe(link)
    expect(await answering([{}], link).startAddress(daemon)).toBe(`${ORIGIN}/`)
  })

  test('is never one of another origin, and the console alone when the daemon fails', async () => {
    expect(await answering([], 'http://evil.example/').startAddress(daemon)).toBe(`${ORIGIN}/`)
    const failing = new DaemonCalls(async () => {
      throw new Error('refused')
    })
    expect(await failing.startAddress(daemon)).toBe(`${ORIGIN}/`)
    expect(await failing.status(daemon)).toBeNull()
  })
})

test('the tray tells the verdicts apart by shape, not by colour alone', () => {
  const shape = (verdict: Parameters<typeof trayIcon>[0]): string =>
    Array.from({ length: 32 * 32 }, (_, pixel) => (trayIcon(verdict, 32)[pixel * 4 + 3] === 0 ? '.' : '#')).join('')
  expect(new Set([shape('unchanged'), shape('changed'), shape('cannot-tell')]).size).toBe(3)
  expect(shape('unchanged')).toContain('#')
})
