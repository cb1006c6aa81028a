import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Logger } from 'pino'
import { Counter, Registry } from 'prom-client'
import type { Role } from '../endpoints/model.ts'
import { ApiError } from './api-error.ts'
import { Connections } from './connections.ts'
import type { Handlers } from './handlers.ts'
import type { Door, DoorState } from './door-state.ts'
import { closeServer, CONNECTIONS_MAX, httpLimits, limitServer } from './http-limits.ts'
import { holderWords, listenFrom, type Listening } from './listen.ts'
import { doorUrl, hostsOf, NetworkDoor, type NetworkDoorOptions } from './network-door.ts'
import type { People } from './people.ts'
import { RefusalLog } from './refusal-log.ts'
import { guardRequest } from './request-guard.ts'
import { Router, signInUrl, type ChannelHandlers } from './router.ts'
import { securityHeaders } from './security-headers.ts'
import type { Identity, Sessions } from './sessions.ts'
import type { Signers } from './signers.ts'
import { StaticFiles } from './static-files.ts'

const HSTS_S = 365 * 86_400
const LOOPBACK_HOSTS = new Set(['127.0.0.1', '::1', 'localhost'])

/** Where others than this machine are served. */
export type Elsewhere = Pick<NetworkDoorOptions, 'listen' | 'names' | 'files' | 'folder' | 'onState'>

export interface ApiOptions {
  /**
   * Loopback only, because this server speaks no TLS. A proxy must not lead here: its Origin is refused, and one that rewrites it
   * would pass everybody off as this machine.
   */
  readonly host: string
  /** The wanted port; the next free one is taken when another program has it, unless it is fixed. 0: any. */
  readonly port: number
  readonly isPortFixed?: boolean
  /** The console for others; null or missing: this machine only. */
  readonly elsewhere?: Elsewhere | null
  /** What answers about the gateway itself, and where no `channels` are given about the only channel. */
  readonly handlers: Handlers
  readonly channels?: ChannelHandlers
  readonly sessions: Sessions<Role>
  readonly people: People<Role>
  /** Opens the key of who signs in by its passphrase; where there is none, nobody signs on a ledger here. */
  readonly signers?: Signers
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
  /** The wanted port, where another program holds it. */
  readonly taken: Listening['taken']
  /** How the console for others is; null where there is none. */
  elsewhere(): DoorState | null
  /** An address that signs this person in once within ten minutes. */
  signInUrl(identity: Identity<Role>): string
  /** Ends event streams and connections, then the server. */
  close(): Promise<void>
}

/**
 * Starts the API and the console of one gateway.
 *
 * @throws {ApiError} `not_loopback`, `no_free_port`, `port_taken`
 */
export async function startApi(options: ApiOptions): Promise<Api> {
  if (!LOOPBACK_HOSTS.has(options.host)) {
    throw new ApiError(
      500,
      'not_loopback',
      `the console can't listen on ${options.host}: it speaks no TLS there, so it serves this machine only`,
      'Use 127.0.0.1, and console.listen with console.names for others.',
    )
  }
  const stopping = new AbortController()
  const metrics = options.metrics ?? new Registry()
  const refusals = new RefusalLog(options.log)
  const network: { door: NetworkDoor | null } = { door: null }
  const router = new Router({
    ...options,
    channels: options.channels ?? onlyChannel(options.handlers),
    refusals,
    metrics,
    requests: requestCounter(metrics),
    staticFiles: new StaticFiles(options.staticDir),
    stopping: stopping.signal,
    isChecked: options.isChecked ?? process.env['NODE_ENV'] === 'test',
    heartbeatMs: options.heartbeatMs,
    elsewhere: () => network.door?.state ?? null,
  })
  const machine = await openMachineDoor(options, router, refusals)
  try {
    network.door = openNetworkDoor(options, router, refusals)
    await network.door?.open()
  } catch (error) {
    await network.door?.close()
    await closeServer(machine.server)
    throw error
  }
  return {
    port: machine.port,
    url: machine.url,
    taken: machine.taken,
    elsewhere: () => network.door?.state ?? null,
    signInUrl: (identity) => signInUrl(machine.url, options.sessions.createCode(identity, 'machine')),
    async close() {
      stopping.abort()
      await Promise.all([closeServer(machine.server), network.door?.close()])
    },
  }
}

function onlyChannel(handlers: Handlers): ChannelHandlers {
  return {
    of(handle) {
      if (handle === null) return handlers
      throw new ApiError(404, 'unknown_channel', `there is no channel ${handle.slice(0, 64)} here`, 'Name none.')
    },
  }
}

interface MachineDoor extends Listening {
  readonly server: Server
  readonly url: string
}

async function openMachineDoor(options: ApiOptions, router: Router, refusals: RefusalLog): Promise<MachineDoor> {
  const hosts = new Set<string>()
  const address = { url: '' }
  const connections = new Connections(CONNECTIONS_MAX)
  const door: Door = { kind: 'machine', scheme: 'http', hosts, connections, url: () => address.url }
  const answer = answerAt(door, router, refusals)
  const server = createServer(httpLimits, (request, response) => {
    connections.touch(request.socket)
    answer(request, response)
  })
  limitServer(server)
  server.on('connection', (socket) => connections.add(socket))
  const { host, port: wanted, isPortFixed: isFixed = false } = options
  const { port, taken } = await listenFrom(server, { host, port: wanted, isFixed })
  if (taken !== null)
    options.log.warn(
      { port: taken.port, holder: taken.holder },
      `port ${taken.port} is held by ${holderWords(taken.holder)}; the console is at port ${port}`,
    )
  const shownHost = host === '::1' ? '[::1]' : host
  address.url = `http://${shownHost}:${port}`
  for (const name of [shownHost, '127.0.0.1', 'localhost', '[::1]']) hosts.add(`${name.toLowerCase()}:${port}`)
  return { server, port, taken, url: address.url }
}

function openNetworkDoor(options: ApiOptions, router: Router, refusals: RefusalLog): NetworkDoor | null {
  const { elsewhere = null, log, nowUs, isPortFixed: isFixed = false } = options
  if (elsewhere === null) return null
  const connections = new Connections(CONNECTIONS_MAX)
  const door: Door = {
    kind: 'network',
    scheme: 'https',
    hosts: hostsOf(elsewhere),
    connections,
    url: () => doorUrl(elsewhere),
  }
  const answer = answerAt(door, router, refusals)
  return new NetworkDoor({
    ...elsewhere,
    isFixed,
    connections,
    refusals,
    log,
    nowUs,
    answer: (request, response) => {
      // A browser that came once comes by TLS only from then on (RFC 6797), where it trusts the certificate.
      response.setHeader('strict-transport-security', `max-age=${HSTS_S}`)
      answer(request, response)
    },
  })
}

/** What every request goes through, whichever door it came by. */
function answerAt(door: Door, router: Router, refusals: RefusalLog): RequestListener {
  const listener = getRequestListener((request, bindings) => router.app.fetch(request, { ...bindings, door }), {
    overrideGlobalObjects: false,
  })
  return (request, response) => {
    const refusal = guarded(request, door)
    if (refusal === null) void listener(request, response)
    else refuse(request, response, refusal, refusals)
  }
}

function guarded(request: IncomingMessage, door: Door): ApiError | null {
  try {
    guardRequest(request, door)
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
