import { randomBytes } from 'node:crypto'
import { basename, dirname } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Continuing, type Plan } from '../gateway/continue/continue-ledger.ts'
import { keptFolder } from '../gateway/continue/kept-ledger.ts'
import type { OldLedger } from '../gateway/continue/old-ledger.ts'
import { gatewaysUnder, type GatewayFolder } from '../gateway/folder/data-folder.ts'
import { nowUs } from '../gateway/wall-clock.ts'
import { toHex } from '../wire/bytes.ts'
import { continuesJson } from '../record/continues.ts'
import { printableLines, printed } from '../wire/printable.ts'
import { dataOption, type Command, type Invocation } from './command.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { progressOf } from './progress.ts'

export const recover: Command = {
  name: 'recover',
  usage: 'recover --continue [NAME...] [--data DIR] [--confirm NAME]',
  summary:
    'After the loss of a majority of the gateways, or of the newest disk of one that is alone: founds a ledger that continues the one\nthat is left, at its newest seal. The old ledger is checked wholly first and kept read-only. Where several gateways lie under the\ndata folder, name those that are left: the one with the longest ledger founds, the others begin anew with it. Stop them first.\nIt asks for the name of the founding gateway before anything is touched; an interrupted call is finished by another, or by the\nnext start.',
  options: {
    continue: { type: 'boolean', help: 'founds the ledger that continues the lost one' },
    confirm: { type: 'string', value: 'NAME', help: 'the name that is asked for, for scripts' },
  },
  async run(invocation) {
    if (!invocation.flag('continue'))
      throw new UsageError('say what to recover: recover --continue', 'See: plumbline recover --help')
    const folders = named(invocation)
    const continuing = new Continuing(folders, {
      nowUs: nowUs(),
      random: (bytes) => new Uint8Array(randomBytes(bytes)),
      onProgress: progressOf(),
    })
    try {
      const plan = continuing.plan()
      if (plan === null) return finished(invocation, folders)
      await confirm(invocation, plan)
      continuing.carryOut(plan)
      invocation.print(documentOf(plan), doneText(plan, dataOption(invocation)))
      return EXIT.ok
    } finally {
      continuing.close()
    }
  },
}

/** One gateway continues alone. Of several a person says which are left: a folder that is there may be the one that is given up. */
function named({ data, positionals }: Invocation): GatewayFolder[] {
  const all = gatewaysUnder(data)
  const names = all.map(({ root }) => basename(root))
  if (all.length === 0) throw new UsageError(`there is no gateway under ${data}`, 'Give its folder with --data DIR.')
  const unknown = positionals.find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new UsageError(`there is no gateway "${unknown}" under ${data}`, `There are: ${names.join(', ')}.`)
  if (all.length === 1) return all
  if (positionals.length === 0)
    throw new UsageError(
      `there are ${all.length} gateways under ${data}: ${names.join(', ')}`,
      'Name those that are left: plumbline recover --continue NAME...',
    )
  return all.filter((_, i) => positionals.includes(names[i] as string))
}

/** Throws UsageError unless the name is given. */
async function confirm({ text, say }: Invocation, plan: Plan): Promise<void> {
  const given = text('confirm')
  const { founder } = plan
  if (given === undefined) {
    if (!process.stdin.isTTY)
      throw new UsageError(
        'nobody is there to confirm it: standard input is no terminal',
        `Nothing was touched. To go on without being asked: --confirm ${founder}`,
      )
    say(planText(plan))
  }
  const name = given ?? (await ask(printed`Type ${founder} to go on: `))
  if (name === null) throw new UsageError('cancelled', 'Nothing was touched.')
  if (name.trim() !== founder)
    throw new UsageError(
      `"${name.trim()}" is not ${founder}, the gateway whose ledger is continued`,
      'Nothing was touched.',
    )
}

