/** The command line. Exit statuses: `exit-status.ts`. */
import { keepCompiled } from './compile-cache.ts'
import { invocationOf, helpOf, type Command } from './command.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { VERSION } from '../gateway/version.ts'
import { nearest } from '../wire/near-match.ts'
import { printableJson, printableLines } from '../wire/printable.ts'
import { printedError, toldOf } from '../wire/plumbline-error.ts'

/** Each command's module is loaded only when it is called: most need neither the addon nor the network. */
const COMMANDS: Record<string, { summary: string; load: () => Promise<Command> }> = {
  demo: {
    summary: 'a demo plant: three gateways and simulated machines',
    load: async () => (await import('./demo.ts')).demo,
  },
  start: { summary: 'one gateway on its own configuration', load: async () => (await import('./start.ts')).start },
  status: {
    summary: 'whether everything is running and unchanged',
    load: async () => (await import('./status.ts')).status,
  },
  console: {
    summary: 'a new sign-in link for a running gateway',
    load: async () => (await import('./console.ts')).consoleLink,
  },
  person: {
    summary: 'who may sign in and sign: list, enrol, reset, end, sign, signers',
    load: async () => (await import('./person.ts')).person,
  },
  time: {
    summary: 'the clocks of running gateways; confirm one that is in doubt',
    load: async () => (await import('./time.ts')).time,
  },
  condition: {
    summary: 'what should not be so on a gateway: list, acknowledge, shelve, unshelve',
    load: async () => (await import('./condition.ts')).condition,
  },
  certificate: {
    summary: 'issue and list certificates',
    load: async () => (await import('./certificate.ts')).certificate,
  },
  verify: { summary: 'check a certificate, offline', load: async () => (await import('./verify.ts')).verify },
  asset: {
    summary: 'what evidence is about: list, show, history, register',
    load: async () => (await import('./asset.ts')).asset,
  },
  event: {
    summary: 'have an event signed: an asset registered, a document added or handed on',
    load: async () => (await import('./event.ts')).event,
  },
  key: {
    summary: 'the keys that sign: list, rotate, suspend, restore, revoke',
    load: async () => (await import('./key.ts')).key,
  },
  pending: { summary: 'acts that wait for others', load: async () => (await import('./act.ts')).pending },
  approve: { summary: 'agree to an act', load: async () => (await import('./act.ts')).approve },
  decline: { summary: 'say no to an act', load: async () => (await import('./act.ts')).decline },
  withdraw: { summary: 'take an act of your own back', load: async () => (await import('./act.ts')).withdraw },
  pack: {
    summary: 'the rules that judge: check, list, propose, diff, replay, activate, retire',
    load: async () => (await import('./pack.ts')).pack,
  },
  channel: {
    summary: 'found a channel of several gateways: describe, found, join',
    load: async () => (await import('./channel.ts')).channel,
  },
  trust: { summary: 'pin the policy of a channel', load: async () => (await import('./trust.ts')).trust },
  export: {
    summary: 'readings of a range as CSV, JSON lines or Parquet, each with its proof place',
    load: async () => (await import('./export.ts')).exportCommand,
  },
  repair: {
    summary: 'repair a damaged record from the other gateways',
    load: async () => (await import('./repair.ts')).repair,
  },
  fsck: { summary: 'hash the whole record again', load: async () => (await import('./fsck.ts')).fsckCommand },
  recover: {
    summary: 'found a ledger that continues a lost one',
    load: async () => (await import('./recover.ts')).recover,
  },
  log: { summary: 'checkpoint, policy and proofs as C2SP texts', load: async () => (await import('./log.ts')).log },
  scenario: {
    summary: 'plant faults, record them by simulated gateways, and see them found',
    load: async () => (await import('./scenario.ts')).scenario,
  },
  service: {
    summary: 'run a gateway as a service of this machine',
    load: async () => (await import('./service.ts')).service,
  },
  config: {
    summary: 'check a configuration, print its schema',
    load: async () => (await import('./config.ts')).config,
  },
}

const LEFT_OPEN_MS = 5_000
/** Of the command that is run. */
let usageStatus: number = EXIT.usage

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length))
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  return `Plumbline ${VERSION}: records what machines measured, so that anyone can check it.\n\nusage: plumbline COMMAND [options]\n\n${rows.join('\n')}\n\nplumbline COMMAND --help says what a command takes.`
}

async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${overview()}\n`)
    return name === undefined ? EXIT.usage : EXIT.ok
  }
  if (name === '--version' || name === 'version') {
    process.stdout.write(`${VERSION}\n`)
    return EXIT.ok
  }
  const found = COMMANDS[name]
  if (found === undefined) {
    const names = Object.keys(COMMANDS)
    throw new UsageError(`there is no command "${name}".${nearest(name, names)}`, `Commands: ${names.join(', ')}.`)
  }
  const command = await found.load()
  usageStatus = command.usageStatus ?? EXIT.usage
  const invocation = invocationOf(command, rest)
  if (invocation === 'help') {
    process.stdout.write(`${helpOf(command)}\n`)
    return EXIT.ok
  }
  return await command.run(invocation)
}

const SYSTEM_NEXT = 'Check that path or address, and the rights of this account.'

/** Operating errors, and what the system says of files and sockets; anything else is a mistake of ours and shows its stack. */
function report(error: unknown): number {
  const { code, stack } = error as { code?: unknown; stack?: string }
  if (typeof code !== 'string') {
    complain(`this should not happen, please report it:\n${stack ?? String(error)}`)
    return EXIT.failed
  }
  const told = toldOf(error, { code, next: SYSTEM_NEXT })
  complain(printedError(told))
  // The arguments may be what is wrong: they are asked as they stand.
  if (process.argv.includes('--json'))
    process.stdout.write(`${printableJson(JSON.stringify({ error: told }, null, 2))}\n`)
  return error instanceof UsageError || code.startsWith('config_') ? usageStatus : EXIT.failed
}

/** A message may quote what stands in a file. */
function complain(text: string): void {
  process.stderr.write(`plumbline: ${printableLines(text)}\n`)
}

// Whatever this process or one of its children writes is for its own account; modes that are asked for are limited by it too.
if (process.platform !== 'win32') process.umask(0o077)
keepCompiled()
process.exitCode = await run(process.argv.slice(2)).catch(report)
// What a command left open must not keep its process: nobody would know that it is over.
setTimeout(() => process.exit(), LEFT_OPEN_MS).unref()
