import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Rig, TOKEN } from './rig.ts'

const rig = new Rig()
beforeAll(async () => void (await rig.start()))
afterAll(() => rig.stop())

test('answers under its own names and refuses the name a rebound DNS entry would carry', async () => {
  for (const host of [`127.0.0.1:${rig.api.port}`, `localhost:${rig.api.port}`, `LOCALHOST:${rig.api.port}`]) {
    expect((await rig.ask('/checkpoint', { headers: { host } })).status, host).toBe(200)
  }
  for (const host of [
    'evil.example',
    `evil.example:${rig.api.port}`,
    '127.0.0.1',
    `127.0.0.1.evil.example:${rig.api.port}`,
  ]) {
    const answer = await rig.ask('/checkpoint', { headers: { host } })
    expect(answer.status, host).toBe(421)
    expect(answer.json()).toMatchObject({ code: 'wrong_host', next: expect.stringContaining('http://') })
    expect(answer.body).not.toContain('plumbline.local')
  }
})

test('refuses a wrong Host on every kind of path, the page included', async () => {
  for (const path of ['/', '/api/people', '/metrics', '/openapi.json', '/nothing']) {
    expect((await rig.ask(path, { headers: { host: 'evil.example' } })).status, path).toBe(421)
  }
})

test('refuses a request with two Host headers, with an absolute target, and with none', async () => {
  const good = `Host: 127.0.0.1:${rig.api.port}`
  expect(await raw(`GET /checkpoint HTTP/1.1\r\n${good}\r\n\r\n`)).toContain('200 OK')
  expect(await raw(`GET /checkpoint HTTP/1.1\r\n${good}\r\nHost: evil.example\r\n\r\n`)).toContain('400 Bad Request')
  expect(await raw(`GET http://evil.example/checkpoint HTTP/1.1\r\n${good}\r\n\r\n`)).toContain('400 Bad Request')
  expect(await raw('GET /checkpoint HTTP/1.1\r\n\r\n')).toContain('400 Bad Request')
})

test('refuses every Origin but its own, on reading too', async () => {
  const cookie = rig.cookie()
  for (const origin of [
    'http://evil.example',
    'null',
    `http://127.0.0.1:${rig.api.port + 1}`,
    `https://127.0.0.1:${rig.api.port}`,
  ]) {
    const answer = await rig.ask('/api/session', { cookie, headers: { origin } })
    expect(answer.status, origin).toBe(403)
    expect(answer.json().code).toBe('wrong_origin')
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  }
  expect((await rig.ask('/api/session', { cookie, headers: { origin: rig.api.url } })).status).toBe(200)
})

test('refuses a change without an Origin although the cookie is right (CSRF)', async () => {
  const cookie = rig.cookie()
  const forged = await rig.ask('/api/session', { method: 'DELETE', cookie, headers: { origin: null } })
  expect(forged.status).toBe(403)
  expect((await rig.ask('/api/session', { cookie })).status).toBe(200)
})

test('lets a program without an Origin change things by the token', async () => {
  const answer = await rig.ask('/api/session', {
    method: 'DELETE',
    headers: { origin: null, authorization: `Bearer ${TOKEN}` },
  })
  expect(answer.status).toBe(204)
})

test('refuses an API call from a page of another origin or port, and allows a link to the console', async () => {
  const cookie = rig.cookie()
  for (const site of ['cross-site', 'same-site']) {
    const script = { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' }
    const link = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' }
    expect((await rig.ask('/api/session', { cookie, headers: script })).status).toBe(403)
    expect((await rig.ask('/api/session', { cookie, headers: link })).status).toBe(403)
    expect((await rig.ask('/assets/main-0a1b2c3d.js', { headers: script })).status).toBe(403)
    expect((await rig.ask('/', { headers: link })).status).toBe(200)
  }
})

test('answers a CORS preflight with a refusal and no permission', async () => {
  const answer = await rig.ask('/api/session', {
    method: 'OPTIONS',
    headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
  })
  expect(answer.status).toBe(403)
  expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
})

/** Sends bytes as they are, where Node's own client would refuse to. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(rig.api.port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (part: string) => {
      answer += part
      socket.end()
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}
