import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { KEY_HEADER } from '../../../src-main/api/authenticate.ts'
import { People } from '../../../src-main/api/people.ts'
import { type Api, type ApiOptions, startApi } from '../../../src-main/api/server.ts'
import { Sessions } from '../../../src-main/api/sessions.ts'
import type { Handlers, ServerEvent, Subscription } from '../../../src-main/api/handlers.ts'
import { endpointNames } from '../../../src-main/endpoints/table.ts'
import { type Role, roles } from '../../../src-main/endpoints/model.ts'

export const ACTOR = '0123456789abcdef0123456789abcdef'
export const COOKIE = 'plumbline-01234567'
export const TOKEN = 'a-token-of-runtime-json-that-is-long-enough'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
  json: () => { code?: string; next?: string; message?: string; [other: string]: unknown }
}

export interface AskOptions {
  method?: string
  /** Null leaves a header out that would be sent otherwise. */
  headers?: Record<string, string | string[] | null>
  body?: string | Uint8Array
  json?: unknown
  cookie?: string
}

const session = {
  user: { name: 'Ada', role: 'auditor' as Role },
  isListed: true,
  gateway: { name: 'hall-1', actor: ACTOR },
  channel: { id: 'aa', name: 'hall', site: 'works', simulated: true, origin: 'plumbline.local/aa', continues: null },
  version: '0.1.0',
}

/** Handlers that answer the few endpoints the tests call; any other one is a failing test. */
export function handlersWith(some: Partial<Handlers>): Handlers {
  const all = Object.fromEntries(
    endpointNames.map((name) => [
      name,
      () => {
        throw new Error(`no test expects ${name} to be called`)
      },
    ]),
  ) as unknown as Handlers
  return {
    ...all,
    session: ({ caller }) => ({ ...session, user: { name: caller.name, role: caller.role } }),
    checkpoint: () => 'plumbline.local/aa\n1\nAAAA\n',
    assets: () => ({ assets: [] }),
    ...some,
  }
}

export class Rig {
  readonly folder = mkdtempSync(join(tmpdir(), 'plumbline-api-'))
  readonly logged: string[] = []
  nowUs = 1_700_000_000_000_000
  readonly sessions = new Sessions<Role>({ nowUs: () => this.nowUs })
  /** The page's key of each session, by its cookie. */
  readonly keys = new Map<string, string>()
  readonly people = People.open<Role>(join(this.folder, 'people.json'), roles)
  /** Set by `start`. */
  api!: Api

  async start(
    some: Partial<Handlers> = {},
    options: { port?: number; heartbeatMs?: number; isBuilt?: boolean } & Pick<
      ApiOptions,
      'isPortFixed' | 'elsewhere'
    > = {},
  ): Promise<this> {
    mkdirSync(join(this.folder, 'site', 'assets'), { recursive: true })
    writeFileSync(join(this.folder, 'site', 'index.html'), '<!doctype html><title>Plumbline</title>')
    writeFileSync(join(this.folder, 'site', 'assets', 'main-0a1b2c3d.js'), `// ${'x'.repeat(5000)}`)
    mkdirSync(join(this.folder, 'site', 'worker'), { recursive: true })
    writeFileSync(join(this.folder, 'site', 'worker', 'verify-0a1b2c3d.js'), '//')
    writeFileSync(join(this.folder, 'secret.txt'), 'not for the web')
    const log = pino({ level: 'debug' }, { write: (line: string) => void this.logged.push(line) })
    this.api = await startApi({
      host: '127.0.0.1',
      port: options.port ?? 0,
      handlers: handlersWith(some),
      sessions: this.sessions,
      people: this.people,
      staticDir: join(this.folder, options.isBuilt === false ? 'not-built' : 'site'),
      token: TOKEN,
      gatewayActor: ACTOR,
      log,
      nowUs: () => this.nowUs,
      ...(options.isPortFixed === undefined ? {} : { isPortFixed: options.isPortFixed }),
      ...(options.elsewhere === undefined ? {} : { elsewhere: options.elsewhere }),
      ...(options.heartbeatMs === undefined ? {} : { heartbeatMs: options.heartbeatMs }),
    })
    return this
  }

