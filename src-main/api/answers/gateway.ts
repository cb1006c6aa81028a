/** The gateway itself, whatever the channel: what may be known before somebody signs in, and its channels. */
import type { ChannelSummary } from '../../endpoints/channel-calls.ts'
import type { People as PeopleJson, Role } from '../../endpoints/model.ts'
import type { Channel } from '../../gateway/channel.ts'
import type { Gateway } from '../../gateway/gateway.ts'
import { VERSION } from '../../gateway/version.ts'
import type { Handlers } from '../handlers.ts'
import { channelOf, statusNow } from './overview.ts'

/** The worst first: of several channels the one that needs somebody is told. */
const WORST = ['changed', 'cannot-tell', 'unchanged'] as const

export function gatewayAnswers(
  gateway: Gateway,
  people: () => { name: string; role: Role }[],
): Pick<Handlers, 'people' | 'channels'> {
  return {
    people: () => peopleOf(worst([...gateway.channels.values()]) ?? gateway.first, people()),
    channels: () => ({ channels: channelsOf(gateway) }),
  }
}

function worst(channels: readonly Channel[]): Channel | undefined {
  const rank = (channel: Channel): number => WORST.indexOf(channel.status?.integrity.verdict ?? 'cannot-tell')
  return channels.toSorted((a, b) => rank(a) - rank(b))[0]
}

function peopleOf(channel: Channel, people: { name: string; role: Role }[]): PeopleJson {
  const { atUs, integrity, sources, queue, alarms } = statusNow(channel)
  return {
    people,
    gateway: { name: channel.name },
    channel: channelOf(channel),
    integrity,
    sources: { live: sources.filter((source) => source.state === 'live').length, total: sources.length },
    queueReadings: queue.readings,
    atUs,
    alarms: alarms.filter(({ state }) => state !== 'shelved').length,
    version: VERSION,
  }
}

function channelsOf(gateway: Gateway): ChannelSummary[] {
  return [
    ...[...gateway.channels].map(([handle, channel]) => summaryOf(handle, channel)),
    ...gateway.stopped.map(({ handle, name, reason }) => ({
      handle,
      name,
      state: 'stopped' as const,
      reason,
      verdict: 'cannot-tell' as const,
      size: 0,
      checkpointSize: null,
      alarms: 0,
      sources: 0,
    })),
  ]
}

function summaryOf(handle: string, channel: Channel): ChannelSummary {
  const { status, ledger } = channel
  return {
    ...channelOf(channel),
    handle,
    state: status === null ? 'starting' : 'running',
    reason: status?.integrity.reason ?? null,
    verdict: status?.integrity.verdict ?? 'cannot-tell',
    size: ledger?.size ?? 0,
    checkpointSize: ledger?.checkpointSize ?? null,
    alarms: status?.alarms.filter(({ state: shown }) => shown !== 'shelved').length ?? 0,
    sources: channel.config.sources.length,
  }
}
