import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { loadAddon } from '../../native/addon.ts'
import { loadConfig, type GatewayConfig } from '../gateway/folder/config.ts'
import { gatewayFolder, gatewayRoot, makeFolder, type GatewayFolder } from '../gateway/folder/data-folder.ts'
import { guardConfig, guardFolder } from '../gateway/folder/folder-guard.ts'
import { lockFolder } from '../gateway/folder/folder-lock.ts'
import { foundTogether } from '../gateway/founding/found-together.ts'
import {
  describeGateway,
  DESCRIPTION_BYTES_MAX,
  readDescription,
  type GatewayDescription,
} from '../gateway/founding/gateway-description.ts'
import {
  foundedChannel,
  joinChannel,
  placeOf,
  putInPlace,
  requireNoChannel,
  type FoundedChannel,
} from '../gateway/founding/join-channel.ts'
import { foldersWithKeys, ownKeys } from '../gateway/founding/own-keys.ts'
import { nowUs } from '../gateway/wall-clock.ts'
import { MAX_ENTRY_BYTES } from '../wire/limits.ts'
import { printed } from '../wire/printable.ts'
import { dataOption, type Command, type Invocation } from './command.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { readNamed } from './read-file.ts'
import { dataOf } from './start.ts'

const USAGE = 'channel describe | channel found --members FILE... --name NAME --site SITE | channel join --genesis FILE'

export const channel: Command = {
  name: 'channel',
  usage: USAGE,
  summary:
    'Founds a channel of several gateways, each on a machine of its own.\ndescribe: prints what this gateway says of itself, signed by it; makes its keys where it has none. found: founds a channel of the\ngateways whose descriptions are given, this one among them, and prints the fingerprint to compare. join: puts the genesis of a\nchannel that names this gateway into its folder. Each site then starts its gateway.\nExit status: 0 done; 3 refused, and nothing was changed; 64 wrong usage.',
  options: {
    config: {
      type: 'string',
      value: 'FILE',
      help: 'the configuration of this gateway (default: gateway.yaml in the data folder)',
    },
    members: {
      type: 'string',
      many: true,
      value: 'FILE...',
      help: 'found: a description of each gateway; the order gives their numbers',
    },
    name: { type: 'string', value: 'NAME', help: 'found: how the channel is called, for ever' },
    site: { type: 'string', value: 'SITE', help: 'found: where it records, as certificates print it' },
    quorum: { type: 'string', value: 'N', help: 'found: how many gateways must cosign (default: the majority)' },
    simulated: { type: 'boolean', help: 'found: what is recorded is made up, and every certificate says so' },
    genesis: { type: 'string', value: 'FILE', help: 'join: the genesis.cose of the channel' },
    also: {
      type: 'boolean',
      help: 'found, join: a further channel of a gateway that has one; sources name it by `channel:`',
    },
    out: {
      type: 'string',
      value: 'FILE',
      help: 'describe, found: write it into FILE; one that is there is not overwritten by found',
    },
  },
  async run(invocation) {
    const [what, ...rest] = invocation.positionals
    if (what === 'found') return found(invocation, [...invocation.texts('members'), ...rest])
    if (rest.length > 0) throw new UsageError(printed`channel ${what ?? ''} takes no ${rest.join(' ')}`)
    if (what === 'describe') return describe(invocation)
    if (what === 'join') return joined(invocation)
    throw new UsageError(
      what === undefined ? 'say what to do' : printed`channel ${what}: there is nothing of that name to do`,
      `One of: ${USAGE}.`,
    )
  },
}

interface Configured {
  config: GatewayConfig
  folder: GatewayFolder
}

/** The gateway of the configuration, in the folder in which `start` would run it; null where there is no configuration. */
function configured({ text, data }: Invocation): Configured | null {
  const file = text('config') ?? join(data, 'gateway.yaml')
  if (text('config') === undefined && !existsSync(file)) return null
  guardConfig(file)
  const config = loadConfig(file)
  const given = text('data') === undefined && text('config') !== undefined ? null : data
  return { config, folder: gatewayFolder(gatewayRoot(dataOf(file, config.name, given) ?? data, config.name)) }
}

