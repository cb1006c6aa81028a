import { basename } from 'node:path'
import type { Status } from '../endpoints/model.ts'
import { gatewaysUnder } from '../gateway/data-folder.ts'
import { worstOf, type Verdict } from '../gateway/integrity.ts'
import { readRuntime, type Runtime } from '../gateway/runtime-file.ts'
import { printed } from '../wire/printable.ts'
import { call } from './daemon-client.ts'
import type { Command } from './command.ts'
import { EXIT, UsageError } from './exit-status.ts'

interface GatewayLine {
  name: string
  pid: number | null
  console: string | null
  role: string
  term: number
  treeSize: number
  rootHash: string
  verdict: Verdict
  lagEntries: number
  queue: number
}

interface Report {
  channel: { id: string; name: string; site: string; simulated: boolean } | null
  verdict: Verdict
  reason: string
  checkedAt: string | null
  readings: number
  entries: number
  gateways: GatewayLine[]
  sources: {
    name: string
    gateway: string
    protocol: string
    state: string
    /** Why it is not live. */
    reason: string | null
    lastReadingAt: string | null
  }[]
  assets: { id: string; name: string; type: string; simulated: boolean }[]
}

export const status: Command = {
  name: 'status',
  usage: 'status [--data DIR]',
  summary:
    'Says whether every gateway under the data folder runs, and whether its record is unchanged.\nExit status: 0 unchanged, 1 changed, 2 cannot tell.',
  options: {},
  async run({ data, print }) {
    const report = await statusReport(data)
    print(report, describe(report))
    return report.verdict === 'unchanged'
      ? EXIT.unchanged
      : report.verdict === 'changed'
        ? EXIT.changed
        : EXIT.cannotTell
  },
}

/** Asks every gateway under `data`; one that does not run counts as "cannot tell". Throws UsageError where there is none. */
export async function statusReport(data: string): Promise<Report> {
  const folders = gatewaysUnder(data)
  if (folders.length === 0)
    throw new UsageError(`there is no gateway under ${data}`, 'Start one, or give its folder with --data DIR.')
  const answers = await Promise.all(
    folders.map(async (folder) => {
      const runtime = readRuntime(folder.runtime)
      const answer = runtime === null ? null : await call<Status>(runtime, 'GET', '/api/status').catch(() => null)
      return { name: basename(folder.root), runtime, answer }
    }),
  )
  const running = answers.filter(
    (one): one is { name: string; runtime: Runtime; answer: Status } => one.answer !== null,
  )
  const first = running[0]
  const [session, assets] =
    first === undefined
      ? [null, { assets: [] }]
      : await Promise.all([
          call<{ channel: Report['channel'] }>(first.runtime, 'GET', '/api/session'),
          call<{ assets: Report['assets'] }>(first.runtime, 'GET', '/api/assets'),
        ])
  const gateways = answers.map(({ name, runtime, answer }) => lineOf(name, runtime, answer))
  const verdict = worstOf(gateways.map((gateway) => gateway.verdict))
  return {
    channel: session?.channel ?? null,
    verdict,
    reason: reasonOf(verdict, answers),
    checkedAt: iso(running.reduce((last, { answer }) => Math.max(last, answer.integrity.checkedAtUs ?? 0), 0)),
    readings: running.reduce((most, { answer }) => Math.max(most, answer.integrity.readings), 0),
    entries: gateways.reduce((most, gateway) => Math.max(most, gateway.treeSize), 0),
    gateways,
    sources: (first?.answer.sources ?? []).map(({ name, gateway, protocol, state, reason, lastReadingUs }) => ({
      name,
      gateway,
      protocol,
      state,
      reason,
      lastReadingAt: iso(lastReadingUs ?? 0),
    })),
    assets: assets.assets.map(({ id, name, type, simulated }) => ({ id, name, type, simulated })),
  }
}

function lineOf(name: string, runtime: Runtime | null, answer: Status | null): GatewayLine {
  const self = answer?.gateways.find((gateway) => gateway.self)
  return {
    name,
    pid: runtime?.pid ?? null,
    console: runtime === null ? null : `http://${runtime.host}:${runtime.port}`,
    role: self?.role ?? 'not running',
    term: self?.term ?? 0,
    treeSize: self?.treeSize ?? 0,
    rootHash: self?.rootHash ?? '',
    verdict: answer?.integrity.verdict ?? 'cannot-tell',
    lagEntries: Math.max(0, ...(answer?.gateways.map((gateway) => gateway.treeSize) ?? [0])) - (self?.treeSize ?? 0),
    queue: answer?.queue.entries ?? 0,
  }
}

function reasonOf(verdict: Verdict, answers: { name: string; answer: Status | null }[]): string {
  const stopped = answers.filter(({ answer }) => answer === null).map(({ name }) => name)
  const changed = answers.filter(({ answer }) => answer?.integrity.verdict === 'changed')
  if (changed.length > 0)
    return changed.map(({ name, answer }) => `${name}: ${answer?.integrity.reason ?? 'changed'}`).join('; ')
  if (stopped.length > 0) return `not running: ${stopped.join(', ')}`
  if (verdict === 'unchanged') return 'every stored reading was hashed again and agrees with the ledger'
  return answers
    .flatMap(({ name, answer }) => (answer?.integrity.reason ? [`${name}: ${answer.integrity.reason}`] : []))
    .join('; ')
}

function iso(us: number): string | null {
  return us === 0 ? null : new Date(us / 1000).toISOString()
}

const SENTENCE: Record<Verdict, string> = {
  unchanged: 'unchanged',
  changed: 'CHANGED',
  'cannot-tell': 'not known: cannot tell yet',
}

function describe(report: Report): string {
  const { channel, verdict, readings, entries, gateways, sources, assets } = report
  const head = printed`${channel === null ? 'No gateway answers' : `${channel.name}${channel.simulated ? ' (simulated)' : ''}`}: ${readings.toLocaleString('en')} readings in ${entries.toLocaleString('en')} entries are ${SENTENCE[verdict]}.`
  const rows = gateways.map(
    (gateway) =>
      printed`  ${gateway.name.padEnd(16)} ${gateway.role.padEnd(12)} size ${gateway.treeSize}, lag ${gateway.lagEntries}, queue ${gateway.queue}, ${gateway.verdict}${gateway.console === null ? '' : `  ${gateway.console}`}`,
  )
  const silent = sources.filter((source) => source.state !== 'live')
  return [
    head,
    printed`  ${report.reason}`,
    ...rows,
    `  ${sources.length - silent.length} of ${sources.length} sources live`,
    ...silent.map(
      ({ name, gateway, state, reason }) =>
        printed`    ${name} (${gateway}): ${state}${reason === null ? '' : `, ${reason}`}`,
    ),
    ...assets.map(({ id, name, simulated }) => printed`  asset ${id}  ${name}${simulated ? ', simulated' : ''}`),
  ].join('\n')
}
