import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeFolder } from '../gateway/folder/data-folder.ts'
import { guardParent } from '../gateway/folder/folder-guard.ts'
import { runScenario, type ScenarioRow } from '../gateway/scenario/run-scenario.ts'
import { loadScenario, scenarioNames } from '../gateway/scenario/shipped-scenarios.ts'
import { nearest } from '../wire/near-match.ts'
import { printed } from '../wire/printable.ts'
import type { Command, Invocation } from './command.ts'
import { openLog } from './daemon-log.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { freePort } from './free-port.ts'

const SEED_MAX = 4_294_967_295
const PROGRESS_EVERY_MS = 1_000

export const scenario: Command = {
  name: 'scenario',
  usage: `scenario ${scenarioNames().join('|')} [--seed N] [--check] [--keep] [--data DIR]`,
  summary:
    'Plants faults in made-up assets, records them on a ledger of its own by gateways on a simulated clock, issues a certificate of each\nasset, checks it offline, and holds what the certificates say against what was planted. The same seed gives the same.\nExit status: 0 what was found is what was planted, 1 it differs, 2 wrong words, 3 it could not be run.',
  options: {
    seed: { type: 'string', value: 'N', help: `which of the made-up worlds, 0 to ${SEED_MAX} (default: 1)` },
    check: { type: 'boolean', help: 'say only what differs' },
    keep: { type: 'boolean', help: 'leave the gateways’ folders, and say where; --data leaves them, too' },
  },
  usageStatus: 2,
  async run(invocation) {
    const name = nameOf(invocation)
    const seed = seedOf(invocation)
    const startedMs = performance.now()
    const planted = await loadScenario(name)
    const rows = await inFolder(
      invocation,
      async (data) =>
        await runScenario(
          { pack: name, scenario: planted, data, freePort, log: openLog, onProgress: progressOf() },
          planted.planted(seed),
        ),
    )
    const seconds = Math.round((performance.now() - startedMs) / 100) / 10
    const { document, shown, status } = reported(rows, { name, seed, seconds, isBrief: invocation.flag('check') })
    invocation.print(document, shown)
    return status
  },
}

interface Run {
  name: string
  seed: number
  seconds: number
  /** Only what differs is shown. */
  isBrief: boolean
}

/** What a run prints, and its exit status. */
export function reported(
  rows: readonly ScenarioRow[],
  { name, seed, seconds, isBrief }: Run,
): { document: object; shown: string; status: number } {
  const differing = rows.filter((row) => !row.same)
  const told = isBrief ? differing : rows
  const last = `${name}, seed ${seed}: ${rows.length} assets, ${differing.length} differ. ${seconds} s.`
  return {
    document: { scenario: name, seed, same: differing.length === 0, seconds, checked: rows.length, assets: told },
    shown: [...(told.length === 0 ? [] : [tableOf(told), '']), last].join('\n'),
    status: differing.length === 0 ? EXIT.ok : EXIT.changed,
  }
}

function nameOf({ positionals }: Invocation): string {
  const [name, ...more] = positionals
  const names = scenarioNames()
  if (name === undefined || more.length > 0) throw new UsageError('say one scenario', `There are: ${names.join(', ')}.`)
  if (!names.includes(name))
    throw new UsageError(
      printed`there is no scenario "${name}".${nearest(name, names)}`,
      `There are: ${names.join(', ')}.`,
    )
  return name
}

function seedOf({ text }: Invocation): number {
  const given = text('seed') ?? '1'
  const seed = Number(given)
  if (!/^\d{1,10}$/.test(given) || seed > SEED_MAX)
    throw new UsageError(printed`--seed ${given} is no seed`, `Give a whole number from 0 to ${SEED_MAX}.`)
  return seed
}

/** A folder that is gone afterwards, unless somebody wants to look. */
async function inFolder<T>(invocation: Invocation, run: (data: string) => Promise<T>): Promise<T> {
  const { data, say, text, flag } = invocation
  const isNamed = text('data') !== undefined
  if (isNamed && existsSync(data) && readdirSync(data).length > 0)
    throw new UsageError(printed`${data} is not empty`, 'A scenario founds a channel of its own: give a new folder.')
  if (isNamed) {
    makeFolder(data)
    guardParent(data)
  }
  const folder = isNamed ? data : mkdtempSync(join(tmpdir(), 'plumbline-scenario-'))
  const isKept = isNamed || flag('keep')
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  if (!isKept) {
    process.once('exit', remove)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(EXIT.failed))
  }
  try {
    return await run(folder)
  } finally {
    if (isKept) say(`Kept: ${folder}`)
    else remove()
  }
}

/** On standard error, not too often. */
function progressOf(): (what: string, done: number, total: number) => void {
  let toldMs = Number.NEGATIVE_INFINITY
  return (what, done, total) => {
    if (done < total && performance.now() - toldMs < PROGRESS_EVERY_MS) return
    toldMs = performance.now()
    process.stderr.write(`${what}: ${done} of ${total}\n`)
  }
}

function tableOf(rows: readonly ScenarioRow[]): string {
  const differing = rows.filter(({ same }) => !same)
  const lines = rows.map(({ asset, name: what, planted, found, same, way }) => [
    asset,
    what,
    said(planted),
    said(found),
    `${same ? 'same' : 'DIFFERS'}${way === 'certificate' ? '' : ` (${way})`}`,
  ])
  const head = ['asset', 'planted is', 'planted', 'found', '']
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((line) => (line[i] as string).length)))
  const text = [head, ...lines].map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join('  ')
      .trimEnd(),
  )
  const details = differing.flatMap(({ asset, planted, found }) => [
    '',
    `${asset} differs:`,
    ...planted.findings.map((one) => `  planted ${one}`),
    ...found.findings.map((one) => `  found   ${one}`),
  ])
  const otherwise = rows.flatMap(({ asset, way, why }) => (why === null ? [] : [`${asset}: ${way}. ${why}`]))
  return [
    ...text,
    ...details,
    ...(otherwise.length === 0
      ? []
      : ['', 'Where a ledger comes to something else than the rule alone:', ...otherwise]),
  ].join('\n')
}

function said({ verdict, findings }: ScenarioRow['found']): string {
  const codes = findings.map((one) => (JSON.parse(one) as { code: string }).code)
  return codes.length === 0 ? verdict : `${verdict}: ${[...new Set(codes)].join(', ')}`
}