/** The gateway that acts: that of the configuration, else the only one under the data folder that has keys. */
function acting(invocation: Invocation): { config: GatewayConfig | null; folder: GatewayFolder } {
  const own = configured(invocation)
  if (own !== null) return own
  const [folder, ...others] = foldersWithKeys(invocation.data)
  if (folder === undefined)
    throw new UsageError(
      `there is no gateway with keys under ${invocation.data}`,
      'Describe it first (plumbline channel describe), or give its folder with --data DIR.',
    )
  if (others.length > 0)
    throw new UsageError(
      `there are ${others.length + 1} gateways under ${invocation.data}`,
      `Say which by its folder: --data ${folder.root}, for one. All: ${[folder, ...others].map(({ root }) => basename(root)).join(', ')}.`,
    )
  return { config: null, folder }
}

function describe(invocation: Invocation): number {
  const own = configured(invocation)
  if (own === null)
    throw new UsageError(
      `there is no configuration in ${invocation.data}, and a description says what the gateway is called`,
      'Write one with "name" and "legalName" and give it with --config FILE.',
    )
  const { config, folder } = own
  makeFolder(folder.root)
  for (const line of guardFolder(folder)) process.stderr.write(printed`${line}\n`)
  const { text, description } = describeGateway(ownKeys(folder), config)
  const out = invocation.text('out')
  if (out !== undefined) writeOut(out, text, 'w')
  const told = printed`${description.name}, ${description.legalName}. Fingerprint of its description:\n  ${description.fingerprint}`
  const next =
    'Send the description to whoever founds the channel, and read the fingerprint out to them another way: over the telephone.'
  if (out !== undefined || invocation.json)
    invocation.print(
      {
        ...shown(description),
        file: out === undefined ? null : resolve(out),
        description: JSON.parse(text) as unknown,
      },
      printed`Written: ${out ?? ''}\n` + `${told}\n${next}`,
    )
  else {
    invocation.print({}, text.trimEnd())
    process.stderr.write(`${told}\n${next}\n`)
  }
  return EXIT.ok
}

function found(invocation: Invocation, files: string[]): number {
  const [name, site] = [invocation.text('name'), invocation.text('site')]
  if (files.length === 0)
    throw new UsageError(
      'channel found: which gateways? --members FILE...',
      'Each makes its own: plumbline channel describe.',
    )
  if (name === undefined || site === undefined)
    throw new UsageError('channel found: how is the channel called, and where? --name NAME --site SITE')
  const addon = loadAddon()
  const { folder } = acting(invocation)
  const members = files.map((file) => ({
    file,
    description: readDescription(addon, file, readNamed(file, DESCRIPTION_BYTES_MAX)),
  }))
  for (const line of guardFolder(folder)) invocation.say(line)
  const unlock = lockFolder(folder, basename(folder.root))
  try {
    const also = invocation.flag('also')
    if (!also) requireNoChannel(folder)
    const genesis = foundTogether(ownKeys(folder), {
      name,
      site,
      simulated: invocation.flag('simulated'),
      ...quorumOf(invocation),
      members,
      nowUs: nowUs(),
      random: (bytes) => new Uint8Array(randomBytes(bytes)),
    })
    const out = invocation.text('out')
    if (out !== undefined) writeOut(out, genesis, 'wx')
    const place = placeOf(folder, genesis, also)
    putInPlace(place, genesis)
    const made = foundedChannel(addon, genesis)
    const file = resolve(out ?? place.genesis)
    const descriptions = members.map(({ description }) => description)
    invocation.print(
      { ...made, members: descriptions.map(shown), genesis: file },
      `Founded.\n${channelText(made, descriptions)}\n${nextText(invocation, made, file)}`,
    )
    return EXIT.ok
  } finally {
    unlock()
  }
}

