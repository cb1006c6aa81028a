/** Which of a gateway's channels what is configured goes into. */
import { basename, dirname } from 'node:path'
import { readFileSync } from 'node:fs'
import { loadAddon } from '../../../native/addon.ts'
import type { SourceConfig } from '../../acquisition/config.ts'
import { parseGenesis } from '../../ledger/genesis.ts'
import { channelHandle, isHandle } from '../../wire/ids.ts'
import { GatewayError } from '../error.ts'
import type { GatewayConfig } from '../folder/config.ts'
import type { GatewayFolder } from '../folder/data-folder.ts'

/** A channel as its genesis founds it. */
export interface FoundedIn {
  handle: string
  name: string
  folder: GatewayFolder
  /** When it was founded, of a channel that is simulated; null of any other, and where its genesis cannot be read. */
  simulatedSinceUs: number | null
}

/** The channels that lie in these folders. Of several, one whose genesis cannot be read is still named by its folder. */
export function foundedIn(folders: readonly GatewayFolder[]): FoundedIn[] {
  return folders.map((folder) => {
    try {
      const { entry, event, body } = parseGenesis(loadAddon(), readFileSync(folder.genesis))
      const simulatedSinceUs = body.simulated ? event.occurredAtUs : null
      return { handle: channelHandle(entry.channel), name: body.name, folder, simulatedSinceUs }
    } catch (error) {
      const handle = basename(dirname(folder.genesis))
      if (folders.length === 1 || !isHandle(handle)) throw error
      return { handle, name: handle, folder, simulatedSinceUs: null }
    }
  })
}

/**
 * The configuration of each channel, in their order: the sources that name it, those that name none in the first, and with them what
 * belongs to them. An asset goes where something is bound to it; one to which nothing is, into the first.
 *
 * @throws {GatewayError} `unknown_channel` where a source names a channel that is not there, or by a name that two have
 */
export function spread(
  config: GatewayConfig,
  channels: readonly Pick<FoundedIn, 'handle' | 'name'>[],
): GatewayConfig[] {
  const chosen = new Map(config.sources.map((source) => [source.id, choose(source, channels)]))
  const boundIn = new Map<string, Set<number>>()
  for (const { id, tags } of config.sources)
    for (const { asset } of tags)
      if (asset !== undefined) boundIn.set(asset, (boundIn.get(asset) ?? new Set()).add(chosen.get(id) ?? 0))
  return channels.map((_, i) => ({
    ...config,
    sources: config.sources.filter(({ id }) => chosen.get(id) === i),
    imports: config.imports.filter(({ source }) => (chosen.get(source) ?? 0) === i),
    assets: config.assets.filter(({ id }) => (boundIn.get(id) ?? new Set([0])).has(i)),
  }))
}

/** Those that a word means: of this name, or with these first digits of the id. */
export function chosenOf<C extends Pick<FoundedIn, 'handle' | 'name'>>(wanted: string, channels: readonly C[]): C[] {
  return channels.filter(({ handle, name }) => wanted === name || wanted.slice(0, handle.length) === handle)
}

function choose(
  { id, channel }: Pick<SourceConfig, 'id' | 'channel'>,
  channels: readonly Pick<FoundedIn, 'handle' | 'name'>[],
): number {
  if (channel === undefined) return 0
  const named = chosenOf(channel, channels)
  const [found] = named
  if (found !== undefined && named.length === 1) return channels.indexOf(found)
  const known = channels.map(({ handle, name }) => `"${name}" (${handle})`).join(', ')
  throw new GatewayError(
    'unknown_channel',
    found === undefined
      ? `source "${id}" goes into the channel "${channel}", and this gateway has none of that name`
      : `source "${id}" goes into the channel "${channel}", and ${named.length} channels of this gateway have that name`,
    `Name one by its name, or by the first 16 digits of its id. There are: ${known}.`,
  )
}
