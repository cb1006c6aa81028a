/**
 * Serves the built console with a plant that stands still, so that its screens can be looked at and tested without a daemon.
 * One handler an endpoint, typed by the table; the same content security policies as the real server sends.
 *
 *   node test/support/console-fixture.ts [scenario] [port]
 */
import { createReadStream, existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { extname, join, resolve } from 'node:path'
import process from 'node:process'
import { securityHeaders } from '../../src-main/api/security-headers.ts'
import type { Alarm } from '../../src-main/endpoints/alarm-model.ts'
import type { Integrity, Session, Status } from '../../src-main/endpoints/model.ts'
import { openApiDocument } from '../../src-main/endpoints/openapi.ts'
import { type EndpointName, endpointNames, endpoints, type Input, type Output } from '../../src-main/endpoints/table.ts'
import { type Endpoint, isJson } from '../../src-main/endpoints/endpoint.ts'
import { conditionCodes } from '../../src-main/endpoints/conditions.ts'
import { plantFigures } from './console-fixture-alarms.ts'
import { findingFixture } from './console-fixture-finding.ts'
import { assetsOf, channelId, peersOf, previewOf, registerOf } from './console-fixture-certificates.ts'
import { acts, deviations, keys, persons } from './console-fixture-acts.ts'
import { packDifference, packReplay, packs } from './console-fixture-packs.ts'
import { enrolledPeople, openDoor } from './console-fixture-people.ts'
import {
  entriesTotal,
  hexOf,
  nowUs,
  people,
  plantIntegrity,
  plantPoints,
  plantSources,
  plantStatus,
  type Scenario,
} from './console-fixture-plant.ts'
import {
  activityOf,
  blockDetail,
  blockPage,
  entryDetail,
  proofOf,
  readingsOf,
  seriesOf,
  sparklineOf,
} from './console-fixture-record.ts'

export const built = resolve(import.meta.dirname, '..', '..', 'out', 'renderer')

type Handlers = { [N in EndpointName]: (input: Input<N>) => Output<N> }

/**
 * What a room answers in place of the plant's usual answer, by call: `never` answers, `fails`, answers only the first time (`once`),
 * or another answer made of the usual one.
 */
export type Answers = {
  [N in EndpointName]?: 'never' | 'fails' | 'once' | ((usual: Output<N>, input: Input<N>) => Output<N>)
}

class Refusal extends Error {
  readonly status: number
  readonly body: { code: string; message: string; next: string; waitSeconds?: number }
  constructor(status: number, code: string, message: string, next: string) {
    super(message)
    this.status = status
    this.body = { code, message, next }
  }
}

/** As the gateway refuses an entry beyond its newest. */
function known(index: number): number {
  if (index < entriesTotal) return index
  throw new Refusal(404, 'unknown_entry', `there is no entry ${index}`, 'GET /checkpoint says how many there are')
}

/** What changes while a person uses the fixture. */
export interface Room {
  scenario: Scenario
  session: Session | null
  acknowledged: Integrity['acknowledged']
  /** What was done about alarms, by their ids. */
  done: Map<string, Partial<Alarm>>
  healing: Integrity['healing']
  /** What the clock showed that somebody confirmed. */
  confirmedUs: number | null
  sinks: Set<ServerResponse>
  /** Pinned on this gateway. */
  policies: Output<'verifierPolicy'>['policies']
  enrolled: Output<'enrolledPeople'>['people']
  acts: Output<'acts'>['acts']
  /** Whether the key of whoever is signed in was opened. */
  isKeyOpen: boolean
  /** Whether issuing asks for it, too: the ledger knows the key. */
  asksForKey: boolean
  /** What the ledger has of whatever certificate is dropped. */
  status: Output<'certificateStatus'>
  elsewhere: Output<'consoleDoor'>['elsewhere']
  answers: Answers
  /** Calls that were answered `once`. */
  asked: Set<EndpointName>
}

export function roomFor(scenario: Scenario, person: string | null = null, answers: Answers = {}): Room {
  return {
    scenario,
    session: person === null ? null : sessionOf(person, scenario === 'sources'),
    acknowledged: null,
    done: new Map(),
    healing: plantIntegrity(scenario).healing,
    confirmedUs: null,
    sinks: new Set(),
    policies: [],
    enrolled: enrolledPeople,
    acts: acts.acts,
    isKeyOpen: false,
    asksForKey: false,
    status: { gateway: 'gw-fill-1', words: [], issued: null, upTo: 84_220 },
    elsewhere: openDoor,
    answers,
    asked: new Set(),
  }
}

/** Whether the room answers this call at all; throws what it refuses it with. */
function willing(room: Room, name: EndpointName): boolean {
  const how = room.answers[name]
  if (how === 'never') return false
  if (how === 'fails' || (how === 'once' && room.asked.has(name)))
    throw new Refusal(503, 'storage_busy', 'The store did not answer within 5 s', 'Wait a minute and try again')
  room.asked.add(name)
  return true
}

/** Who stands on no picture of the door: who keeps the list of people, and whoever sits at the machine. */
const behindDoor: Session['user'][] = [
  { name: 'R. Hofmann', role: 'member-admin' },
  { name: 'Site manager', role: 'site-manager' },
]

const sessionOf = (name: string, simulated = false): Session => {
  const user = [...people, ...behindDoor].find((person) => person.name === name) ?? {
    name: 'A. Berger',
    role: 'technician' as const,
  }
  return {
    user,
    isListed: true,
    gateway: { name: 'gw-fill-1', actor: hexOf('gw-fill-1', 16) },
    channel: {
      id: channelId,
      name: 'Kulmbach',
      site: 'Hall 2, Kulmbach',
      simulated,
      origin: `plumbline.local/${channelId}`,
      continues: null,
    },
    version: '1.4.2',
  }
}

/** With what people did about its alarms. */
export function statusIn(room: Room): Status {
  const status = plantStatus(room.scenario)
  const told = (alarm: Alarm): Alarm => ({ ...alarm, ...room.done.get(alarm.id) })
  return {
    ...status,
    alarms: status.alarms.map(told),
    returned: status.returned.map(told).filter(({ state }) => state !== 'normal'),
  }
}

function alarmFixture(room: Room): Pick<Handlers, 'alarms' | 'acknowledgeAlarms' | 'shelveAlarm' | 'unshelveAlarm'> {
  const name = () => room.session?.user.name ?? ''
  const all = () => [...statusIn(room).alarms, ...statusIn(room).returned]
  const named = (id: string): Alarm => {
    const found = all().find((alarm) => alarm.id === id)
    if (found !== undefined) return found
    throw new Refusal(409, 'unknown_alarm', `there is no alarm ${id} any more`, 'Look at the list again.')
  }
  const become = (id: string, change: Partial<Alarm>): Alarm => {
    const alarm = { ...named(id), ...change }
    room.done.set(id, { ...room.done.get(id), ...change })
    return alarm
  }
  return {
    alarms: () => ({
      atUs: nowUs,
      alarms: all(),
      figures: plantFigures(nowUs, all()),
      watched: conditionCodes.length,
      deviations: room.scenario === 'alarms' ? deviations : [],
    }),
    acknowledgeAlarms: ({ body: { ids, reason = '' } }) => ({
      alarms: ids.map((id) => {
        const isOver = named(id).closedAtUs !== null
        const acknowledged = { name: name(), reason, atUs: nowUs }
        if (named(id).code === 'record-changed') room.acknowledged = acknowledged
        return become(id, { acknowledged, state: isOver ? 'normal' : 'acknowledged-active' })
      }),
    }),
    shelveAlarm: ({ body: { id, reason, minutes } }) => {
      const shelved = { name: name(), reason, atUs: nowUs, untilUs: nowUs + minutes * 60_000_000 }
      return { alarm: become(id, { shelved, state: 'shelved' }) }
    },
    unshelveAlarm: ({ body: { id } }) => {
      const state = named(id).acknowledged === null ? 'unacknowledged-active' : 'acknowledged-active'
      return { alarm: become(id, { shelved: null, state }) }
    },
  }
}

function channelsOf(scenario: Room['scenario']): Output<'channels'>['channels'] {
  const { id, name, site, simulated: made } = sessionOf('').channel
  const { integrity } = plantStatus(scenario)
  return [
    {
      id,
      handle: id.slice(0, 16),
      name,
      site,
      simulated: made,
      state: 'running',
      reason: integrity.reason,
      verdict: integrity.verdict,
      size: 84_221,
      checkpointSize: 84_221,
      alarms: 0,
      sources: 5,
    },
  ]
}

/** As whoever came by a link: the key is shut until its passphrase comes with something to sign. */
function openKey(room: Room, passphrase: string | undefined): void {
  if (passphrase === undefined && !room.isKeyOpen)
    throw new Refusal(401, 'passphrase_needed', 'The key is shut in this session', 'Send the passphrase.')
  if (passphrase !== undefined && passphrase !== 'plumb line true')
    throw new Refusal(401, 'wrong_passphrase', 'Not this passphrase', 'Try again')
  room.isKeyOpen = true
}

function handlersOf(room: Room): Handlers {
  const integrity = () => ({ ...plantIntegrity(room.scenario), acknowledged: room.acknowledged, healing: room.healing })
  return {
    checkpoint: () => `plumbline.local/${channelId}\n84221\n`,
    entryBundle: () => new Uint8Array(),
    tile: () => new Uint8Array(),
    signEvent: () => ({ outcome: 'accepted', entry: 84_221, refused: null, reason: null }),
    keys: () => keys,
    persons: () => persons,
    packs: () => (room.scenario === 'empty' ? { ...packs, proposed: [], shipped: [] } : packs),
    packFile: () => new TextEncoder().encode('{}'),
    packDifference: () => packDifference,
    replayPack: () => packReplay,
    proposePack: ({ body }) => {
      openKey(room, body.as?.passphrase)
      const said = { outcome: 'accepted', entry: 84_221, cameTo: 'done', act: null, refused: null, reason: null }
      return { ...said, hash: packDifference.hash, id: packDifference.id, version: packDifference.version }
    },
    acts: () => ({ ...acts, ...(room.scenario === 'empty' ? { acts: [], ended: [] } : { acts: room.acts }) }),
    say: ({ body }) => {
      openKey(room, body.as?.passphrase)
      const { act } = body.body as { act?: string }
      room.acts = room.acts.filter((one) => one.act !== act)
      const cameTo =
        body.type === 'act.approved' ? 'done:84012' : body.type === 'act.declined' ? 'ended:declined' : 'done'
      return { outcome: 'accepted', entry: 84_221, cameTo, act: null, refused: null, reason: null }
    },
    enrolOnLedger: ({ body }) => {
      openKey(room, body.by?.passphrase)
      return { outcome: 'accepted', entry: 84_221, cameTo: 'done', act: null, refused: null, reason: null }
    },
    recoverPerson: () => ({
      outcome: 'accepted',
      entry: 84_221,
      cameTo: 'done',
      act: null,
      refused: null,
      reason: null,
    }),
    rotateKey: () => ({ outcome: 'waiting', entry: null, refused: null, reason: null, key: '', replaces: '' }),
    metrics: () => '',
    openapi: () => openApiDocument() as Output<'openapi'>,
    people: () => {
      const sources = plantSources(room.scenario)
      const live = sources.filter((source) => source.state === 'live').length
      const { channel, gateway } = sessionOf('')
      return {
        people,
        gateway,
        channel,
        integrity: integrity(),
        sources: { live, total: sources.length },
        queueReadings: 0,
        atUs: nowUs,
        alarms: 0,
      }
    },
    signIn: ({ body }) => {
      if ('code' in body && body.code === 'used')
        throw new Refusal(401, 'code_used', 'This link was used', 'Ask for a new one: plumbline console')
      if ('passphrase' in body && body.passphrase !== 'plumb line true')
        throw new Refusal(401, 'wrong_passphrase', 'Not this passphrase', 'Try again')
      room.session = sessionOf('name' in body ? body.name : 'M. Lindner')
      return { ...room.session, key: 'key of this page' }
    },
    session: () => {
      if (!room.session) throw new Refusal(401, 'not_signed_in', 'Nobody is signed in', 'Sign in')
      return room.session
    },
    channels: () => ({ channels: channelsOf(room.scenario) }),
    enrolledPeople: () => {
      if (room.session?.user.role !== 'member-admin')
        throw new Refusal(403, 'wrong_role', 'This needs member-admin', 'Ask somebody who is member-admin.')
      return { people: room.enrolled }
    },
    enrolPerson: ({ body: { name, role, passphrase } }) => {
      if (passphrase.length < 10)
        throw new Refusal(400, 'invalid_person', 'The passphrase is too short', 'Choose another.')
      if (room.enrolled.some((one) => one.name === name))
        throw new Refusal(409, 'person_exists', `"${name}" is on the list already`, 'Give another name.')
      const made = {
        enrolledAtUs: nowUs,
        enrolledBy: 'R. Hofmann',
        lastSignInAtUs: null,
        resetAtUs: null,
        resetBy: null,
      }
      room.enrolled = [...room.enrolled, { name, role, ...made, sessions: 0, mayLink: true, lastAdmin: false }]
      return undefined
    },
    resetPerson: ({ body }) => {
      const reset = { resetAtUs: nowUs, resetBy: 'R. Hofmann' }
      room.enrolled = room.enrolled.map((one) => (one.name === body.name ? { ...one, ...reset } : one))
      return { ended: 1 }
    },
    passkeySignInOptions: () => ({ options: {} }),
    passkeys: () => ({ available: false, passkeys: [] }),
    passkeyOptions: () => ({ options: {} }),
    addPasskey: () => undefined,
    removePasskey: () => ({ removed: true }),
    consoleDoor: () => ({ elsewhere: room.elsewhere }),
    endPerson: ({ body }) => {
      room.enrolled = room.enrolled.filter((one) => one.name !== body.name)
      return { ended: 1 }
    },
    signOutElsewhere: () => ({ ended: 1 }),
    changePassphrase: ({ body: { old } }) => {
      if (old !== 'plumb line true') throw new Refusal(401, 'wrong_passphrase', 'Not this passphrase', 'Try again')
      return { ended: 1 }
    },
    signOut: () => {
      room.session = null
      return undefined
    },
    signInLink: ({ body }) => ({ url: `#/sign-in?code=${body.name ?? ''}`, untilUs: nowUs }),
    status: () => ({ ...statusIn(room), integrity: integrity() }),
    points: () => ({ points: plantPoints(room.scenario) }),
    sparkline: ({ params, query }) => sparklineOf(params.stream, query.spanS ?? 3600),
    series: ({ query }) => seriesOf(query.streams, query.fromUs, query.toUs, query.buckets ?? 600),
    readings: ({ query }) => ({ readings: readingsOf(query.stream, query.fromUs, query.toUs, query.limit ?? 1000) }),
    ...findingFixture(room),
    activity: () => activityOf(room.scenario),
    blocks: ({ query }) => blockPage(room.scenario, query.before, query.limit ?? 50),
    block: ({ params }) => blockDetail(params.height, room.scenario),
    entry: ({ params }) => entryDetail(known(params.index), room.scenario),
    proofFile: ({ params }) => `c2sp.org/tlog-proof@v1\nindex ${params.index}\n`,
    proofSteps: ({ body }) => proofOf(known(body.entry), body.position, room.scenario),
    checkNow: () => ({ started: true }),
    repair: () => (room.healing = { ...room.healing, state: 'fetching', lost: 3 }),
    acknowledgeChange: ({ body }) => {
      const { atUs } = plantStatus(room.scenario)
      room.acknowledged = { name: room.session?.user.name ?? '', reason: body.reason, atUs }
      return integrity()
    },
    ...alarmFixture(room),
    confirmClock: ({ body }) => {
      room.confirmedUs = body.shownUs
      return { confirmed: true, atUs: body.shownUs }
    },
    peers: () => peersOf(room.scenario),
    assets: () => ({ assets: assetsOf(room.scenario) }),
    previewCertificate: ({ body }) => previewOf(body.asset, body.pack, body.fromUs, body.toUs),
    issueCertificate: ({ body }) => {
      if (room.asksForKey) openKey(room, body.as?.passphrase)
      return { id: 'PL-2026-0311-0001', fileName: 'PL-2026-0311-0001.plumb', verdict: 'in range' }
    },
    certificates: () => registerOf(room.scenario),
    certificateStatus: () => room.status,
    certificateFile: () => new TextEncoder().encode('{}'),
    policy: () => `log plumbline.local/${channelId}+c457fd0b+AQ==\n`,
    verifierPolicy: () => ({ policies: room.policies }),
    sourceCertificate: () => ({
      fingerprint: 'd8a8d7e70bd55f634bc448362740d20a77c3b7823b84eb303072926ec6d139ee',
      subject: 'FILLER-3-PLC',
      issuer: 'FILLER-3-PLC',
      selfSigned: true,
      validFromUs: Date.UTC(2024, 10, 4) * 1000,
      validToUs: Date.UTC(2034, 10, 2) * 1000,
      address: 'opc.tcp://10.20.4.13:4840',
      security: 'signs and encrypts',
      policy: 'Aes256_Sha256_RsaPss',
      trusted: false,
      trustsUs: { accepted: true, atUs: Date.UTC(2026, 2, 11, 13, 2, 20) * 1000 },
    }),
    trustSource: () => ({ state: 'connecting' }),
    events: () => undefined,
  }
}

const routes = endpointNames.map((name) => {
  const endpoint: Endpoint = endpoints[name]
  const pattern = endpoint.path
    .replaceAll(/\{\+(\w+)\}/g, '(?<$1>.+)')
    .replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')
    .replaceAll('.', String.raw`\.`)
  return { name, endpoint, pattern: new RegExp(`^${pattern.replaceAll(String.raw`\.+`, '.+')}$`) }
})

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return parts.length === 0 ? undefined : JSON.parse(Buffer.concat(parts).toString())
}

