import { basename } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { notHealedText } from '../endpoints/healing.ts'
import type { Healing } from '../endpoints/healing.ts'
import type { Status } from '../endpoints/model.ts'
import { checkRecord } from '../gateway/check/check-record.ts'
import { channelFolders, gatewaysUnder, type GatewayFolder } from '../gateway/folder/data-folder.ts'
import { GatewayError } from '../gateway/error.ts'
import { lostParts } from '../gateway/healing/lost-parts.ts'
import { rebuildRecord } from '../gateway/check/rebuilt.ts'
import { readRuntime } from '../gateway/folder/runtime-file.ts'
import { foundedIn } from '../gateway/sources/channel-choice.ts'
import { printed } from '../wire/printable.ts'
import { channelOption, channelsIn, type Reached } from './channel-option.ts'
import type { Command, Invocation } from './command.ts'
import { call } from './daemon-client.ts'
import { EXIT } from './exit-status.ts'
import { noGateway } from './folder-option.ts'

const ASK_EVERY_MS = 300
const PROGRESS_EVERY_MS = 500
/** Parts that are named one by one. */
const NAMED_MAX = 10

interface Repaired {
  name: string
  /** Whether its daemon did it, or this command on the stopped gateway. */
  by: 'daemon' | 'command'
  result: 'nothing-to-do' | 'healed' | 'not-healed'
  /** Parts of the record that its disk had lost. */
  lost: number
  /** Who gave them. */
  from: readonly string[]
  /** What needs other gateways, of a stopped one. */
  needsPeers: readonly string[]
  reason: string | null
}

export const repair: Command = {
  name: 'repair',
  usage: 'repair [--data DIR] [--gateway NAME]',
  summary:
    'Repairs a damaged record. A running gateway fetches what its disk lost from the others, checks it, and makes its ledger anew with\nit; recording goes on meanwhile. Of a stopped one everything is made anew that follows from the entries, and what needs other\ngateways is named.\nExit status: 0 healed, or nothing to do; 1 not healed.',
  options: {
    gateway: { type: 'string', value: 'NAME', help: 'which gateway (default: each under the data folder)' },
    channel: channelOption,
  },
  async run(invocation) {
    const gateways: Repaired[] = []
    for (const folder of wanted(invocation).flatMap((one) => inChannels(one, invocation))) {
      const one = await repaired(folder, invocation)
      gateways.push(one)
      invocation.say(describe(one))
    }
    const isHealed = gateways.every(({ result }) => result !== 'not-healed')
    invocation.print({ healed: isHealed, gateways }, isHealed ? 'All records are whole.' : 'Not all records are whole.')
    return isHealed ? EXIT.ok : EXIT.changed
  },
}

/** What keeps one of them from being repaired is no reason not to repair the others. */
async function repaired(folder: GatewayFolder, invocation: Invocation): Promise<Repaired> {
  const runtime = readRuntime(folder.runtime)
  try {
    if (runtime === null) return await ofStopped(folder)
    const only = channelFolders(folder).length === 1
    return await ofRunning(only ? runtime : { ...runtime, channel: handleOf(folder) }, invocation)
  } catch (error) {
    if (typeof (error as { code?: unknown }).code !== 'string') throw error
    const { message, next } = error as { message: string; next?: string }
    const by = runtime === null ? 'command' : 'daemon'
    const reason = next === undefined || message.includes(next) ? message : `${message}. ${next}`
    return { name: nameOf(folder), by, result: 'not-healed', lost: 0, from: [], needsPeers: [], reason }
  }
}

function wanted({ data, text }: Invocation): GatewayFolder[] {
  const name = text('gateway')
  const all = gatewaysUnder(data)
  const found = all.filter((folder) => name === undefined || name === nameOf(folder))
  if (found.length > 0) return found
  throw noGateway(data, name, all.map(nameOf))
}

function inChannels(folder: GatewayFolder, invocation: Invocation): GatewayFolder[] {
  if (invocation.text('channel') === undefined && channelFolders(folder).length === 1) return [folder]
  return channelsIn(folder, invocation).map(({ folder: place }) => place)
}

