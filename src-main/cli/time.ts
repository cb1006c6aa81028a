import { LOCAL_USER } from '../endpoints/at-this-machine.ts'
import type { GatewayClock, Status } from '../endpoints/model.ts'
import { channelFolders, gatewaysUnder } from '../gateway/folder/data-folder.ts'
import { readRuntime } from '../gateway/folder/runtime-file.ts'
import { printed } from '../wire/printable.ts'
import { channelsIn, type Reached } from './channel-option.ts'
import type { Command, Invocation } from './command.ts'
import { call } from './daemon-client.ts'
import { EXIT, UsageError } from './exit-status.ts'

interface ClockLine {
  name: string
  /** What its clock showed when it was asked. */
  shows: string
  state: GatewayClock['state'] | null
  /** Bound of its error. */
  errorMs: number | null
  /** Null where it is not in doubt. */
  doubt: GatewayClock['doubt']
  confirmed: boolean
}

export const time: Command = {
  name: 'time',
  usage: 'time [confirm] [--data DIR] [--gateway NAME]',
  summary:
    'Says what the clocks of the running gateways show, whether a time server keeps them, and whether they are in doubt.\nconfirm: says that a clock in doubt is right as it is. Compare it with another clock first: the ledger gets who confirmed it.\nExit status: 0 no clock is in doubt (any more), 2 one is.',
  options: {
    gateway: { type: 'string', value: 'NAME', help: 'which gateway (default: each that runs)' },
    as: {
      type: 'string',
      value: 'NAME',
      help: 'who confirms, as you say: nobody checks it, and the ledger gets it so (default: this user)',
    },
  },
  async run(invocation) {
    const { positionals, print, text } = invocation
    const [what, ...more] = positionals
    if ((what !== undefined && what !== 'confirm') || more.length > 0)
      throw new UsageError(`time ${positionals.join(' ')}: say time alone, or time confirm`)
    const confirmedBy = what === 'confirm' ? (text('as') ?? process.env['USER'] ?? LOCAL_USER) : null
    const clocks: ClockLine[] = []
    for (const runtime of running(invocation)) clocks.push(await look(runtime, confirmedBy))
    const isIdle = confirmedBy !== null && clocks.every(({ doubt }) => doubt === null)
    const idle = isIdle ? ['No clock here is in doubt: there was nothing to confirm.'] : []
    print({ clocks }, [...clocks.map(describe), ...idle].join('\n'))
    return clocks.some(({ doubt, confirmed }) => doubt !== null && !confirmed) ? EXIT.cannotTell : EXIT.ok
  },
}

/** Each with its channels: the clock is the gateway's, and each channel believes it or not. */
function running({ data, text }: Invocation): Reached[] {
  const wanted = text('gateway')
  const all = gatewaysUnder(data).flatMap((folder): Reached[] => {
    const runtime = readRuntime(folder.runtime)
    if (runtime === null) return []
    const channels = channelFolders(folder).length === 1 ? [] : channelsIn(folder, { text: () => undefined })
    return channels.length === 0 ? [runtime] : channels.map(({ handle }) => ({ ...runtime, channel: handle }))
  })
  const found = all.filter(({ name }) => wanted === undefined || wanted === name)
  if (found.length > 0) return found
  throw new UsageError(
    `no ${wanted === undefined ? 'gateway' : `gateway "${wanted}"`} is running under ${data}`,
    all.length > 0
      ? `Running: ${all.map(({ name }) => name).join(', ')}.`
      : 'Start it first, or give its folder with --data DIR.',
  )
}

async function look(runtime: Reached, confirmedBy: string | null): Promise<ClockLine> {
  const { atUs, gateways } = await call<Status>(runtime, 'GET', '/api/status')
  const clock = gateways.find(({ self }) => self)?.clock ?? null
  const doubted = (clock?.doubt ?? null) !== null
  const { confirmed } =
    doubted && confirmedBy !== null
      ? await call<{ confirmed: boolean }>(runtime, 'POST', '/api/clock/confirm', { shownUs: atUs, confirmedBy })
      : { confirmed: false }
  return {
    name: runtime.name,
    shows: new Date(atUs / 1000).toISOString(),
    state: clock?.state ?? null,
    errorMs: clock === null || clock.errorUs === null ? null : Math.ceil(clock.errorUs / 1000),
    doubt: clock?.doubt ?? null,
    confirmed,
  }
}

const DOUBT = {
  leapt: 'it moved by more than a minute at once',
  'before-seal': 'the gateway started with it before its newest block',
  'after-seal': 'the gateway started with it more than 30 days after its newest block',
} as const

function describe({ name, shows, state, errorMs, doubt, confirmed }: ClockLine): string {
  const kept = state === 'synchronised' ? `synchronised, to within ${errorMs ?? 0} ms` : (state ?? 'unknown')
  const said = printed`${name}: ${shows}, ${kept}`
  if (doubt === null) return said
  if (confirmed) return `${said}; it was in doubt, and is confirmed now`
  return `${said}; IN DOUBT: ${DOUBT[doubt]}\n  Set it by a time server, or compare it with another clock and run: plumbline time confirm${printed` --gateway ${name}`}`
}