function send(response: ServerResponse, status: number, type: string, body: string | Uint8Array): void {
  response.writeHead(status, { 'content-type': type }).end(body)
}

async function pipe(body: ReadableStream<Uint8Array>, response: ServerResponse): Promise<void> {
  for await (const piece of body) response.write(piece)
  response.end()
}

async function answer(room: Room, request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean> {
  for (const { name, endpoint, pattern } of routes) {
    const match = endpoint.method === request.method ? pattern.exec(url.pathname) : null
    if (!match) continue
    try {
      if (!willing(room, name)) return true
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      send(response, error.status, 'application/json', JSON.stringify(error.body))
      return true
    }
    if (name === 'events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }).write(': open\n\n')
      room.sinks.add(response)
      return true
    }
    const decoded = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)]),
    )
    const input = {
      ...(endpoint.params && { params: endpoint.params.parse(decoded) }),
      ...(endpoint.query && { query: endpoint.query.parse(Object.fromEntries(url.searchParams)) }),
      ...(endpoint.body && { body: endpoint.body.parse(await bodyOf(request)) }),
    }
    try {
      const handler = handlersOf(room)[name] as (given: unknown) => unknown
      const usual = handler(input)
      const other = room.answers[name] as ((usual: unknown, given: unknown) => unknown) | string | undefined
      const output = typeof other === 'function' ? other(usual, input) : usual
      if (output === undefined) response.writeHead(204).end()
      // What the fixture serves must be what the table says, else the console would be tested against a fiction.
      else if (isJson(endpoint.response))
        send(response, 200, 'application/json', JSON.stringify(endpoint.response.parse(output)))
      else if (output instanceof ReadableStream)
        await pipe(
          output as ReadableStream<Uint8Array>,
          response.writeHead(200, { 'content-type': 'application/octet-stream' }),
        )
      else send(response, 200, 'application/octet-stream', output as string | Uint8Array)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      send(response, error.status, 'application/json', JSON.stringify(error.body))
    }
    return true
  }
  return false
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

