import { parseChannelId } from './ids.ts'
import type { ChannelId } from './ids.ts'

const PREFIX = 'plumbline.local/'

/** Name of a channel's log: origin of its checkpoints and name of its log keys. */
export function originOf(channel: ChannelId): string {
  return `${PREFIX}${channel}`
}

/** The channel whose log has this name. Throws WireError `malformed_id` for any other text. */
export function channelOfOrigin(origin: string): ChannelId {
  return parseChannelId(origin.startsWith(PREFIX) ? origin.slice(PREFIX.length) : '')
}
