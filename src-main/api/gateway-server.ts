/** Serves one gateway: its handlers behind the endpoint table, its events, its console. */
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import { roles, type Role } from '../endpoints/model.ts'
import type { Channel } from '../gateway/channel.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { ActorId } from '../wire/ids.ts'
import { gatewayAnswers } from './answers/gateway.ts'
import { peopleAnswers } from './answers/people.ts'
import { ChannelServer } from './channel-server.ts'
import { Enrolment } from './enrolment.ts'
import { noteDoor, noteMoved } from './door-conditions.ts'
import type { DoorState } from './door-state.ts'
import type { EventFeed } from './event-feed.ts'
import type { Handlers } from './handlers.ts'
import { gatewayMetrics } from './metrics.ts'
import { People } from './people.ts'
import { sessionFile } from './session-file.ts'
import { startApi, type Api, type Elsewhere } from './server.ts'
import { Signers } from './signers.ts'
import { Sessions, type Identity } from './sessions.ts'

/** Events come by the hundred in a second, and hardly one of them ends anybody. */
const LOOK_AFTER_MS = 500
const CONSOLE_DIR = fileURLToPath(new URL('../../out/renderer/', import.meta.url))

export interface GatewayServer {
  readonly port: number
  readonly url: string
  /** The configured port, where another program holds it. */
  readonly taken: Api['taken']
  /** Of the channel with this handle. */
  feed(handle: string): EventFeed | undefined
  /** A channel that did not run runs. */
  opened(handle: string, channel: Channel): Promise<void>
  /** The ledger has heard of something: whoever was ended there has nothing open here any more. */
  lookForEnded(): void
  /** Nobody can sign in but by a link of this machine. */
  readonly hasNoPeople: boolean
  /** Where the other gateways' people find this console. */
  publicUrl(): string
  /** How the console for others is; null where there is none. */
  elsewhere(): DoorState | null
  signInUrl(identity: Identity<Role>): string
  close(): Promise<void>
}

/** Starts the API of a gateway on its configured port, or the next free one, and at the door for others where one is configured. Throws ApiError. */
export async function serveGateway(
  gateway: Gateway,
  options: { token: string; log: Logger; isChecked: boolean },
): Promise<GatewayServer> {
  const people = People.open<Role>(gateway.folder.people, roles)
  const { nowUs } = gateway
  const sessions = new Sessions<Role>({ nowUs, store: sessionFile(gateway.folder.sessions, options.log) })
  const listed = (): { name: string; role: Role }[] => people.list()
  const signers = new Signers(people)
  const channels = await ChannelServer.open(gateway, listed, signers)
  const { enrolment, endEnded } = listOf(gateway, { people, sessions, signers, log: options.log })
  endEnded()
  let looking: NodeJS.Timeout | null = null
  const handlers: Handlers = {
    ...channels.of(gateway.first.handle),
    // The first one may be another by then.
    session: async (call) => await channels.of(gateway.first.handle).session(call),
    ...gatewayAnswers(gateway, listed),
    ...peopleAnswers(enrolment),
  }
  const metrics = new Registry()
  gatewayMetrics(gateway, metrics)
  const { host, port, fixedPort } = gateway.config.console
  let started: Api | null = null
  const api: Api = await startApi({
    host,
    port,
    isPortFixed: fixedPort,
    elsewhere: elsewhereOf(gateway, (state) => {
      noteDoor(gateway.conditions.set, gateway.name, state)
      if (started !== null) gateway.announce(publicUrl(started))
    }),
    handlers,
    channels,
    sessions,
    people,
    signers,
    staticDir: CONSOLE_DIR,
    token: options.token,
    gatewayActor: gateway.first.actor,
    metrics,
    log: options.log,
    nowUs,
    isChecked: options.isChecked,
  })
  started = api
  noteMoved(gateway.conditions.set, gateway.name, api)
  return {
    port: api.port,
    url: api.url,
    taken: api.taken,
    publicUrl: () => publicUrl(api),
    elsewhere: () => api.elsewhere(),
    feed: (handle) => channels.feed(handle),
    lookForEnded: () => {
      looking ??= setTimeout(() => {
        looking = null
        endEnded()
      }, LOOK_AFTER_MS)
    },
    opened: (handle, channel) => channels.serve(handle, channel).then(endEnded),
    hasNoPeople: people.list().length === 0,
    signInUrl: (identity) => api.signInUrl(identity),
    close: async () => {
      if (looking !== null) clearTimeout(looking)
      await api.close()
    },
  }
}

/** Who may sign in, as far as the ledgers of the gateway have a say in it. */
function listOf(
  gateway: Gateway,
  { signers, ...of }: { people: People<Role>; sessions: Sessions<Role>; signers: Signers; log: Logger },
): { enrolment: Enrolment; endEnded: () => void } {
  const { nowUs } = gateway
  const all = (): Channel[] => [...gateway.channels.values()]
  const isLastSigningAdmin = (name: string): boolean =>
    all().some((channel) => signers.isLastAdmin(name, channel.actor, channel.reader.state.persons()))
  const enrolment = new Enrolment({ ...of, nowUs, isLastSigningAdmin })
  const endEnded = (): void => {
    // One that does not run now may know the person as in force: nobody loses a key for what cannot be asked.
    if (gateway.stopped.length > 0) return
    try {
      for (const { name } of of.people.list()) if (isEnded(signers.actorOf(name), all())) enrolment.endedOnLedger(name)
    } catch (err) {
      // A full disk, or a ledger that cannot be read: recording does not end for that, and the next event asks again.
      of.log.error({ err }, 'who was ended on the ledger could not be looked for')
    }
  }
  return { enrolment, endEnded }
}

/** Whether an actor signs no more on any ledger that knows it. */
function isEnded(actor: ActorId | null, channels: readonly Channel[]): boolean {
  if (actor === null) return false
  const known = channels.flatMap(({ reader }) => reader.state.person(actor) ?? [])
  return known.length > 0 && known.every(({ endedAt }) => endedAt !== null)
}

function publicUrl(api: Api): string {
  const state = api.elsewhere()
  return state === null || state.shut !== null ? api.url : state.url
}

function elsewhereOf({ config, folder }: Gateway, onState: (state: DoorState) => void): Elsewhere | null {
  const { listen, names, certificate, key } = config.console
  if (listen === undefined) return null
  const files = certificate === undefined || key === undefined ? null : { certificate, key }
  return { listen, names, files, folder: folder.door, onState }
}