  async stop(): Promise<void> {
    // A test that never started it has nothing to stop.
    if (this.api !== undefined) await this.api.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** A cookie of somebody with this role. */
  cookie(role: Role = 'auditor', name = 'Ada'): string {
    const { cookie, key } = this.sessions.open({ name, role })
    this.keys.set(cookie, key)
    return `${COOKIE}=${cookie}`
  }

  /** As our own page keeps the key of a sign-in. */
  #learn(headers: IncomingHttpHeaders, text: string): void {
    const secret = /=([^;]+)/.exec(headers['set-cookie']?.[0] ?? '')?.[1]
    if (secret !== undefined) this.keys.set(secret, (JSON.parse(text) as { key: string }).key)
  }

  /** What our own page sends with a cookie. */
  headersOf(cookie: string): Record<string, string> {
    const known = [...this.keys].find(([secret]) => cookie.includes(`${COOKIE}=${secret}`))
    return { cookie, ...(known === undefined ? {} : { [KEY_HEADER]: known[1] }) }
  }

  /** Sends one request on a socket of its own, as a browser on our own page would unless told otherwise. */
  ask(path: string, options: AskOptions = {}): Promise<Answer> {
    const method = options.method ?? 'GET'
    const headers: Record<string, string | string[]> = {}
    const body = options.json === undefined ? options.body : JSON.stringify(options.json)
    if (options.json !== undefined) headers['content-type'] = 'application/json'
    if (method !== 'GET') headers['origin'] = this.api.url
    if (options.cookie !== undefined) Object.assign(headers, this.headersOf(options.cookie))
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      if (value === null) delete headers[name]
      else headers[name] = value
    }
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        { host: '127.0.0.1', port: this.api.port, path, method, headers, agent: false },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8')
            if (method === 'POST' && path === '/api/session' && response.statusCode === 200)
              this.#learn(response.headers, text)
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: text,
              json: () => JSON.parse(text) as Record<string, unknown>,
            })
          })
        },
      )
      request.on('error', reject)
      request.end(body)
    })
  }
}

/** Reads an event stream until `enough` says so, then hangs up. */
export function readEvents(
  rig: Rig,
  headers: Record<string, string>,
  enough: (text: string) => boolean,
  path = '/api/events',
): Promise<{ status: number; text: string; ended: boolean }> {
  return new Promise((resolve, reject) => {
    const sent = { ...headers, ...rig.headersOf(headers['cookie'] ?? '') }
    const request = httpRequest(
      { host: '127.0.0.1', port: rig.api.port, path, headers: sent, agent: false },
      (response) => {
        let text = ''
        const settle = (ended: boolean): void => {
          resolve({ status: response.statusCode ?? 0, text, ended })
          request.destroy()
        }
        response.setEncoding('utf8')
        response.on('data', (part: string) => {
          text += part
          if (enough(text)) settle(false)
        })
        response.on('end', () => settle(true))
        response.on('error', () => settle(true))
      },
    )
    request.on('error', reject)
    request.end()
  })
}

/** Blocks 1..n with ids 10, 20, ..., after the position asked for, and then silence. */
export function blockSource(count: number): (subscription: Subscription) => AsyncIterable<ServerEvent> {
  return async function* ({ lastEventId, signal }) {
    for (let height = 1; height <= count; height += 1) {
      if (height * 10 > (lastEventId ?? 0)) yield blockEvent(height)
    }
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }
}

export function blockEvent(height: number): ServerEvent {
  return { event: 'blocks', id: height * 10, data: blockOf(height) }
}

export function blockOf(height: number): Extract<ServerEvent, { event: 'blocks' }>['data'] {
  return {
    height,
    timeUs: height,
    sealEntry: height * 10 - 1,
    firstEntry: height * 10 - 10,
    entries: 10,
    readings: 5,
    cosigners: [],
  }
}
