import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { Logger } from 'pino'
import type { Counter, Registry } from 'prom-client'
import type { passkeyCalls } from '../endpoints/passkey-calls.ts'
import { channelPath, scopeOf } from '../endpoints/channel-paths.ts'
import { openApiDocument } from '../endpoints/openapi.ts'
import { type EndpointName, endpointNames, endpoints, type Input, type Output } from '../endpoints/table.ts'
import { type Endpoint } from '../endpoints/endpoint.ts'
import { answer, errorAnswer, refusalOf } from './answer.ts'
import { doorAnswer } from './answers/door.ts'
import { passkeyAnswers } from './answers/passkeys.ts'
import { ApiError } from './api-error.ts'
import { type Authenticated, cookieName, Gatekeeper, KEY_HEADER, readCookie, refuseEnded } from './authenticate.ts'
import type { Door, DoorState } from './door-state.ts'
import { eventStream } from './event-stream.ts'
import type { Call, ChannelAnswers, Handlers, OwnEndpoint } from './handlers.ts'
import { Passkeys } from './passkeys.ts'
import type { People } from './people.ts'
import { readInput } from './read-input.ts'
import { type RefusalLog, shownPath } from './refusal-log.ts'
import { securityHeaders } from './security-headers.ts'
import { SIGN_IN_CODE_US, type Sessions } from './sessions.ts'
import { Shares } from './shares.ts'
import { linkFor } from './sign-in-links.ts'
import { SignIn, type SignInFrom } from './sign-in.ts'
import type { Signers } from './signers.ts'
import type { StaticFiles } from './static-files.ts'
import type { Role } from '../endpoints/model.ts'

/** The channels that can be asked about. */
export interface ChannelHandlers {
  /** What answers about the channel with this handle; about the only one where it is null. Throws ApiError where that is none or not clear. */
  of(handle: string | null): ChannelAnswers
}

export interface RouterOptions {
  /** What answers about the gateway itself, and where no channels are given about everything. */
  readonly handlers: Handlers
  readonly channels: ChannelHandlers
  readonly sessions: Sessions<Role>
  readonly people: People<Role>
  readonly signers?: Signers
  readonly gatewayActor: string
  readonly token: string
  readonly staticFiles: StaticFiles
  readonly metrics: Registry
  readonly requests: Counter<'endpoint' | 'status'>
  readonly log: Logger
  readonly refusals: RefusalLog
  readonly nowUs: () => number
  readonly isChecked: boolean
  readonly heartbeatMs: number | undefined
  /** Fires when the server stops. */
  readonly stopping: AbortSignal
  /** How the console for others is; null where there is none. */
  readonly elsewhere: () => DoorState | null
}

type Env = { Bindings: HttpBindings & { door: Door }; Variables: { user?: string } }
/** Calls about the session whose cookie they come with. */
type WithCookie = 'signIn' | 'signOut' | 'signOutElsewhere' | 'changePassphrase'
type Handle = (call: Record<string, unknown>) => unknown

/** Answers every endpoint of the table, and the console's files for everything else. */
export class Router {
  readonly app = new Hono<Env>()
  readonly #options: RouterOptions
  readonly #gatekeeper: Gatekeeper
  readonly #signIn: SignIn
  readonly #passkeys: Passkeys<Role>
  readonly #shares = new Shares()

