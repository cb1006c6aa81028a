/** At 127.0.0.2, which is this machine too: what counts is the door that a request came through, not its address. */
import { readFileSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { KEY_HEADER } from '../../../src-main/api/authenticate.ts'
import { ownCertificate } from '../../../src-main/api/door-certificate.ts'
import { noteDoor } from '../../../src-main/api/door-conditions.ts'
import type { DoorState } from '../../../src-main/api/door-state.ts'
import { ConnectionsBySource } from '../../../src-main/api/connections-by-source.ts'
import { endpointNames, endpoints } from '../../../src-main/endpoints/table.ts'
import { freePort } from '../../../src-main/cli/free-port.ts'
import { COOKIE, Rig, TOKEN } from './rig.ts'

const HOST = '127.0.0.2'
const NAME = 'gw-1.works.example'
const PASSPHRASE = 'correct horse'
let rig: Rig
let port: number
let states: DoorState[]

/** The door looks again every ten seconds, of this clock. */
const looksAgain = (): void => void vi.advanceTimersByTime(10_000)

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  rig = new Rig()
  rig.nowUs = Date.now() * 1_000
  port = await freePort()
  states = []
  await rig.people.enrol({ name: 'Ada', role: 'auditor', passphrase: PASSPHRASE })
})
afterEach(async () => {
  await rig.stop()
  vi.useRealTimers()
})
const silent = { info: () => {} }

const elsewhere = (files: { certificate: string; key: string } | null = null) => ({
  listen: { host: HOST, port },
  names: [NAME, '10.20.4.5'],
  files,
  folder: join(rig.folder, 'console'),
  onState: (state: DoorState) => void states.push(state),
})
const start = () =>
  rig.start(
    {
      people: () => ({
        people: rig.people.list(),
        gateway: { name: 'gw-1' },
        channel: { id: 'aa', name: 'hall', site: 'works', simulated: true },
        queueReadings: 7,
      }),
    },
    { elsewhere: elsewhere() },
  )

interface Got {
  status: number
  headers: IncomingHttpHeaders
  json: () => Record<string, unknown>
}

function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; json?: unknown } = {},
): Promise<Got> {
  const method = options.method ?? 'GET'
  const body = options.json === undefined ? '' : JSON.stringify(options.json)
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: HOST,
        port,
        path,
        method,
        agent: false,
        servername: NAME,
        ca: readFileSync(join(rig.folder, 'console', 'certificate.pem')),
        headers: {
          host: `${NAME}:${port}`,
          ...(method === 'GET' ? {} : { origin: `https://${NAME}:${port}`, 'content-type': 'application/json' }),
          ...options.headers,
        },
      },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            json: () => JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>,
          }),
        )
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

async function signIn(): Promise<{ cookie: string; [KEY_HEADER]: string; all: string[] }> {
  const answer = await ask('/api/session', { method: 'POST', json: { name: 'Ada', passphrase: PASSPHRASE } })
  const all = answer.headers['set-cookie'] ?? []
  return { cookie: all.map((one) => one.split(';')[0]).join('; '), [KEY_HEADER]: String(answer.json()['key']), all }
}

function tls(options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port, rejectUnauthorized: false, ...options }, () => resolve(socket))
    socket.once('error', reject)
  })
}

