import { z } from 'zod'
import { ChannelSummary } from '../endpoints/channel-calls.ts'
import { channelPath } from '../endpoints/channel-paths.ts'
import { type Status, Status as StatusSchema } from '../endpoints/model.ts'
import type { RunningDaemon } from './running-daemon.ts'

const CALL_MS_MAX = 5_000
const WORST: readonly ChannelSummary['verdict'][] = ['changed', 'cannot-tell', 'unchanged']
const channelsSchema = z.object({ channels: z.array(ChannelSummary) })
const peopleSchema = z.object({ people: z.array(z.unknown()) })
const linkSchema = z.object({ url: z.string() })

/** Asks a daemon as a program of this machine, by its token. Null when it does not answer as expected. */
export class DaemonCalls {
  readonly #fetch: typeof fetch

  constructor(fetchIt: typeof fetch = fetch) {
    this.#fetch = fetchIt
  }

  /** Of several channels, that of the one that needs somebody most. */
  async status(daemon: RunningDaemon): Promise<Status | null> {
    const known = await this.#ask(daemon, '/api/channels', channelsSchema)
    const running = known?.channels.filter(({ state }) => state !== 'stopped') ?? []
    const [worst] = running.toSorted((a, b) => WORST.indexOf(a.verdict) - WORST.indexOf(b.verdict))
    const isOnly = known === null || known.channels.length < 2 || worst === undefined
    return await this.#ask(daemon, isOnly ? '/api/status' : channelPath('/api/status', worst.handle), StatusSchema)
  }

  /**
   * The address the window opens. While nobody has a name and passphrase here, it is a one-time link that signs the
   * user of this desktop in; afterwards it is the sign-in page, because a factory PC has many people at one desktop.
   */
  async startAddress(daemon: RunningDaemon): Promise<string> {
    const people = await this.#ask(daemon, '/api/people', peopleSchema)
    if (people === null || people.people.length > 0) return `${daemon.origin}/`
    const body = JSON.stringify({ role: 'site-manager' })
    const link = await this.#ask(daemon, '/api/session/link', linkSchema, { method: 'POST', body })
    return link !== null && new URL(link.url).origin === daemon.origin ? link.url : `${daemon.origin}/`
  }

  async #ask<T>(daemon: RunningDaemon, path: string, schema: z.ZodType<T>, init: RequestInit = {}): Promise<T | null> {
    try {
      const response = await this.#fetch(`${daemon.origin}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${daemon.token}`, 'content-type': 'application/json' },
        redirect: 'error',
        signal: AbortSignal.timeout(CALL_MS_MAX),
      })
      return response.ok ? schema.parse(await response.json()) : null
    } catch {
      return null
    }
  }
}
