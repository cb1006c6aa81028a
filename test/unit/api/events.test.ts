import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EventFeed } from '../../../src-main/api/event-feed.ts'
import { formatEvent } from '../../../src-main/api/event-stream.ts'
import type { ServerEvent } from '../../../src-main/api/handlers.ts'
import { blockEvent, blockOf, blockSource, readEvents, Rig } from './rig.ts'

let rig: Rig
beforeEach(() => {
  rig = new Rig()
})
afterEach(() => rig.stop())

const idsIn = (text: string): number[] => [...text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]))

test('streams events with names, ids and one line of JSON each', async () => {
  await rig.start({ events: blockSource(3) })
  const { status, text } = await readEvents(rig, { cookie: rig.cookie() }, (so) => idsIn(so).length === 3)
  expect(status).toBe(200)
  expect(text).toContain(`id: 10\nevent: blocks\ndata: ${JSON.stringify(blockOf(1))}\n\n`)
  expect(idsIn(text)).toEqual([10, 20, 30])
})

test('goes on after the position the client names, without a gap and without a repetition', async () => {
  await rig.start({ events: blockSource(9) })
  const cookie = rig.cookie()
  const first = await readEvents(rig, { cookie }, (so) => idsIn(so).length >= 4)
  const last = idsIn(first.text).at(-1) ?? 0
  const rest = await readEvents(rig, { cookie, 'last-event-id': String(last) }, (so) => idsIn(so).includes(90))
  expect([...idsIn(first.text), ...idsIn(rest.text)]).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90])
})

test('goes on after the position in the address, and after the later one that the browser names in the header', async () => {
  await rig.start({ events: blockSource(9) })
  const cookie = rig.cookie()
  const all = (so: string): boolean => idsIn(so).includes(90)
  const opened = await readEvents(rig, { cookie }, all, '/api/events?after=60')
  expect(idsIn(opened.text)).toEqual([70, 80, 90])
  const resumed = await readEvents(rig, { cookie, 'last-event-id': '80' }, all, '/api/events?after=60')
  expect(idsIn(resumed.text)).toEqual([90])
  expect((await rig.ask('/api/events?after=-1', { cookie })).status).toBe(400)
})

test('refuses a stream without a session and a position that is none', async () => {
  await rig.start({ events: blockSource(1) })
  expect((await rig.ask('/api/events')).status).toBe(401)
  const answer = await rig.ask('/api/events', { cookie: rig.cookie(), headers: { 'last-event-id': '1; DROP' } })
  expect(answer.status).toBe(400)
})

test('keeps a silent stream alive with comments', async () => {
  await rig.start({ events: blockSource(0) }, { heartbeatMs: 20 })
  const { text } = await readEvents(rig, { cookie: rig.cookie() }, (so) => so.split(': still here').length > 3)
  expect(idsIn(text)).toEqual([])
})

test('ends with the session, by signing out or by running out', async () => {
  await rig.start({ events: blockSource(1) }, { heartbeatMs: 20 })
  const cookie = rig.cookie()
  const signedOut = readEvents(rig, { cookie }, () => false)
  await new Promise((resolve) => setTimeout(resolve, 50))
  await rig.ask('/api/session', { method: 'DELETE', cookie })
  expect((await signedOut).ended).toBe(true)

  const ranOut = readEvents(rig, { cookie: rig.cookie() }, () => false)
  await new Promise((resolve) => setTimeout(resolve, 50))
  rig.nowUs += 13 * 3_600_000_000
  expect((await ranOut).ended).toBe(true)
})

test('tells the source when the client hangs up', async () => {
  let gone = false
  await rig.start({
    events: async function* ({ signal }) {
      yield blockEvent(1)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      gone = true
    },
  })
  await readEvents(rig, { cookie: rig.cookie() }, (so) => so.includes('id: 10'))
  await expect.poll(() => gone).toBe(true)
})