function handleOf(folder: GatewayFolder): string {
  return foundedIn([folder])[0]?.handle ?? ''
}

function nameOf({ root, runtime }: GatewayFolder): string {
  return readRuntime(runtime)?.name ?? basename(root)
}

async function ofRunning(runtime: Reached, { say }: Invocation): Promise<Repaired> {
  const { name } = runtime
  const found = { name, by: 'daemon', needsPeers: [] } as const
  const goesOn = (signal: NodeJS.Signals): void => {
    say(`${name} goes on with the repair by itself; plumbline status says how that goes.`)
    process.exit(128 + (signal === 'SIGINT' ? 2 : 15))
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, goesOn)
  let state = await call<Healing>(runtime, 'POST', '/api/integrity/repair')
  let told = ''
  try {
    while (state.state === 'looking' || state.state === 'fetching' || state.state === 'rebuilding') {
      const line = `${name}: ${PROGRESS[state.state](state)}`
      if (line !== told) say(line)
      told = line
      await pause(ASK_EVERY_MS)
      state = (await call<Status>(runtime, 'GET', '/api/status')).integrity.healing
    }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    const reason =
      'the gateway ended meanwhile. Whether the repair was done, it says when it runs again: plumbline repair'
    return { ...found, result: 'not-healed', lost: state.lost, from: state.from, reason }
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, goesOn)
  }
  const { lost, from } = state
  const result = state.state === 'healed' ? 'healed' : state.state === 'none' ? 'nothing-to-do' : 'not-healed'
  return { ...found, result, lost, from, reason: result === 'not-healed' ? notHealedText(state) : null }
}

const PROGRESS = {
  looking: () => 'comparing its record with its hashes',
  fetching: ({ lost }: Healing) => `fetching ${lost} lost parts from the other gateways`,
  rebuilding: () => 'making the ledger anew',
} as const

async function ofStopped(folder: GatewayFolder): Promise<Repaired> {
  const name = nameOf(folder)
  let toldMs = performance.now()
  const onProgress = (done: number, total: number): void => {
    if (performance.now() - toldMs < PROGRESS_EVERY_MS) return
    toldMs = performance.now()
    process.stderr.write(printed`${name}: ${done} of ${total} entries\n`)
  }
  const needsPeers = lostParts(folder)
  const found = { name, by: 'command', lost: needsPeers.length, from: [], needsPeers, reason: null } as const
  if (needsPeers.length > 0) return { ...found, result: 'not-healed' }
  if (checkRecord(folder, onProgress).verdict === 'unchanged') return { ...found, result: 'nothing-to-do' }
  const { verdict, refused, firstBad, reason } = await rebuildRecord(folder, onProgress)
  if (verdict === 'unchanged') return { ...found, result: 'healed' }
  return { ...found, result: 'not-healed', reason: refused ?? firstBad?.what ?? reason ?? null }
}

function describe({ name, by, result, lost, from, needsPeers, reason }: Repaired): string {
  if (result === 'nothing-to-do') return printed`${name}: nothing to do, its record is whole.`
  if (result === 'healed' && by === 'command')
    return printed`${name}: healed. Everything that follows from the entries was made anew.`
  if (result === 'healed')
    return lost === 0
      ? printed`${name}: healed. Everything that follows from the entries was made anew.`
      : printed`${name}: healed. ${lost} lost parts came from ${from.join(', ')}.`
  if (needsPeers.length === 0) return printed`${name}: NOT HEALED: ${reason ?? 'the check could not be finished'}`
  const more = needsPeers.length > NAMED_MAX ? `\n  and ${needsPeers.length - NAMED_MAX} more` : ''
  const named = needsPeers.slice(0, NAMED_MAX).map((part) => printed`\n  ${part}`)
  return (
    printed`${name}: NOT HEALED: its disk lost what only other gateways have. Start it beside them: it then repairs itself.` +
    named.join('') +
    more
  )
}