  constructor(options: RouterOptions) {
    this.#options = options
    this.#gatekeeper = new Gatekeeper(options)
    this.#signIn = new SignIn(options)
    this.#passkeys = new Passkeys(options)
    for (const name of endpointNames) {
      const endpoint: Endpoint = endpoints[name]
      const handle = (context: Context<Env>): Promise<Response> => this.#handle(context, name, endpoint)
      this.app.on(endpoint.method, honoPath(endpoint.path), handle)
      if (scopeOf(endpoint) !== 'gateway')
        this.app.on(endpoint.method, honoPath(channelPath(endpoint.path, '{channel}')), handle)
    }
    this.app.get('*', (context) => this.#serveFile(context))
    this.app.notFound((context) => refuse(notFound(context.req.method, context.req.path)))
    this.app.onError((error, context) => this.#failed(error, context))
  }

  async #handle(context: Context<Env>, name: EndpointName, endpoint: Endpoint): Promise<Response> {
    const { incoming, outgoing, door } = context.env
    const admitted = this.#gatekeeper.admit(endpoint.access, {
      cookie: context.req.header('cookie'),
      key: context.req.header(KEY_HEADER),
      authorization: context.req.header('authorization'),
      door: door.kind,
    })
    if (admitted.caller.via !== 'nobody') context.set('user', admitted.caller.name)
    outgoing.once('close', () => this.#note(context, name, admitted))
    this.#shares.request(admitted.caller, outgoing)
    if (admitted.caller.via !== 'nobody') door.connections.keep(incoming.socket, outgoing)
    const hungUp = new AbortController()
    outgoing.once('close', () => hungUp.abort())
    const signal = AbortSignal.any([hungUp.signal, this.#options.stopping, ...(admitted.ended ? [admitted.ended] : [])])
    const input = await readInput(context, endpoint)
    // A body may be held back for as long as a request may last: who was ended meanwhile does nothing any more.
    refuseEnded(admitted)
    if (name === 'events') return this.#stream(context, admitted, signal, input as Input<'events'>)
    if (name === 'signIn') return this.#openSession(context, endpoint, input as Input<'signIn'>)
    if (name === 'signOut') return this.#closeSession(context, endpoint)
    if (name === 'signOutElsewhere') return this.#closeOthers(context, endpoint)
    if (name === 'changePassphrase') {
      return await this.#changePassphrase(context, endpoint, admitted, input as Input<'changePassphrase'>)
    }
    const handle = this.#handlerOf(name, endpoint, context)
    const reply = await handle({ ...input, caller: admitted.caller, signal })
    return answer(endpoint, reply, this.#options.isChecked, (error) => {
      if (!signal.aborted) void this.#failed(error, context)
      outgoing.destroy()
    })
  }

  /** The table gives each handler its own type; here, where any of them may be meant, only the common part is known. */
  #handlerOf(name: Exclude<EndpointName, 'events' | WithCookie>, endpoint: Endpoint, context: Context<Env>): Handle {
    const { door } = context.env
    const own: Record<Exclude<OwnEndpoint, WithCookie>, Handle> = {
      openapi: () => openApiDocument(),
      metrics: () => this.#options.metrics.metrics(),
      signInLink: (call) => this.#makeLink(call as Call<'signInLink'>, door),
      consoleDoor: () => doorAnswer(this.#options.elsewhere(), door.kind),
      ...this.#passkeyHandlers(context),
    }
    if (name in own) return own[name as keyof typeof own]
    const handle = this.#handlersFor(endpoint, context)[name as keyof ChannelAnswers] as Handle
    // Whoever reaches the door for others learns nothing there before signing in: no names, and not how the record is.
    if (name === 'people' && door.kind === 'network')
      return async (call) => {
        const { gateway } = (await handle(call)) as Output<'people'>
        return { people: [], gateway, atUs: this.#options.nowUs() } satisfies Output<'people'>
      }
    return handle
  }

  /** Those of the channel that the path names; where it names none, of the only one. */
  #handlersFor(endpoint: Endpoint, context: Context<Env>): ChannelAnswers {
    const handle = context.req.param('channel') ?? null
    const { handlers, channels } = this.#options
    return scopeOf(endpoint) === 'channel' || handle !== null ? channels.of(handle) : handlers
  }

  #passkeyHandlers(context: Context<Env>): Record<keyof typeof passkeyCalls, Handle> {
    return passkeyAnswers({
      passkeys: this.#passkeys,
      people: this.#options.people,
      signIn: this.#signIn,
      log: this.#options.log,
      door: context.env.door,
      host: hostOf(context),
      from: fromOf(context),
    })
  }