function joined(invocation: Invocation): number {
  const file = invocation.text('genesis')
  if (file === undefined) throw new UsageError('channel join: which channel? --genesis FILE')
  const genesis = readNamed(file, MAX_ENTRY_BYTES)
  const { folder, config } = acting(invocation)
  for (const line of guardFolder(folder)) invocation.say(line)
  const unlock = lockFolder(folder, basename(folder.root))
  try {
    const addon = loadAddon()
    const made = foundedChannel(addon, genesis)
    const place = placeOf(folder, genesis, invocation.flag('also'))
    const isNew = joinChannel(addon, place, { keys: ownKeys(folder), genesis, name: config?.name ?? null })
    invocation.print(
      { ...made, genesis: place.genesis, changed: isNew },
      [
        isNew ? 'Joined.' : 'This gateway has this channel already.',
        channelText(made, []),
        'Compare the fingerprint with the one that the founder was shown, over the telephone, before you start this gateway.',
        printed`Where it is another one, remove ${place.genesis} again: somebody gave you another channel.`,
      ].join('\n'),
    )
    return EXIT.ok
  } finally {
    unlock()
  }
}

function quorumOf({ text }: Invocation): { quorum?: number } {
  const wanted = text('quorum')
  if (wanted === undefined) return {}
  if (!/^[1-9][0-9]{0,2}$/.test(wanted)) throw new UsageError(printed`--quorum ${wanted} is no number of gateways`)
  return { quorum: Number(wanted) }
}

function writeOut(file: string, content: string | Uint8Array, flag: 'w' | 'wx'): void {
  try {
    writeFileSync(file, content, { flag })
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST'
    throw new UsageError(
      exists ? printed`${file} is there already` : printed`cannot write ${file}: ${(cause as Error).message}`,
      exists ? 'Nothing was done. Give another name, or move it away.' : 'Give a path that this user may write to.',
    )
  }
}

function shown({ name, legalName, actor, fingerprint }: GatewayDescription): Record<string, string> {
  return { name, legalName, actor, fingerprint }
}

function channelText(made: FoundedChannel, descriptions: readonly GatewayDescription[]): string {
  const of = (name: string): string => descriptions.find((one) => one.name === name)?.fingerprint ?? ''
  const members = made.members.map(({ name, legalName }, i) =>
    [printed`  ${i + 1}  ${name}, ${legalName}`, ...(of(name) === '' ? [] : [`     ${of(name)}`])].join('\n'),
  )
  return [
    printed`Channel ${made.name}, ${made.site}${made.simulated ? ' (simulated)' : ''}: ${made.id}`,
    `Fingerprint of its policy:\n  ${made.fingerprint}`,
    `Members, ${made.quorum} of which must cosign${of(made.members[0]?.name ?? '') === '' ? '' : ', each with the fingerprint of its description'}:`,
    ...members,
    ...(made.members.length === 2
      ? ['Two gateways cannot outvote each other: while one is away nothing is agreed. A third one survives that.']
      : []),
  ].join('\n')
}

function nextText(invocation: Invocation, made: FoundedChannel, file: string): string {
  const members = made.members.map(({ name }) => printed`      - { name: ${name}, host: HOST, port: PORT }`)
  return [
    'Before anybody starts: have each site read out the fingerprint of its description, and the one of the policy after it joined.',
    'They must be those above; anybody can make files that fit each other.',
    'Then each site:',
    printed`  1. gets ${file}, which is no secret, and runs: plumbline channel join --genesis FILE --data DIR`,
    '  2. writes into its configuration where it listens and where the others do (all but itself):',
    '    peers:\n      listen: { host: ADDRESS, port: PORT }\n      members:',
    ...members.map((line) => `  ${line}`),
    `  3. starts its gateway: plumbline start --config FILE --data DIR`,
    `This gateway has joined already${dataOption(invocation) === '' ? '' : ` (${dataOption(invocation).trim()})`}: it goes on with 2.`,
  ].join('\n')
}