function sendFile(response: ServerResponse, path: string): void {
  const file = join(built, path === '/' ? 'index.html' : path)
  if (!file.startsWith(built) || !existsSync(file)) {
    send(response, 404, 'text/plain', 'not here')
    return
  }
  const headers = securityHeaders(path.startsWith('/worker/') ? 'worker' : 'page')
  response.writeHead(200, { ...headers, 'content-type': types[extname(file)] ?? 'application/octet-stream' })
  createReadStream(file).pipe(response)
}

export interface ConsoleFixture {
  url: string
  room: Room
  signIn(name: string): void
  /** From now on nothing is answered any more. */
  goSilent(): void
  /** Ends the event streams, as a gateway that went away. */
  loseStreams(): void
  /** Pushes one event to every open stream. */
  push(event: string, data: unknown, id?: number): void
  close(): Promise<void>
}

/** Serves pages of its own beside the console, and says in which room a request is. */
export interface Host {
  /** True when it answered. */
  answer(request: IncomingMessage, response: ServerResponse, url: URL): boolean
  roomOf(request: IncomingMessage): Room | null
}

export async function startConsoleFixture(
  scenario: Scenario = 'normal',
  port = 0,
  host: Host | null = null,
): Promise<ConsoleFixture> {
  const room = roomFor(scenario)
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://fixture')
    if (host?.answer(request, response, url) === true) return
    answer(host?.roomOf(request) ?? room, request, response, url).then(
      (done) => done || sendFile(response, decodeURIComponent(url.pathname)),
      (error: unknown) => {
        // A page that is left amid a download breaks off what is being sent.
        if (response.headersSent) return response.destroy()
        send(response, 500, 'application/json', JSON.stringify({ code: 'fixture', message: String(error), next: '-' }))
      },
    )
  })
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  const address = server.address()
  const loseStreams = () => {
    for (const sink of room.sinks) sink.end()
    room.sinks.clear()
  }
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : port}`,
    room,
    signIn: (name) => {
      room.session = sessionOf(name)
    },
    goSilent: () => {
      server.close()
      server.closeAllConnections()
    },
    loseStreams,
    push: (event, data, id) => {
      for (const sink of room.sinks)
        sink.write(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`)
    },
    close: async () => {
      loseStreams()
      server.closeAllConnections()
      if (server.listening) await new Promise((done) => server.close(done))
    },
  }
}

if (process.argv[1] === import.meta.filename) {
  const fixture = await startConsoleFixture(
    (process.argv[2] as Scenario | undefined) ?? 'normal',
    Number(process.argv[3] ?? 0),
  )
  process.stdout.write(`${fixture.url}\n`)
}