  #makeLink({ body, caller }: Call<'signInLink'>, door: Door): { url: string; untilUs: number } {
    const identity = linkFor(body, caller, this.#options.people)
    const code = this.#options.sessions.createCode(identity, door.kind)
    const { name, role } = identity
    this.#options.log.info({ user: caller.name, person: name, role, door: door.kind }, 'sign-in link made')
    return { url: signInUrl(door.url(), code), untilUs: this.#options.nowUs() + SIGN_IN_CODE_US }
  }

  async #openSession(context: Context<Env>, endpoint: Endpoint, input: Input<'signIn'>): Promise<Response> {
    const { door } = context.env
    const from = fromOf(context)
    const { identity, secrets, deviceCookie } = await this.#signIn.open(
      input.body,
      from,
      async (response) => await this.#passkeys.identify(response, door, hostOf(context)),
    )
    this.#forgetCookie(context)
    const session = await this.#options.handlers.session({
      caller: { ...identity, via: 'session' },
      signal: this.#options.stopping,
    })
    const response = answer(endpoint, { ...session, key: secrets.key }, this.#options.isChecked)
    response.headers.append('set-cookie', `${this.#cookieName(door)}=${secrets.cookie}; ${cookieAttributes(door)}`)
    if (deviceCookie !== null) response.headers.append('set-cookie', deviceCookie)
    const by = 'code' in input.body ? 'link' : 'passkey' in input.body ? 'passkey' : 'passphrase'
    const { address } = from
    this.#options.log.info({ user: identity.name, role: identity.role, by, door: door.kind, address }, 'signed in')
    return response
  }

  #closeOthers(context: Context<Env>, endpoint: Endpoint): Response {
    const cookie = this.#cookieOf(context)
    const ended = cookie === null ? 0 : this.#options.sessions.closeOthers(cookie)
    return answer(endpoint, { ended }, this.#options.isChecked)
  }

  async #changePassphrase(
    context: Context<Env>,
    endpoint: Endpoint,
    { caller }: Authenticated,
    { body }: Input<'changePassphrase'>,
  ): Promise<Response> {
    const from = fromOf(context)
    const { ended, deviceCookie } = await this.#signIn.change(caller.name, body, from, this.#cookieOf(context) ?? '')
    this.#options.log.info({ user: caller.name, ended, door: from.door, address: from.address }, 'passphrase changed')
    const response = answer(endpoint, { ended }, this.#options.isChecked)
    if (deviceCookie !== null) response.headers.append('set-cookie', deviceCookie)
    return response
  }

  #closeSession(context: Context<Env>, endpoint: Endpoint): Response {
    this.#forgetCookie(context)
    const { door } = context.env
    const response = answer(endpoint, undefined, false)
    response.headers.append('set-cookie', `${this.#cookieName(door)}=; ${cookieAttributes(door)}; Max-Age=0`)
    return response
  }

  /** Ends the session the browser came with: signing in anew must not leave an old one open behind it. */
  #forgetCookie(context: Context<Env>): void {
    const secret = this.#cookieOf(context)
    if (secret !== null) this.#options.sessions.close(secret)
  }

  #cookieOf(context: Context<Env>): string | null {
    return readCookie(context.req.header('cookie'), this.#cookieName(context.env.door))
  }

  #cookieName({ kind }: Door): string {
    return cookieName(this.#options.gatewayActor, kind)
  }

  #stream(context: Context<Env>, admitted: Authenticated, signal: AbortSignal, { query }: Input<'events'>): Response {
    // The browser repeats the address of a stream for ever, and names how far it came since in the header.
    const lastEventId = parseEventId(context.req.header('last-event-id')) ?? query.after ?? null
    this.#shares.stream(admitted.caller, context.env.outgoing)
    const source = this.#handlersFor(endpoints.events, context).events({ caller: admitted.caller, lastEventId, signal })
    const { heartbeatMs } = this.#options
    const body = eventStream(source, {
      signal,
      isAllowed: admitted.isLive,
      ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
    })
    return new Response(body, {
      headers: {
        ...securityHeaders('data'),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      },
    })
  }

  #serveFile(context: Context<Env>): Response {
    const { path } = context.req
    const file = path.startsWith('/api/') ? null : this.#options.staticFiles.serve(path, context.req.raw.headers)
    if (file !== null) return file
    if (path === '/' && this.#options.staticFiles.isEmpty) {
      return notBuilt()
    }
    return refuse(notFound(context.req.method, path))
  }

  #failed(error: unknown, context: Context<Env>): Response {
    const refusal = refusalOf(error)
    const { method } = context.req
    const path = shownPath(context.req.path)
    const isOurs = refusal === null || refusal.status >= 500
    this.#options.refusals.note({
      level: isOurs ? 'error' : 'warn',
      code: refusal?.body.code ?? `internal: ${error instanceof Error ? error.message.slice(0, 100) : 'no error'}`,
      source: context.get('user') ?? context.env.incoming.socket.remoteAddress ?? 'unknown',
      text: isOurs ? 'request failed' : 'request refused',
      details: { method, path, status: refusal?.status ?? 500, ...(isOurs ? { err: error } : {}) },
    })
    if (refusal !== null) return errorAnswer(refusal.status, refusal.body)
    return errorAnswer(500, {
      code: 'internal',
      message: `${method} ${path} failed inside the gateway`,
      next: "The gateway's log has the reason at this time; nothing recorded is affected.",
    })
  }

  /** Paths, names and times; never query, body, cookie or token. */
  #note(context: Context<Env>, endpoint: EndpointName, { caller }: Authenticated): void {
    const { statusCode: status } = context.env.outgoing
    const { method } = context.req
    const path = shownPath(context.req.path)
    this.#options.requests.inc({ endpoint, status: String(status) })
    // What was refused is told by #failed, with its number.
    const level = method === 'GET' || status >= 400 ? 'debug' : 'info'
    this.#options.log[level]({ endpoint, method, path, status, user: caller.name, via: caller.via }, 'request')
  }
}

