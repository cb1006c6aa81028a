import { basename } from 'node:path'
import { continuedText } from '../certificates/continues-words.ts'
import type { ChannelSummary } from '../endpoints/channel-calls.ts'
import type { ConsoleDoor } from '../endpoints/door.ts'
import { notHealedText, type Healing } from '../endpoints/healing.ts'
import { shutNext, shutWords } from '../endpoints/shut-codes.ts'
import type { Session, Status } from '../endpoints/model.ts'
import { channelFolders, gatewaysUnder, type GatewayFolder } from '../gateway/folder/data-folder.ts'
import { worstOf } from '../gateway/check/integrity.ts'
import { readRuntime, type Runtime } from '../gateway/folder/runtime-file.ts'
import { printed } from '../wire/printable.ts'
import type { Verdict } from '../wire/verdict.ts'
import { channelOption, channelsIn, type Reached } from './channel-option.ts'
import { counted, todoLines, todoOf, urgencyOf } from './condition-words.ts'
import { call } from './daemon-client.ts'
import type { Command } from './command.ts'
import { grouped } from './door-lines.ts'
import { EXIT, UsageError } from './exit-status.ts'

/** All gateways are asked at once; one that was stopped keeps its port and never answers. */
const ANSWER_MS = 3_000

interface GatewayLine {
  name: string
  pid: number | null
  console: string | null
  role: string
  term: number
  treeSize: number
  rootHash: string
  verdict: Verdict
  /** Gateways whose newest sealed heads it compared with its own, and found equal. */
  agreesWith: string[]
  lagEntries: number
  queue: number
  /** Where others than this machine find its console, and by which certificate; null where none is served to them. */
  elsewhere: ConsoleDoor['elsewhere']
  /** What comes of its changed record; null where there is nothing to say. */
  repair: string | null
}

/** A channel of the gateways, as the first of them that runs it sees it; the worst verdict of all. */
interface ChannelLine extends Omit<ChannelSummary, 'sources'> {
  /** Gateways under the data folder that have it. */
  gateways: string[]
}

interface Report {
  /** The one that the rest is about: the only one, or the one that was named, or the first. */
  channel: Session['channel'] | null
  channels: ChannelLine[]
  verdict: Verdict
  reason: string
  checkedAt: string | null
  readings: number
  entries: number
  gateways: GatewayLine[]
  /** What is so now and should not be, on any of them. */
  conditions: {
    code: string
    place: string
    priority: number
    since: string
    text: string
    /** What to do about it; null for a code of another version. */
    todo: string | null
    /** Gateways that say so. */
    seenBy: string[]
  }[]
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
    'Says whether every gateway under the data folder runs, whether its record is unchanged and the same as that of the others, and\nwhich conditions stand. Answers within 5 seconds.\nExit status: 0 unchanged, 1 changed, 2 cannot tell (also where a gateway does not run), 64 where there is no gateway yet.',
  options: {
    channel: { ...channelOption, help: 'what is told in detail (default: the first channel); all are listed' },
  },
  async run({ positionals, data, print, text }) {
    if (positionals.length > 0)
      throw new UsageError(printed`status ${positionals.join(' ')}: status takes no words, only options`)
    const report = await statusReport(data, ANSWER_MS, text('channel'))
    print(report, describe(report))
    return report.verdict === 'unchanged'
      ? EXIT.unchanged
      : report.verdict === 'changed'
        ? EXIT.changed
        : EXIT.cannotTell
  },
}

interface Answer {
  name: string
  runtime: Runtime | null
  /** Null where it does not run, or does not answer in time. */
  status: Status | null
  session: { channel: Report['channel'] } | null
  elsewhere: ConsoleDoor['elsewhere']
  assets: Report['assets'] | null
  channels: ChannelSummary[]
}

