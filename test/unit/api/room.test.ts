import { request as httpRequest, type ClientRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Connections } from '../../../src-main/api/connections.ts'
import { REQUESTS_PER_PERSON, STREAMS_PER_PERSON } from '../../../src-main/api/shares.ts'
import { blockSource, readEvents, Rig } from './rig.ts'

let rig: Rig
const sockets: (Socket | ClientRequest)[] = []
beforeEach(() => {
  rig = new Rig()
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await rig.stop()
})

const idle = (): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(rig.api.port, '127.0.0.1', () => resolve(socket))
    socket.on('error', reject)
    sockets.push(socket)
  })

/** Opens a stream and leaves it open. */
const stream = (cookie: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const path = '/api/events'
    const request = httpRequest(
      { host: '127.0.0.1', port: rig.api.port, path, headers: rig.headersOf(cookie), agent: false },
      (response) => {
        response.on('error', () => undefined).resume()
        resolve(response.statusCode ?? 0)
      },
    )
    request.on('error', reject).end()
    sockets.push(request)
  })

test('600 idle connections keep nobody out, and end no stream of a person', async () => {
  await rig.start({ events: blockSource(1) }, { heartbeatMs: 20 })
  const cookie = rig.cookie('technician', 'Ada')
  let seen = 0
  let enough = false
  const open = readEvents(rig, { cookie }, (text) => {
    seen = text.length
    return enough
  })
  await vi.waitFor(() => expect(seen).toBeGreaterThan(0))
  for (let i = 0; i < 600; i += 1) await idle().catch(() => undefined)
  const beganMs = performance.now()
  expect((await rig.ask('/api/assets', { cookie })).status).toBe(200)
  expect((await rig.ask('/')).status).toBe(200)
  expect(performance.now() - beganMs).toBeLessThan(2_000)
  enough = true
  expect((await open).ended).toBe(false)
})

test('an auditor has a share of streams, and a technician gets one all the same', async () => {
  await rig.start({ events: blockSource(0) })
  const auditor = [rig.cookie('auditor', 'Eve'), rig.cookie('auditor', 'Eve')] as const
  for (let i = 0; i < STREAMS_PER_PERSON; i += 1) expect(await stream(auditor[i % 2] ?? '')).toBe(200)
  const refused = await rig.ask('/api/events', { cookie: auditor[0] })
  expect(refused.status).toBe(429)
  expect(refused.json()).toMatchObject({ code: 'too_many_streams', next: expect.stringContaining('Close') })
  expect(await stream(rig.cookie('technician', 'Ada'))).toBe(200)
  sockets.shift()?.destroy()
  await vi.waitFor(async () => expect(await stream(auditor[1])).toBe(200))
})

test('a person has a share of the requests that are answered at once', async () => {
  await rig.start({
    points: async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      return { points: [] }
    },
  })
  const cookie = rig.cookie('auditor', 'Eve')
  const slow = Array.from({ length: REQUESTS_PER_PERSON }, () => {
    const request = httpRequest({
      host: '127.0.0.1',
      port: rig.api.port,
      path: '/api/points',
      headers: rig.headersOf(cookie),
    })
    sockets.push(request)
    return request.on('error', () => undefined).end()
  })
  expect(slow).toHaveLength(REQUESTS_PER_PERSON)
  await vi.waitFor(async () => {
    expect((await rig.ask('/api/assets', { cookie })).json().code).toBe('too_many_requests')
  })
  expect((await rig.ask('/api/assets', { cookie: rig.cookie('technician', 'Ada') })).status).toBe(200)
})

test('a connection without a request ends after the time for its headers', async () => {
  await rig.start()
  const socket = await idle()
  const beganMs = performance.now()
  socket.resume()
  await new Promise((resolve) => socket.once('close', resolve))
  expect(performance.now() - beganMs).toBeLessThan(8_000)
}, 15_000)

test('the idlest connection makes room, one that answers a person stays', () => {
  const connections = new Connections(2)
  const [first, second, third, fourth] = [new PassThrough(), new PassThrough(), new PassThrough(), new PassThrough()]
  const answer = new PassThrough()
  connections.add(first)
  connections.add(second)
  connections.keep(first, answer)
  connections.add(third)
  expect([first, second, third].map(({ destroyed }) => destroyed)).toEqual([false, true, false])
  connections.keep(third, answer)
  connections.add(fourth)
  expect(fourth.destroyed).toBe(true)
  answer.emit('close')
  connections.touch(first)
  connections.add(new PassThrough())
  expect([first, third].map(({ destroyed }) => destroyed)).toEqual([false, true])
})