/** null where the person gives up: Ctrl+C, or the end of input. */
async function ask(question: string): Promise<string | null> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const ended = new Promise<null>((resolve) => terminal.once('close', () => resolve(null)))
  terminal.once('SIGINT', () => terminal.close())
  try {
    return await Promise.race([terminal.question(printableLines(question)), ended])
  } finally {
    terminal.close()
  }
}

function planText(plan: Plan): string {
  const { founder, continues, leaving, voters, leftOut } = plan
  return [
    printed`${founder} founds a ledger that continues ${shortOrigin(continues.origin)}`,
    printed`  at ${continues.size.toLocaleString('en')} entries, root ${toHex(continues.root).slice(0, 16)}…`,
    ...leaving.flatMap(leavingLines),
    printed`  The new ledger begins with entry 0. Its gateways: ${voters.join(', ')}.`,
    ...(leftOut.length === 0
      ? []
      : [printed`  Left out: ${leftOut.join(', ')}. They must never be started on the old ledger again.`]),
    '  Certificates of the old ledger stay verifiable, by its own policy.',
    '  Sources, streams and assets are opened anew in the new ledger at the next start.',
    '  Everybody who checks certificates must pin the policy of the new channel.',
    'There is no way back from this.',
  ].join('\n')
}

function leavingLines({ name, folder, channel, entries, head, queue }: OldLedger): string[] {
  const until = `${new Date(head.timeUs / 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  const unsealed = entries - head.size
  return [
    printed`  ${name}: its ledger was checked and is unchanged: ${counted(head.size, 'sealed entry', 'sealed entries')}, up to ${until}. It is kept, read-only, in`,
    printed`    ${keptFolder(folder, channel).root}`,
    ...(unsealed === 0
      ? []
      : [
          `    Behind its newest seal it has ${counted(unsealed, 'entry', 'entries')} that stay there, and are not continued.`,
        ]),
    `    ${queueLine(queue)}`,
  ]
}

function queueLine({ statements, readings, refused }: OldLedger['queue']): string {
  if (statements + refused === 0) return 'Nothing waits in its queue.'
  const more = refused === 0 ? '' : `, and ${counted(refused, 'statement that was', 'statements that were')} refused`
  return `In its queue wait ${counted(statements, 'statement', 'statements')} with ${counted(readings, 'reading', 'readings')}${more}. They stay there, and are part of no ledger.`
}

/** The channel's id has 64 digits; nobody reads them aloud. */
function shortOrigin(origin: string): string {
  return origin.length > 40 ? `${origin.slice(0, -48)}…` : origin
}

function counted(number: number, one: string, many: string): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`
}

function documentOf({ founder, continues, leaving, voters, leftOut }: Plan): unknown {
  return {
    founder,
    continues: continuesJson({ continues }),
    voters,
    leftOut,
    gateways: leaving.map(({ name, folder, channel, entries, head, queue }) => ({
      name,
      kept: keptFolder(folder, channel).root,
      entries,
      sealed: head.size,
      queue,
    })),
  }
}

function doneText(plan: Plan, option: string): string {
  const { founder, continues, leaving } = plan
  return [
    printed`${founder} has founded a ledger that continues ${shortOrigin(continues.origin)} at ${continues.size.toLocaleString('en')} entries.`,
    ...leaving.map(
      ({ name, folder, channel }) => printed`  ${name}: the old ledger is in ${keptFolder(folder, channel).root}`,
    ),
    'Start it:',
    ...leaving.map(({ folder }) => printed`  plumbline start --config ${folder.config} --data ${dirname(folder.root)}`),
    printed`The new policy is then printed by plumbline log policy${option}. Give it to everybody who checks certificates.`,
  ].join('\n')
}

function finished({ print }: Invocation, folders: readonly GatewayFolder[]): number {
  const names = folders.map(({ root }) => basename(root))
  print(
    { founder: null, gateways: names.map((name) => ({ name })) },
    printed`${names.join(', ')}: a ledger that continues the old one is founded already. Start it.`,
  )
  return EXIT.ok
}