test('asks the source for no more than a client takes', async () => {
  let given = 0
  const big = blockOf(1)
  const padding = ['x'.repeat(10_000)]
  await rig.start({
    events: async function* () {
      for (;;) {
        given += 1
        yield { event: 'blocks', data: { ...big, cosigners: padding }, id: given }
      }
    },
  })
  const socket = connect(rig.api.port, '127.0.0.1')
  const lines = Object.entries(rig.headersOf(rig.cookie())).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:${rig.api.port}\r\n${lines.join('')}\r\n`)
  socket.pause()
  await expect.poll(() => given).toBeGreaterThan(5)
  let before = -1
  // Sockets of the operating system take some megabytes; after that the count must stand still.
  await expect
    .poll(
      () => {
        const still = given === before
        before = given
        return still
      },
      { interval: 200, timeout: 10_000 },
    )
    .toBe(true)
  expect(given * 10_000).toBeLessThan(32 * 1024 * 1024)
  socket.destroy()
})

test('line breaks in data stay inside the one line', () => {
  const event = { event: 'blocks', data: { ...blockOf(1), cosigners: ['a\nb\r\nevent: status'] } } as ServerEvent
  expect(formatEvent(event).split('\n')).toHaveLength(4)
})

test('the feed replays from the ledger what a client has not seen, and then goes on live', async () => {
  await rig.start()
  const ledger = [1, 2, 3, 4, 5].map((height) => ({ id: height * 10, data: blockOf(height) }))
  const feed = new EventFeed({
    head: 30,
    blocksAfter: (position, limit) =>
      ledger.filter(({ id }) => id > position && id <= feedHead).slice(0, Math.min(limit, 2)),
  })
  let feedHead = 30
  const stop = new AbortController()
  const caller = { name: 'Ada', role: 'auditor', via: 'session' } as const
  const stream = feed.subscribe({ caller, lastEventId: 10, signal: stop.signal })
  const take = async (): Promise<ServerEvent | undefined> => (await stream.next()).value ?? undefined
  expect((await take())?.id).toBe(20)
  expect((await take())?.id).toBe(30)
  const live = take()
  feedHead = 50
  feed.advance(50)
  expect((await live)?.id).toBe(40)
  expect((await take())?.id).toBe(50)
  const end = take()
  stop.abort()
  expect(await end).toBeUndefined()
  expect(feed.clientCount).toBe(0)
})

test('a slow client of the feed gets the newest of each point, and one status, however many there were', async () => {
  await rig.start()
  const feed = new EventFeed({ head: 0, blocksAfter: () => [] })
  const stop = new AbortController()
  const caller = { name: 'Ada', role: 'auditor', via: 'session' } as const
  const stream = feed.subscribe({ caller, lastEventId: null, signal: stop.signal })
  const first = stream.next()
  const point = (stream: string, text: string) => ({ stream, text }) as never
  feed.points({ atUs: 1, points: [point('a', '1')] })
  expect((await first).value).toMatchObject({ event: 'points' })
  for (let round = 0; round < 1000; round += 1) {
    feed.points({ atUs: round, points: [point('a', `a${round}`), point(`b${round % 3}`, `b${round}`)] })
    feed.status({ atUs: round } as never)
  }
  const [one, two] = [(await stream.next()).value, (await stream.next()).value]
  expect(one).toMatchObject({ event: 'status', data: { atUs: 999 } })
  expect(two).toMatchObject({ event: 'points', data: { points: [{ stream: 'a', text: 'a999' }, {}, {}, {}] } })
  stop.abort()
})

test('a feed that is over ends its streams, waiting or not, and keeps no client', async () => {
  await rig.start()
  const feed = new EventFeed({ head: 0, blocksAfter: () => [] })
  const caller = { name: 'Ada', role: 'auditor', via: 'session' } as const
  const { signal } = new AbortController()
  const waiting = feed.subscribe({ caller, lastEventId: null, signal }).next()
  feed.end()
  expect((await waiting).done).toBe(true)
  expect((await feed.subscribe({ caller, lastEventId: null, signal }).next()).done).toBe(true)
  expect(feed.clientCount).toBe(0)
})
