import { readAsset } from '../gateway/folder/asset-registration.ts'
import { AssetTexts, type AssetEvent } from '../gateway/evidence/asset-texts.ts'
import type { ReadAsset } from '../gateway/evidence/asset-texts.ts'
import { bodyToJson } from '../record/events.ts'
import { printed } from '../wire/printable.ts'
import { channelOption } from './channel-option.ts'
import type { Command, Invocation } from './command.ts'
import { sign } from './event.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { folderOption } from './folder-option.ts'

export const asset: Command = {
  name: 'asset',
  usage:
    'asset list | asset show ID | asset history ID | asset register ID --scheme S --type T --name NAME [--pack ID]...',
  summary:
    'What evidence is about. list, show and history read the data folder, the gateway running or not; register has a running gateway\nsign it. history has every event about the asset, in the order of the ledger.\nExit status: 0 done, 1 refused (under --json {"refused": CODE, ...}), 2 signed and waiting for a majority, 64 wrong usage.',
  options: {
    scheme: { type: 'string', value: 'S', help: 'VIN, SGTIN, SSCC, LGTIN, ISO6346 or own' },
    type: { type: 'string', value: 'T', help: 'what it is, such as vehicle, container, lot' },
    name: { type: 'string', value: 'NAME', help: 'what people call it' },
    'name-de': { type: 'string', value: 'NAME', help: 'what they call it in German, where that is another name' },
    pack: { type: 'string', value: 'ID', help: 'rule packs that judge it, comma separated' },
    attribute: { type: 'string', value: 'K=V', help: 'what else is known of it, comma separated' },
    simulated: { type: 'boolean', help: 'it is none: certificates about it say so' },
    gateway: { type: 'string', value: 'NAME', help: 'which gateway under the data folder (default: the first)' },
    channel: channelOption,
  },
  async run(invocation) {
    const [what, id, ...more] = invocation.positionals
    const isWhole = more.length === 0 && (what === 'list' ? id === undefined : id !== undefined)
    if (!isWhole || what === undefined || !['list', 'show', 'history', 'register'].includes(what))
      throw new UsageError('say asset list, asset show ID, asset history ID or asset register ID')
    if (what === 'register') return await register(invocation, id as string)
    const texts = new AssetTexts(folderOption(invocation))
    try {
      if (what === 'list') list(invocation, texts.list())
      else if (what === 'show') show(invocation, texts.get(id as string))
      else history(invocation, id as string, [...texts.history(id as string)])
    } finally {
      texts.close()
    }
    return EXIT.ok
  },
}

async function register(invocation: Invocation, id: string): Promise<number> {
  const { text, flag } = invocation
  const [name, german] = [text('name'), text('name-de')]
  const read = readAsset({
    id,
    scheme: text('scheme'),
    type: text('type'),
    name: german === undefined ? name : { en: name, de: german },
    packs: listed(text('pack')),
    attributes: Object.fromEntries(listed(text('attribute')).map(pairOf)),
    simulated: flag('simulated'),
  })
  if ('problems' in read) throw new UsageError(read.problems.join('\n'), 'See: plumbline asset --help')
  return await sign(invocation, 'asset.registered', bodyToJson('asset.registered', read.body))
}

const listed = (text: string | undefined): string[] => (text === undefined || text === '' ? [] : text.split(','))

function pairOf(pair: string): [string, string] {
  const at = pair.indexOf('=')
  if (at < 1) throw new UsageError(printed`--attribute ${pair}: write it like colour=red`)
  return [pair.slice(0, at), pair.slice(at + 1)]
}

function list({ print }: Invocation, assets: readonly ReadAsset[]): void {
  const lines = assets.map(({ asset: id, type, name, packs, simulated }) => {
    const judged = packs.length === 0 ? '' : `, judged by ${packs.join(', ')}`
    return printed`${id}  ${name} (${type}${judged}${simulated ? ', simulated' : ''})`
  })
  print({ assets }, lines.length === 0 ? 'No asset is registered yet: plumbline asset register' : lines.join('\n'))
}

function show({ print }: Invocation, found: ReadAsset): void {
  const { asset: id, scheme, type, name, packs, attributes, simulated, streams } = found
  const known = Object.entries(attributes).map(([key, value]) => printed`  ${key}: ${String(value)}`)
  const bound = streams.map(
    ({ stream, quantity, firstSequence, lastSequence }) =>
      printed`  ${stream}  ${quantity}, readings ${firstSequence} to ${lastSequence ?? 'now'}`,
  )
  print(
    found,
    [
      printed`${id}  ${name}`,
      printed`${type}, scheme ${scheme}${simulated ? ', simulated' : ''}, judged by ${packs.join(', ') || 'no pack'}`,
      ...known,
      bound.length === 0 ? 'No stream stands there.' : 'Streams:',
      ...bound,
    ].join('\n'),
  )
}

function history({ print }: Invocation, id: string, events: readonly AssetEvent[]): void {
  const lines = events.map(
    ({ entry, type, gateway, occurredAtUs }) =>
      printed`${entry}  ${new Date(occurredAtUs / 1000).toISOString()}  ${type}  by ${gateway}`,
  )
  print({ asset: id, events }, lines.join('\n'))
}