function fromOf(context: Context<Env>): SignInFrom {
  const { door, incoming } = context.env
  return {
    cookies: context.req.header('cookie'),
    door: door.kind,
    address: door.kind === 'machine' ? null : (incoming.socket.remoteAddress ?? 'unknown'),
  }
}

/** Was compared with the names of the door before anything else. */
function hostOf(context: Context<Env>): string {
  return context.env.incoming.headers.host ?? ''
}

function cookieAttributes({ kind }: Door): string {
  return `Path=/; HttpOnly; SameSite=Strict${kind === 'network' ? '; Secure' : ''}`
}

/** @param baseUrl without a slash at its end */
export function signInUrl(baseUrl: string, code: string): string {
  return `${baseUrl}/#/sign-in?code=${code}`
}

/** `/a/{b}/{+c}` of the table as Hono writes it: `/a/:b/:c{.+}`. */
export function honoPath(path: string): string {
  return path.replace(/\{\+(\w+)\}/g, ':$1{.+}').replace(/\{(\w+)\}/g, ':$1')
}

function refuse(error: ApiError): Response {
  return errorAnswer(error.status, error.toBody())
}

/** Whoever opens the console meets this in a browser. */
function notBuilt(): Response {
  const headers = {
    ...securityHeaders('data'),
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
  }
  const text =
    'The console of this gateway is not built. The gateway itself runs and records.\n\nIn its folder, run: npm run build\nThen load this page again.\n'
  return new Response(text, { status: 503, headers })
}

function notFound(method: string, path: string): ApiError {
  return new ApiError(
    404,
    'unknown_call',
    `there is no ${method} ${path.slice(0, 200)}`,
    '/openapi.json lists every call.',
  )
}

function parseEventId(header: string | undefined): number | null {
  if (header === undefined || header === '') return null
  const id = /^\d{1,16}$/.test(header) ? Number(header) : Number.NaN
  if (Number.isSafeInteger(id)) return id
  throw new ApiError(
    400,
    'invalid_request',
    'Last-Event-ID is not a ledger position',
    'Send the id of the last event, or none.',
  )
}
