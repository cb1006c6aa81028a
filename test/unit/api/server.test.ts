import { createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { AcquisitionError } from '../../../src-main/acquisition/errors.ts'
import { startApi } from '../../../src-main/api/server.ts'
import { honoPath } from '../../../src-main/api/router.ts'
import { channelPath, scopeOf } from '../../../src-main/endpoints/channel-paths.ts'
import { endpointNames, endpoints } from '../../../src-main/endpoints/table.ts'
import { roles } from '../../../src-main/endpoints/model.ts'
import { GatewayError } from '../../../src-main/gateway/error.ts'
import { WireError } from '../../../src-main/wire/errors.ts'
import { handlersWith, Rig, TOKEN } from './rig.ts'

const HANDLE = '0123456789abcdef'
const seen: unknown[] = []
let refusal: Error = new Error('set by the test')
const rig = new Rig()
beforeAll(
  async () =>
    void (await rig.start({
      tile: ({ params }) => {
        seen.push(params)
        return new Uint8Array([1, 2, 3])
      },
      entryBundle: ({ params }) => {
        seen.push(params)
        return { content: new Uint8Array([9]), isFinal: true }
      },
      certificateFile: ({ params }) => ({
        content: new TextEncoder().encode('<script>alert(1)</script>'),
        mime: 'text/html; charset=utf-8',
        fileName: `Zählerstand "${params.id}".html`,
      }),
      proofSteps: ({ body }) => {
        seen.push(body)
        return { wrong: 'shape' } as never
      },
      issueCertificate: () => {
        throw new GatewayError('range_barred', 'readings 10 to 20 are barred', 'Choose another.')
      },
      trustSource: () => {
        throw refusal
      },
      checkNow: () => {
        throw new Error('a secret path /var/lib/x')
      },
    })),
)
afterAll(() => rig.stop())
afterEach(() => void seen.splice(0))

describe('access', () => {
  test('the open calls answer on loopback without a sign-in', async () => {
    for (const path of ['/checkpoint', '/metrics', '/openapi.json', '/tile/0/000']) {
      expect((await rig.ask(path)).status, path).toBe(200)
    }
    expect((await rig.ask('/tile/entries/000')).status).toBe(401)
  })

  test('every endpoint that is not open refuses a stranger, before it looks at the request', async () => {
    for (const name of endpointNames) {
      const { method, path, access } = endpoints[name]
      if (access === 'open' || access === 'open-loopback') continue
      const places = scopeOf(endpoints[name]) === 'gateway' ? [path] : [path, channelPath(path, HANDLE)]
      for (const place of places) {
        const answer = await rig.ask(place.replace(/\{\+?\w+\}/g, 'x'), {
          method,
          body: method === 'POST' ? 'not json' : '',
        })
        expect(answer.status, `${name} at ${place}`).toBe(401)
      }
    }
  })

  test('a channel that is not there is unknown to whoever may ask, and a call of the gateway is in no channel', async () => {
    const headers = { authorization: `Bearer ${TOKEN}` }
    const named = await rig.ask(`/api/c/${HANDLE}/assets`, { headers })
    expect([named.status, named.json()]).toMatchObject([404, { code: 'unknown_channel' }])
    expect((await rig.ask('/api/assets', { headers })).status).toBe(200)
    expect((await rig.ask(`/c/${HANDLE}/checkpoint`)).json()).toMatchObject({ code: 'unknown_channel' })
    expect((await rig.ask(`/api/c/${HANDLE}/people`, { headers })).json()).toMatchObject({ code: 'unknown_call' })
  })

  test('each role-bound endpoint lets exactly its roles in and names them to the others', async () => {
    for (const name of endpointNames) {
      const { method, path, access } = endpoints[name]
      if (typeof access === 'string') continue
      for (const role of roles) {
        const answer = await rig.ask(path.replace(/\{\+?\w+\}/g, 'x'), {
          method,
          cookie: rig.cookie(role),
          ...(method === 'GET' ? {} : { body: 'not json' }),
        })
        const mayCall = (access as readonly string[]).includes(role)
        expect(answer.status === 403, `${name} as ${role}`).toBe(!mayCall)
        if (!mayCall) expect(answer.json().next).toContain(access.join(' or '))
      }
    }
  })
})

describe('input', () => {
  const cookie = () => rig.cookie()

  test('tile paths reach the handler whole, parsed by the table', async () => {
    await rig.ask('/tile/2/x001/234.p/56')
    await rig.ask('/tile/entries/x001/234.p/56', { cookie: cookie() })
    expect(seen).toEqual([{ level: 2, index: 'x001/234.p/56' }, { index: 'x001/234.p/56' }])
  })

  test('names every field that does not fit, with its path', async () => {
    const answer = await rig.ask('/api/readings?stream=zz&fromUs=&toUs=5&toUs=6', { cookie: cookie() })
    expect(answer.status).toBe(400)
    const { code, issues } = answer.json() as { code: string; issues: { path: string }[] }
    expect(code).toBe('invalid_request')
    expect(issues.map(({ path }) => path).toSorted()).toEqual(['query.fromUs', 'query.stream', 'query.toUs'])
  })

  test('refuses a body with unknown keys, of another type, and what is not JSON', async () => {
    const post = (options: object) => rig.ask('/api/ledger/verify', { method: 'POST', cookie: cookie(), ...options })
    expect((await post({ json: { entry: 1, position: null, extra: 1 } })).status).toBe(400)
    expect((await post({ body: 'entry=1', headers: { 'content-type': 'text/plain' } })).status).toBe(415)
    expect((await post({ body: 'entry=1' })).status).toBe(415)
    const json = { 'content-type': 'application/json' }
    expect((await post({ body: '{"entry":', headers: json })).status).toBe(400)
    expect((await post({ body: Buffer.from([0x22, 0xff, 0x22]), headers: json })).status).toBe(400)
    expect(seen).toEqual([])
  })

  test('refuses an oversize body, announced or in chunks', async () => {
    const body = Buffer.alloc(1024 * 1024 + 1, 0x20)
    const headers = { 'content-type': 'application/json' }
    const post = (more: object) =>
      rig.ask('/api/ledger/verify', { method: 'POST', cookie: cookie(), body, headers: { ...headers, ...more } })
    for (const more of [{ 'content-length': String(body.length) }, { 'transfer-encoding': 'chunked' }]) {
      const answer = await post(more)
      expect(answer.status).toBe(413)
      expect(answer.json().code).toBe('body_too_large')
    }
  })
})

describe('answers', () => {
  test('a reply that is not what the table says is an error while testing', async () => {
    const json = { entry: 1, position: null }
    const answer = await rig.ask('/api/ledger/verify', { method: 'POST', cookie: rig.cookie(), json })
    expect(answer.status).toBe(500)
    expect(answer.json()).toMatchObject({ code: 'invalid_response', message: expect.stringContaining('verdict') })
  })

  test("a package's own error keeps its code and advice", async () => {
    const json = { asset: 'a', fromUs: 1, toUs: 2, language: 'en', acknowledgedGaps: [] }
    const answer = await rig.ask('/api/certificates', { method: 'POST', cookie: rig.cookie('site-manager'), json })
    expect(answer.status).toBe(409)
    expect(answer.json()).toEqual({
      code: 'range_barred',
      message: 'readings 10 to 20 are barred',
      next: 'Choose another.',
    })
  })

  test.each([
    ['unknown_source', 404],
    ['fingerprint_differs', 409],
    ['no_certificate', 409],
    ['not_supported', 409],
    ['worker_failed', 503],
  ] as const)(
    'a decision about a source that acquisition refuses with %s answers %i, with its advice',
    async (code, status) => {
      refusal = new AcquisitionError(code, 'it was refused', 'Compare again.')
      const json = { fingerprint: 'ab'.repeat(32), decision: 'trust' }
      const answer = await rig.ask('/api/sources/press/trust', {
        method: 'POST',
        cookie: rig.cookie('installer'),
        json,
      })
      expect(answer.status).toBe(status)
      expect(answer.json()).toEqual({ code, message: 'it was refused', next: 'Compare again.' })
    },
  )

  test('bytes of its own that do not fit are the fault of the gateway, not of whoever asked', async () => {
    refusal = new WireError('malformed_entry', 'entry 7 ends early')
    const json = { fingerprint: 'ab'.repeat(32), decision: 'trust' }
    const answer = await rig.ask('/api/sources/press/trust', { method: 'POST', cookie: rig.cookie('installer'), json })
    expect(answer.status).toBe(500)
    expect(answer.json()).toMatchObject({ code: 'malformed_entry', message: 'entry 7 ends early' })
  })

  test('an error nobody thought of tells the caller nothing of the inside and the log everything', async () => {
    const answer = await rig.ask('/api/integrity/check', { method: 'POST', cookie: rig.cookie() })
    expect(answer.status).toBe(500)
    expect(answer.body).not.toContain('secret path')
    expect(rig.logged.join('')).toContain('a secret path')
  })

  test('a file is saved under its own name and never run under our origin', async () => {
    const answer = await rig.ask('/api/certificates/7/html', { cookie: rig.cookie() })
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(answer.headers['content-disposition']).toBe(
      `attachment; filename="Z_hlerstand__7_.html"; filename*=UTF-8''Z%C3%A4hlerstand%20%227%22.html`,
    )
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
  })

  test('a full tile may be kept, everything else of the API may not', async () => {
    const cookie = rig.cookie()
    expect((await rig.ask('/tile/entries/000', { cookie })).headers['cache-control']).toContain('immutable')
    expect((await rig.ask('/tile/0/000')).headers['cache-control']).toBe('no-store')
    expect((await rig.ask('/api/assets', { cookie })).headers['cache-control']).toBe('no-store')
  })

  test('/openapi.json lists every endpoint, /metrics counts the answers', async () => {
    const document = (await rig.ask('/openapi.json')).json() as { paths: Record<string, object>; openapi: string }
    expect(document.openapi).toMatch(/^3\.1/)
    const operations = Object.values(document.paths).flatMap((path) => Object.keys(path))
    expect(operations.length).toBeGreaterThanOrEqual(endpointNames.length)
    await rig.ask('/checkpoint')
    expect((await rig.ask('/metrics')).body).toMatch(
      /plumbline_api_requests_total\{endpoint="checkpoint",status="200"\} [1-9]/,
    )
  })
})

describe('the server', () => {
  test('names a port in use, who holds it, and takes the next free one; a fixed port is left to nobody', async () => {
    const taken = createServer()
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port))
    })
    const other = await new Rig().start({}, { port })
    expect(other.api.port).toBeGreaterThan(port)
    const holder = expect.stringMatching(new RegExp(` ${process.pid}$`))
    expect(other.api.taken).toEqual({ port, holder })
    expect(other.logged.join('')).toContain(`port ${port} is held by another program (`)
    const fixed = new Rig().start({}, { port, isPortFixed: true })
    await expect(fixed).rejects.toMatchObject({
      code: 'port_taken',
      message: expect.stringContaining(`${process.pid})`),
    })
    expect((await other.ask('/checkpoint')).status).toBe(200)
    await other.stop()
    taken.close()
  })

  test('refuses to listen beyond this machine', async () => {
    const start = startApi({
      host: '0.0.0.0',
      port: 0,
      handlers: handlersWith({}),
      sessions: rig.sessions,
      people: rig.people,
      staticDir: rig.folder,
      token: TOKEN,
      gatewayActor: 'ab'.repeat(16),
      log: { warn: () => undefined } as never,
      nowUs: () => 0,
    })
    await expect(start).rejects.toMatchObject({ code: 'not_loopback' })
  })

  test('stops although a request is still being answered', async () => {
    const other = await new Rig().start({ points: ({ signal }) => untilAborted(signal) })
    const pending = other.ask('/api/points', { cookie: other.cookie() })
    await new Promise((resolve) => setTimeout(resolve, 50))
    await other.stop()
    expect((await pending).status).toBe(200)
  })

  test('writes the paths of the table as the router reads them', () => {
    expect(honoPath('/tile/{level}/{+index}')).toBe('/tile/:level/:index{.+}')
  })
})

async function untilAborted(signal: AbortSignal): Promise<{ points: [] }> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  return { points: [] }
}
