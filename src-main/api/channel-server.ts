/** Answers about the channels of a gateway: of each the handlers behind the endpoint table, and its events. */
import type { Role, Session } from '../endpoints/model.ts'
import { Certificates } from '../gateway/evidence/certificates.ts'
import { signEvent } from '../gateway/channel/sign-event.ts'
import type { Channel } from '../gateway/channel.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { JsonValue } from '../wire/json.ts'
import { actAnswers } from './answers/acts.ts'
import { alarmAnswers } from './answers/alarms.ts'
import { certificateAnswers } from './answers/certificates.ts'
import { exportAnswers } from './answers/exporting.ts'
import { findingAnswers } from './answers/finding.ts'
import { keyAnswers } from './answers/keys.ts'
import { ledgerAnswers, namedBlock } from './answers/ledger.ts'
import { overviewAnswers } from './answers/overview.ts'
import { packAnswers } from './answers/packs.ts'
import { personAnswers } from './answers/persons.ts'
import { trendAnswers } from './answers/trends.ts'
import type { ActorId } from '../wire/ids.ts'
import { ApiError } from './api-error.ts'
import { EventFeed } from './event-feed.ts'
import type { ChannelAnswers } from './handlers.ts'
import type { ChannelHandlers } from './router.ts'
import type { Signers } from './signers.ts'

type People = () => { name: string; role: Role }[]

interface Served {
  feed: EventFeed
  answers: ChannelAnswers
}

export class ChannelServer implements ChannelHandlers {
  readonly #gateway: Gateway
  readonly #people: People
  readonly #signers: Signers
  readonly #served = new Map<string, Served>()

  private constructor(gateway: Gateway, people: People, signers: Signers) {
    this.#gateway = gateway
    this.#people = people
    this.#signers = signers
  }

  static async open(gateway: Gateway, people: People, signers: Signers): Promise<ChannelServer> {
    const server = new ChannelServer(gateway, people, signers)
    await Promise.all([...gateway.channels].map(async ([handle, channel]) => await server.serve(handle, channel)))
    return server
  }

  /** Answers about a channel from now on; anew where it was begun anew. */
  async serve(handle: string, channel: Channel): Promise<void> {
    const served = await serve(channel, {
      people: this.#people,
      signers: this.#signers,
      several: () => this.#several(),
      isKnown: (actor) => this.#isKnown(actor),
    })
    this.#served.get(handle)?.feed.end()
    this.#served.set(handle, served)
  }

  /** Whether some ledger of this gateway may know an actor: one that does not run cannot be asked. */
  #isKnown(actor: ActorId): boolean {
    const { channels, stopped } = this.#gateway
    return stopped.length > 0 || [...channels.values()].some(({ reader }) => reader.state.person(actor) !== null)
  }

  /** Named where there is a choice. */
  #several(): Pick<Session, 'channels'> {
    const { channels, stopped } = this.#gateway
    if (channels.size + stopped.length < 2) return {}
    return { channels: [...channels].map(([handle, { reader }]) => ({ handle, name: reader.channelState().name })) }
  }

  feed(handle: string): EventFeed | undefined {
    return this.#served.get(handle)?.feed
  }

  /** Throws ApiError `unknown_channel`, `channel_stopped`, and `channel_unnamed` where none is named and there are several. */
  of(handle: string | null): ChannelAnswers {
    const { channels, stopped } = this.#gateway
    if (handle === null && channels.size + stopped.length > 1) throw unnamed(this.#gateway)
    const wanted = handle ?? this.#gateway.first.handle
    const served = channels.has(wanted) ? this.#served.get(wanted) : undefined
    if (served !== undefined) return served.answers
    const still = stopped.find((one) => one.handle === wanted)
    if (still !== undefined)
      throw new ApiError(503, 'channel_stopped', `channel ${still.name} does not run here: ${still.reason}`, still.next)
    throw new ApiError(
      404,
      'unknown_channel',
      `there is no channel ${wanted.slice(0, 64)} on this gateway`,
      'GET /api/channels lists them.',
    )
  }
}

function unnamed(gateway: Gateway): ApiError {
  const names = [...gateway.channels].map(([handle, { reader }]) => `${reader.channelState().name} (${handle})`)
  return new ApiError(
    409,
    'channel_unnamed',
    `this gateway has several channels: ${[...names, ...gateway.stopped.map(({ name, handle }) => `${name} (${handle})`)].join(', ')}`,
    'Name one in the path: /api/c/HANDLE/status for /api/status, /c/HANDLE/checkpoint for /checkpoint.',
  )
}

interface Around {
  people: People
  signers: Signers
  several: () => Pick<Session, 'channels'>
  isKnown: (actor: ActorId) => boolean
}

async function serve(channel: Channel, { people, signers, several, isKnown }: Around): Promise<Served> {
  const { reader } = channel
  const feed = new EventFeed({
    head: reader.blocks.newestSeal().index + 1,
    blocksAfter: (position, limit) =>
      reader.blocks
        .blocksFrom(position, limit)
        .map((block) => ({ id: block.sealEntry + 1, data: namedBlock(block, reader.origin) })),
  })
  const certificates = await Certificates.open(channel)
  const overview = overviewAnswers(channel, signers, people)
  return {
    feed,
    answers: {
      ...overview,
      session: async (call) => ({ ...(await overview.session(call)), ...several() }),
      ...alarmAnswers(channel, signers),
      ...ledgerAnswers(channel),
      ...keyAnswers(channel),
      ...personAnswers(channel, signers, isKnown),
      ...actAnswers(channel, signers),
      ...packAnswers(channel, signers, certificates),
      ...trendAnswers(channel),
      ...exportAnswers(channel),
      ...certificateAnswers(channel, signers, certificates, feed),
      signEvent: async ({ body }) => await signEvent(channel.thread, body.type, body.body as JsonValue),
      ...findingAnswers(channel, () => certificates.list()),
      events: (subscription) => feed.subscribe(subscription),
    },
  }
}