/** Asks every gateway under `data`, all at once; one that does not answer counts as "cannot tell". Throws UsageError where there is none. */
export async function statusReport(data: string, withinMs: number = ANSWER_MS, channel?: string): Promise<Report> {
  const folders = gatewaysUnder(data)
  if (folders.length === 0)
    throw new UsageError(`there is no gateway under ${data}`, 'Start one, or give its folder with --data DIR.')
  const answers = await Promise.all(
    folders.map(async (folder) => await ask(basename(folder.root), reached(folder, channel), withinMs)),
  )
  const running = answers.flatMap(({ status: answer }) => (answer === null ? [] : [answer]))
  const gateways = answers.map(lineOf)
  const channels = channelsOf(answers)
  // Of several, each that is not told in detail counts as well.
  const verdict = worstOf([
    ...gateways.map((gateway) => gateway.verdict),
    ...(channel === undefined && channels.length > 1 ? channels.map((one) => one.verdict) : []),
  ])
  return {
    channels,
    channel: answers.find(({ session }) => session !== null)?.session?.channel ?? null,
    verdict,
    reason: reasonOf(verdict, answers, channels),
    checkedAt: iso(running.reduce((last, { integrity }) => Math.max(last, integrity.checkedAtUs ?? 0), 0)),
    readings: running.reduce((most, { integrity }) => Math.max(most, integrity.readings), 0),
    entries: gateways.reduce((most, gateway) => Math.max(most, gateway.treeSize), 0),
    gateways,
    conditions: conditionsOf(answers),
    sources: (running[0]?.sources ?? []).map(({ name, gateway, protocol, state, reason, lastReadingUs }) => ({
      name,
      gateway,
      protocol,
      state,
      reason,
      lastReadingAt: iso(lastReadingUs ?? 0),
    })),
    assets: (answers.find(({ assets }) => assets !== null)?.assets ?? []).map(({ id, name, type, simulated }) => ({
      id,
      name,
      type,
      simulated,
    })),
  }
}

/** Of several channels the one that is meant, else the first. */
function reached(folder: GatewayFolder, channel: string | undefined): Reached | null {
  const runtime = readRuntime(folder.runtime)
  if (runtime === null || (channel === undefined && channelFolders(folder).length === 1)) return runtime
  const [found] = channelsIn(folder, { text: () => channel })
  return found === undefined ? runtime : { ...runtime, channel: found.handle }
}

/** Each once, in the order in which the gateways have them. */
function channelsOf(answers: readonly Answer[]): ChannelLine[] {
  const found = new Map<string, ChannelLine>()
  for (const { name, channels } of answers) {
    for (const { sources: _, ...channel } of channels) {
      const known = found.get(channel.handle)
      const verdict = worstOf([...(known === undefined ? [] : [known.verdict]), channel.verdict])
      const isBetter = known === undefined || (known.state !== 'running' && channel.state === 'running')
      const said = verdict === channel.verdict ? channel.reason : (known?.reason ?? null)
      found.set(channel.handle, {
        ...(isBetter ? channel : known),
        alarms: Math.max(known?.alarms ?? 0, channel.alarms),
        verdict,
        reason: said,
        gateways: [...(known?.gateways ?? []), name],
      })
    }
  }
  return [...found.values()]
}

async function ask(name: string, runtime: Reached | null, withinMs: number): Promise<Answer> {
  const get = async <T>(path: string): Promise<T | null> =>
    runtime === null ? null : await call<T>(runtime, 'GET', path, undefined, withinMs).catch(() => null)
  const [answer, session, assets, door, known] = await Promise.all([
    get<Status>('/api/status'),
    get<{ channel: Report['channel'] }>('/api/session'),
    get<{ assets: Report['assets'] }>('/api/assets'),
    get<ConsoleDoor>('/api/door'),
    get<{ channels: ChannelSummary[] }>('/api/channels'),
  ])
  return {
    name,
    runtime,
    status: answer,
    session,
    assets: assets?.assets ?? null,
    elsewhere: door?.elsewhere ?? null,
    channels: known?.channels ?? [],
  }
}

/** What stands on any of them: each once, since the first of them has seen it. The most urgent come first. */
function conditionsOf(answers: readonly Answer[]): Report['conditions'] {
  const found = new Map<string, Report['conditions'][number]>()
  for (const { name, status: answer } of answers) {
    for (const { code, place, priority, text, raisedAtUs } of answer?.alarms ?? []) {
      const since = iso(raisedAtUs) ?? ''
      const known = found.get(`${code} ${place}`)
      if (known === undefined)
        found.set(`${code} ${place}`, { code, place, priority, since, text, todo: todoOf(code), seenBy: [name] })
      else {
        known.seenBy.push(name)
        if (since < known.since) known.since = since
      }
    }
  }
  return [...found.values()].toSorted((a, b) => a.priority - b.priority || (a.since < b.since ? -1 : 1))
}

