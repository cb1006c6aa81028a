/** Which of a gateway's channels a command means. */
import { basename } from 'node:path'
import { channelFolders, type GatewayFolder } from '../gateway/folder/data-folder.ts'
import type { Runtime } from '../gateway/folder/runtime-file.ts'
import { chosenOf, foundedIn, type FoundedIn } from '../gateway/sources/channel-choice.ts'
import { printed } from '../wire/printable.ts'
import type { Invocation, OptionHelp } from './command.ts'
import { UsageError } from './exit-status.ts'

export const channelOption: OptionHelp = {
  type: 'string',
  value: 'CHANNEL',
  help: 'which channel of the gateway, by name or by the first 16 digits of its id (needed where it has several)',
}

/** A running gateway, the channel that is asked about (none where it has only one), and where its log is. */
export type Reached = Runtime & { readonly channel?: string; readonly log?: string }

/** The gateway's channels, the wanted one alone where one is named. Throws UsageError where there is none of that name. */
export function channelsIn(folder: GatewayFolder, { text }: Pick<Invocation, 'text'>): FoundedIn[] {
  const all = foundedIn(channelFolders(folder))
  const wanted = text('channel')
  if (wanted === undefined) return all
  const chosen = chosenOf(wanted, all)
  const [found] = chosen
  if (chosen.length === 1 && found !== undefined) return [found]
  throw new UsageError(
    printed`${basename(folder.root)} has ${chosen.length === 0 ? 'no channel' : 'several channels'} "${wanted}"`,
    `It has: ${listed(all)}.`,
  )
}

/** The gateway in the channel that is meant: the one that is named, or the only one. Throws UsageError. */
export function inChannel(folder: GatewayFolder, invocation: Pick<Invocation, 'text'>): GatewayFolder {
  return meant(folder, invocation)?.folder ?? folder
}

/** The same of one that runs. */
export function reachedIn(runtime: Reached, folder: GatewayFolder, invocation: Pick<Invocation, 'text'>): Reached {
  const channel = meant(folder, invocation)
  return channel === null ? runtime : { ...runtime, channel: channel.handle }
}

/** Null where there is only one and none is named: nothing has to be looked up for it. */
function meant(folder: GatewayFolder, invocation: Pick<Invocation, 'text'>): FoundedIn | null {
  if (invocation.text('channel') === undefined && channelFolders(folder).length === 1) return null
  const found = channelsIn(folder, invocation)
  const [only, ...others] = found
  if (only !== undefined && others.length === 0) return only
  throw new UsageError(
    printed`${basename(folder.root)} has ${found.length} channels, and the command is about one`,
    `Say which: --channel NAME. It has: ${listed(found)}.`,
  )
}

function listed(channels: readonly FoundedIn[]): string {
  return channels.map(({ name, handle }) => printed`"${name}" (${handle})`).join(', ')
}