test('lets a person in by passphrase, over TLS 1.3 only, with cookies for this host and TLS alone', async () => {
  await start()
  const { all, ...session } = await signIn()
  expect(all[0]).toMatch(new RegExp(`^__Host-${COOKIE}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Secure$`))
  expect(all[1]).toMatch(new RegExp(`^__Secure-${COOKIE}-device=.*; Path=/api/session; .*Secure`))
  const answer = await ask('/api/assets', { headers: session })
  expect([answer.status, answer.headers['strict-transport-security']]).toEqual([200, 'max-age=31536000'])
  const socket = await tls({ servername: NAME })
  expect(socket.getProtocol()).toBe('TLSv1.3')
  socket.destroy()
  await expect(tls({ maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version/)
  expect(rig.logged.join('')).toContain('ERR_SSL_UNSUPPORTED_PROTOCOL')
})

test('nothing is open there but signing in and the page itself', async () => {
  await start()
  const open: string[] = []
  for (const name of endpointNames) {
    const { method, path } = endpoints[name]
    const answer = await ask(path.replace(/\{\+?\w+\}/g, '0'), { method, ...(method === 'POST' ? { json: {} } : {}) })
    if (answer.status !== 401) open.push(name)
  }
  expect(open.toSorted()).toEqual(['passkeySignInOptions', 'people', 'signIn'])
  expect((await ask('/')).status).toBe(200)
  const told = (await ask('/api/people')).json()
  expect(told).toEqual({ people: [], gateway: { name: 'gw-1' }, atUs: expect.any(Number) })
  expect((await rig.ask('/api/people')).json()['queueReadings']).toBe(7)
})

test('the token of this machine opens nothing there, and no session or link of one door opens the other', async () => {
  await start()
  const headers = { authorization: `Bearer ${TOKEN}` }
  expect((await ask('/api/assets', { headers })).status).toBe(401)
  expect((await rig.ask('/api/assets', { headers })).status).toBe(200)
  const here = rig.sessions.open({ name: 'Ada', role: 'auditor' })
  const cookie = `__Host-${COOKIE}=${here.cookie}; ${COOKIE}=${here.cookie}`
  expect((await ask('/api/assets', { headers: { cookie, [KEY_HEADER]: here.key } })).status).toBe(401)
  const there = await signIn()
  const renamed = { cookie: there.cookie.replaceAll('__Host-', ''), [KEY_HEADER]: there[KEY_HEADER] }
  expect((await rig.ask('/api/assets', { headers: renamed })).status).toBe(401)
  const code = rig.sessions.createCode({ name: 'Ada', role: 'auditor' })
  expect((await ask('/api/session', { method: 'POST', json: { code } })).json()['code']).toBe('wrong_code')
})

test('answers to its names only, and to pages of its own only', async () => {
  await start()
  for (const host of [`evil.example:${port}`, `${HOST}:${port}`, `127.0.0.1:${port}`, `localhost:${port}`, NAME])
    expect((await ask('/', { headers: { host } })).status, host).toBe(421)
  expect((await ask('/', { headers: { host: `10.20.4.5:${port}` } })).status).toBe(200)
  for (const origin of [
    `http://${NAME}:${port}`,
    `https://${NAME}`,
    'https://evil.example',
    `http://127.0.0.1:${rig.api.port}`,
  ])
    expect((await ask('/api/session', { method: 'POST', headers: { origin }, json: {} })).status, origin).toBe(403)
  expect(
    (await ask('/', { headers: { host: `evil.example:${port}` } })).headers['strict-transport-security'],
  ).toBeDefined()
})

test('wrong passphrases from elsewhere pause nobody at this machine', async () => {
  await start()
  const wrong = { method: 'POST', json: { name: 'Ada', passphrase: 'wrong' } }
  const statuses: number[] = []
  for (let attempt = 0; attempt < 6; attempt += 1) statuses.push((await ask('/api/session', wrong)).status)
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
  expect(
    (await rig.ask('/api/session', { method: 'POST', json: { name: 'Ada', passphrase: PASSPHRASE } })).status,
  ).toBe(200)
  expect(rig.logged.join('')).not.toContain(PASSPHRASE)
})

test('one source holds so many connections and no more', () => {
  const connections = new ConnectionsBySource(2)
  const socket = (remoteAddress: string) => {
    const closed: (() => void)[] = []
    const state = { ended: false }
    const end = () => {
      state.ended = true
      for (const listener of closed) listener()
    }
    return { remoteAddress, destroy: end, once: (_: string, listener: () => void) => closed.push(listener), state }
  }
  const [first, second, third, other] = ['10.0.0.1', '10.0.0.1', '10.0.0.1', '10.0.0.2'].map(socket)
  const taken = [first, second, third, other].map((one) => connections.add(one as never))
  expect(taken).toEqual([true, true, false, true])
  expect(third?.state.ended).toBe(true)
  first?.destroy()
  expect(connections.add(socket('10.0.0.1') as never)).toBe(true)
})

test('a port that is taken keeps the door shut, says who holds it, and opens it as soon as it is free', async () => {
  const squatter = createServer()
  await new Promise<void>((resolve) => squatter.listen(port, HOST, resolve))
  await start()
  expect(rig.api.elsewhere()?.shut).toMatchObject({
    code: 'port-taken',
    detail: expect.stringContaining(String(process.pid)),
  })
  expect((await rig.ask('/checkpoint')).status).toBe(200)
  await new Promise((resolve) => squatter.close(resolve))
  looksAgain()
  await expect.poll(() => rig.api.elsewhere()?.shut).toBeNull()
  expect((await ask('/')).status).toBe(200)
  expect(states.map(({ shut }) => shut?.code ?? 'open')).toEqual(['port-taken', 'open'])
})

test("the site's certificate is taken up when its files change; a wrong one shuts the door and says why", async () => {
  const nowMs = rig.nowUs / 1_000
  const made = await ownCertificate(join(rig.folder, 'site-a'), [NAME, '10.20.4.5'], nowMs, silent)
  const other = await ownCertificate(join(rig.folder, 'site-b'), [NAME], nowMs, silent)
  const files = { certificate: join(rig.folder, 'c.pem'), key: join(rig.folder, 'k.pem') }
  writeFileSync(files.certificate, other.certificatePem)
  writeFileSync(files.key, other.keyPem, { mode: 0o600 })
  await rig.start({}, { elsewhere: elsewhere(files) })
  expect(rig.api.elsewhere()?.shut).toMatchObject({ code: 'name-missing', detail: '10.20.4.5' })
  writeFileSync(files.certificate, made.certificatePem)
  writeFileSync(files.key, made.keyPem)
  looksAgain()
  await expect.poll(() => rig.api.elsewhere()?.shut).toBeNull()
  const socket = await tls({ servername: NAME })
  expect(socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(made.fingerprint)
  socket.destroy()
})

test("a certificate of the site that comes near its end while the door is open is a condition, this gateway's own is none", async () => {
  const nowMs = rig.nowUs / 1_000
  const made = await ownCertificate(join(rig.folder, 'site'), [NAME, '10.20.4.5'], nowMs, silent)
  const site = { certificate: join(rig.folder, 'site', 'certificate.pem'), key: join(rig.folder, 'site', 'key.pem') }
  const told = () => {
    const set = vi.fn()
    noteDoor(set, 'gw-1', states.at(-1) as DoorState)
    return set.mock.calls.find(([code]) => code === 'console-certificate-ends')?.slice(1)
  }
  await rig.start({}, { elsewhere: elsewhere(site) })
  expect(told()?.[1]).toBe(false)
  rig.nowUs = (made.notAfterMs - 30 * 86_400_000) * 1_000
  looksAgain()
  await expect.poll(told).toEqual(['gw-1', true, { day: new Date(made.notAfterMs).toISOString().slice(0, 10) }])
  // It ends: then the door is shut, and that is what is said.
  rig.nowUs = made.notAfterMs * 1_000
  looksAgain()
  await expect.poll(() => told()?.[1]).toBe(false)
  expect(rig.api.elsewhere()?.shut?.code).toBe('certificate-expired')
  await rig.api.close()
  await start()
  rig.nowUs += 795 * 86_400_000_000
  looksAgain()
  await expect.poll(() => new Set(states.map(({ certificate }) => certificate?.fingerprint)).size).toBe(3)
  expect(states.some(({ certificate, endsSoon }) => certificate?.isOwn === true && endsSoon)).toBe(false)
})

test('where the port is fixed, one that is taken ends the start', async () => {
  const squatter = createServer()
  await new Promise<void>((resolve) => squatter.listen(port, HOST, resolve))
  await expect(rig.start({}, { elsewhere: elsewhere(), isPortFixed: true })).rejects.toMatchObject({
    code: 'port_taken',
  })
  await new Promise((resolve) => squatter.close(resolve))
})

test('its fingerprint is told at this machine, and not where whoever lies about the one could lie about the other', async () => {
  await start()
  const here = (await rig.ask('/api/door', { cookie: rig.cookie() })).json() as { elsewhere: { certificate: object } }
  const fingerprint = rig.api.elsewhere()?.certificate?.fingerprint
  expect(here.elsewhere).toMatchObject({ url: `https://${NAME}:${port}`, certificate: { fingerprint }, shut: null })
  const { all: _, ...session } = await signIn()
  expect((await ask('/api/door', { headers: session })).json()).toMatchObject({ elsewhere: { certificate: null } })
})