function lineOf({ name, runtime, status: answer, elsewhere }: Answer): GatewayLine {
  const self = answer?.gateways.find((gateway) => gateway.self)
  return {
    name,
    pid: runtime?.pid ?? null,
    console: runtime === null ? null : `http://${runtime.host}:${runtime.port}`,
    role: self?.role ?? (runtime === null ? 'not running' : 'no answer'),
    term: self?.term ?? 0,
    treeSize: self?.treeSize ?? 0,
    rootHash: self?.rootHash ?? '',
    verdict: answer?.integrity.verdict ?? 'cannot-tell',
    agreesWith: answer?.integrity.agreesWith ?? [],
    lagEntries: Math.max(0, majoritySize(answer?.gateways ?? []) - (self?.treeSize ?? 0)),
    queue: answer?.queue.entries ?? 0,
    elsewhere,
    repair: repairOf(answer?.integrity.healing),
  }
}

/** What comes of a changed record, in words; null where there is nothing to say. A daemon of an earlier version says nothing of it. */
function repairOf(healing: Healing | undefined): string | null {
  if (healing === undefined) return null
  const { state, nextAtUs, lost } = healing
  const planned = nextAtUs === null ? '' : `it repairs itself at ${iso(nextAtUs)?.slice(0, 19)}Z`
  if (state === 'none') return nextAtUs === null ? null : planned
  if (state === 'healed') return null
  if (state === 'not-healed') return `not repaired: ${notHealedText(healing)}${planned === '' ? '' : `; ${planned}`}`
  return lost > 0 ? `is being repaired: ${lost} lost parts` : 'its record is being compared with its hashes'
}

/** What most gateways say they have reached: a single one that claims more makes nobody late. */
function majoritySize(gateways: Status['gateways']): number {
  const sizes = gateways.map(({ treeSize }) => treeSize).toSorted((a, b) => b - a)
  return sizes[Math.floor(sizes.length / 2)] ?? 0
}

function reasonOf(verdict: Verdict, answers: readonly Answer[], channels: readonly ChannelLine[]): string {
  const shown = answers.find(({ session }) => session !== null)?.session?.channel?.id
  const said = (which: Verdict): string[] => [
    ...answers.flatMap(({ name, status: answer }) =>
      answer?.integrity.verdict === which ? [`${name}: ${answer.integrity.reason ?? which}`] : [],
    ),
    ...channels.flatMap(({ id, name, verdict: one, reason }) =>
      one === which && id !== shown && channels.length > 1 ? [`channel ${name}: ${reason ?? which}`] : [],
    ),
  ]
  if (verdict === 'changed') return said('changed').join('; ')
  if (verdict === 'unchanged') {
    const alone = answers.every(({ status: answer }) => answer?.integrity.gatewaysTotal === 1)
    const compared = alone ? 'nobody to compare with' : 'the newest sealed heads were compared and are equal'
    return `every stored reading was hashed again and agrees with the ledger; ${compared}`
  }
  const namesOf = (test: (answer: Answer) => boolean): string =>
    answers
      .filter(test)
      .map(({ name }) => name)
      .join(', ')
  const stopped = namesOf(({ runtime }) => runtime === null)
  const mute = namesOf(({ runtime, status: answer }) => runtime !== null && answer === null)
  return [
    ...(stopped === '' ? [] : [`not running: ${stopped}`]),
    ...(mute === '' ? [] : [`runs and does not answer: ${mute}`]),
    ...said('cannot-tell'),
  ].join('; ')
}

function iso(us: number): string | null {
  return us === 0 ? null : new Date(us / 1000).toISOString()
}

function sentenceOf(verdict: Verdict, what: string): string {
  if (verdict === 'cannot-tell') return `whether ${what} are unchanged cannot be told yet`
  return `${what} are ${verdict === 'changed' ? 'CHANGED' : 'unchanged'}`
}

