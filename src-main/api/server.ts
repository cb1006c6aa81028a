import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Logger } from 'pino'
import { Counter, Registry } from 'prom-client'
import type { Role } from '../endpoints/model.ts'
import { ApiError } from './api-error.ts'
import { Connections } from './connections.ts'
import type { Handlers } from './handlers.ts'
import { listenOnFreePort } from './listen.ts'
import type { People } from './people.ts'
import { RefusalLog } from './refusal-log.ts'
import { guardRequest } from './request-guard.ts'
import { Router, signInUrl } from './router.ts'
import { securityHeaders } from './security-headers.ts'
import type { Identity, Sessions } from './sessions.ts'
import { StaticFiles } from './static-files.ts'

const HEADERS_TIMEOUT_MS = 5_000
/** How often the two are looked at; Node's own 30 s would be added to both. */
const TIMEOUTS_CHECKED_EVERY_MS = 1_000
/** Between two requests of one connection. */
const IDLE_MS = 5_000
const REQUEST_TIMEOUT_MS = 30_000
/** A client that takes nothing for this long is gone; heartbeats keep an event stream inside it. */
const STALLED_MS = 60_000
const CONNECTIONS_MAX = 512
/** Sockets that are being ended still count as connections of the server. */
const CONNECTIONS_ENDING_MAX = 64
const LOOPBACK_HOSTS = new Set(['127.0.0.1', '::1', 'localhost'])

export interface ApiOptions {
  /**
   * Loopback only, because this server speaks no TLS. From elsewhere an SSH tunnel leads here; a proxy does not: its
   * Origin is refused, and one that rewrites it would pass everybody off as this machine.
   */
  readonly host: string
  /** The wanted port; the next free one is taken when another program has it. 0: any. */
  readonly port: number
  readonly handlers: Handlers
  readonly sessions: Sessions<Role>
  readonly people: People<Role>
  /** The built console. */
  readonly staticDir: string
  /** The bearer token of runtime.json. */
  readonly token: string
  /** Actor id, lower-case hex: names the cookie. */
  readonly gatewayActor: string
  readonly metrics?: Registry
  readonly log: Logger
  /** Microseconds since the epoch. */
  readonly nowUs: () => number
  /** Compare every JSON answer with the table; on while testing and developing. */
  readonly isChecked?: boolean
  readonly heartbeatMs?: number
}

export interface Api {
  readonly port: number
  /** `http://127.0.0.1:8440` */
  readonly url: string
  /** An address that signs this person in once within ten minutes. */
  signInUrl(identity: Identity<Role>): string
  /** Ends event streams and connections, then the server. */
  close(): Promise<void>
}

/**
 * Starts the API and the console of one gateway.
 *
 * @throws {ApiError} `not_loopback`, `no_free_port`
 */
export async function startApi(options: ApiOptions): Promise<Api> {
  if (!LOOPBACK_HOSTS.has(options.host)) {
    throw new ApiError(
      500,
      'not_loopback',
      `the console can't listen on ${options.host}: it speaks no TLS, so it serves this machine only`,
      'Use 127.0.0.1. From elsewhere open an SSH tunnel with the same port at both ends: ssh -L 7080:127.0.0.1:7080 GATEWAY',
    )
  }
  const stopping = new AbortController()
  const hosts = new Set<string>()
  let url = ''
  const metrics = options.metrics ?? new Registry()
  const connections = new Connections(CONNECTIONS_MAX)
  const refusals = new RefusalLog(options.log)
  const router = new Router({
    ...options,
    connections,
    refusals,
    metrics,
    requests: requestCounter(metrics),
    staticFiles: new StaticFiles(options.staticDir),
    stopping: stopping.signal,
    isChecked: options.isChecked ?? process.env['NODE_ENV'] === 'test',
    heartbeatMs: options.heartbeatMs,
    baseUrl: () => url,
  })
  const listener = getRequestListener(router.app.fetch, { overrideGlobalObjects: false })
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUTS_CHECKED_EVERY_MS,
      keepAliveTimeout: IDLE_MS,
      maxHeaderSize: 16 * 1024,
    },
    (request, response) => {
      connections.touch(request.socket)
      const refusal = guarded(request, hosts)
      if (refusal === null) void listener(request, response)
      else refuse(request, response, refusal, refusals)
    },
  )
  server.maxConnections = CONNECTIONS_MAX + CONNECTIONS_ENDING_MAX
  server.on('connection', (socket) => connections.add(socket))
  server.setTimeout(STALLED_MS)
  const port = await listenOnFreePort(server, options.host, options.port, (taken) =>
    options.log.warn({ port: taken }, `port ${taken} is in use by another program; trying the next`),
  )
  const shownHost = options.host === '::1' ? '[::1]' : options.host
  url = `http://${shownHost}:${port}`
  for (const name of [shownHost, '127.0.0.1', 'localhost', '[::1]']) {
    hosts.add(`${name.toLowerCase()}:${port}`)
  }
  return {
    port,
    url,
    signInUrl: (identity) => signInUrl(url, options.sessions.createCode(identity)),
    async close() {
      stopping.abort()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      // A request that is being answered may finish; one that hangs may not keep the gateway from stopping.
      const timer = setTimeout(() => server.closeAllConnections(), 1000)
      await closed
      clearTimeout(timer)
    },
  }
}

function guarded(request: IncomingMessage, hosts: ReadonlySet<string>): ApiError | null {
  try {
    guardRequest(request, hosts)
    return null
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
}

/** Before any route; the connection of a hostile page is not kept. */
function refuse(request: IncomingMessage, response: ServerResponse, error: ApiError, refusals: RefusalLog): void {
  const { status, code, message } = error
  const source = request.socket.remoteAddress ?? 'unknown'
  refusals.note({ level: 'warn', code, source, text: 'request refused', details: { status, message } })
  response.writeHead(error.status, {
    ...securityHeaders('data'),
    'content-type': 'application/json',
    'cache-control': 'no-store',
    connection: 'close',
  })
  response.end(JSON.stringify(error.toBody()))
}

function requestCounter(metrics: Registry): Counter<'endpoint' | 'status'> {
  const name = 'plumbline_api_requests_total'
  const known = metrics.getSingleMetric(name)
  if (known instanceof Counter) return known
  return new Counter({
    name,
    help: 'Requests answered, by endpoint and status',
    labelNames: ['endpoint', 'status'],
    registers: [metrics],
  })
}