function describe(report: Report): string {
  const { channel, verdict, readings, entries, gateways, sources, assets } = report
  const head =
    channel === null
      ? 'No gateway answers. What they have recorded can be checked all the same: plumbline fsck'
      : printed`${channel.name}${channel.simulated ? ' (simulated)' : ''}: ${sentenceOf(verdict, `${counted(readings, 'reading')} in ${counted(entries, 'entry', 'entries')}`)}.`
  const rows = gateways.flatMap((gateway) => [rowOf(gateway), ...elsewhereLines(gateway), ...repairLines(gateway)])
  const standing = report.conditions.flatMap(({ code, priority, text, since }) => [
    printed`  ${urgencyOf(priority)}  ${text}, since ${since}`,
    ...todoLines(code),
  ])
  const silent = sources.filter((source) => source.state !== 'live')
  // A daemon of an earlier version says nothing of it.
  const continued = channel?.continues ?? null
  return [
    head,
    printed`  ${report.reason}`,
    ...(continued === null ? [] : [printed`  It continues ${continuedText(continued, 'en')}`]),
    ...rows,
    ...standing,
    sourcesLine(report, sources.length - silent.length),
    ...silent.map(
      ({ name, gateway, state, reason }) =>
        printed`    ${name} (${gateway}): ${state}${reason === null ? '' : `, ${reason}`}`,
    ),
    ...channelLines(report),
    ...assets.map(({ id, name, simulated }) => printed`  asset ${id}  ${name}${simulated ? ', simulated' : ''}`),
  ].join('\n')
}

/** The other channels. */
function channelLines({ channel, channels }: Report): string[] {
  if (channels.length < 2) return []
  return channels
    .filter(({ id }) => id === undefined || id !== channel?.id)
    .map(({ name, handle, size, verdict, state, reason, alarms }) => {
      const why = verdict === 'unchanged' || reason === null ? '' : `: ${reason}`
      const what = state === 'stopped' ? 'does not run' : sentenceOf(verdict, counted(size, 'entry', 'entries'))
      const standing = alarms === 0 ? '' : `; ${counted(alarms, 'condition')}: plumbline status --channel ${handle}`
      return printed`  channel ${name} (${handle})  ${what}${why}${standing}`
    })
}

function sourcesLine({ channel, gateways, sources }: Report, live: number): string {
  if (channel !== null || sources.length > 0) return `  ${live} of ${sources.length} sources live`
  const isStopped = gateways.every(({ role }) => role === 'not running')
  return isStopped ? '  It does not run: no source is read.' : '  Of its sources nothing is known.'
}

function rowOf({ name, role, treeSize, lagEntries, queue, verdict, agreesWith, console: url }: GatewayLine): string {
  // Nothing is known of one that does not answer, and least of all that its record is empty.
  if (treeSize === 0)
    return printed`  ${name.padEnd(16)} ${role.padEnd(12)} ${verdict}${url === null ? '' : `  ${url}`}`
  const agrees = agreesWith.length === 0 ? '' : `, agrees with ${agreesWith.join(', ')}`
  return printed`  ${name.padEnd(16)} ${role.padEnd(12)} size ${treeSize}, lag ${lagEntries}, queue ${queue}, ${verdict}${agrees}${url === null ? '' : `  ${url}`}`
}

function repairLines({ name, repair, verdict }: GatewayLine): string[] {
  if (repair === null) return []
  const now = verdict === 'changed' ? printed`; now: plumbline repair --gateway ${name}` : ''
  return [printed`    ${repair}` + now]
}

function elsewhereLines({ elsewhere }: GatewayLine): string[] {
  if (elsewhere === null) return []
  const { url, certificate, shut } = elsewhere
  if (shut !== null) {
    const why = shutWords[shut.code].replace('{detail}', () => shut.detail)
    return [printed`    from elsewhere ${url} cannot be opened: ${why}`, `      ${shutNext[shut.code]}`]
  }
  return [
    printed`    from elsewhere ${url}`,
    ...(certificate === null
      ? []
      : [
          `      certificate SHA-256 ${grouped(certificate.fingerprint)}`,
          `      public key SHA-256  ${grouped(certificate.keyFingerprint)}`,
        ]),
  ]
}
