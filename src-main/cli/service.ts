import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { quoted } from '../gateway/folder/folder-guard.ts'
import { printed } from '../wire/printable.ts'
import type { Command, Invocation } from './command.ts'
import { EXIT, UsageError } from './exit-status.ts'
import {
  COMMAND_FILE,
  isUnitPath,
  SERIAL_GROUPS,
  SERVICE_ACCOUNT,
  serviceCommand,
  serviceUnit,
  UNIT_FILE,
  WRITTEN_HERE,
  type ServiceParts,
} from './service-unit.ts'

const DATA = '/var/lib/plumbline'
const OTHERS_READ = 0o005
const OTHERS_WRITE = 0o022
/** In such a folder only the owner of a file may put another in its place (POSIX: S_ISVTX). */
const STICKY = 0o1000

/** One thing that is done to the machine: said first, then done. */
interface Step {
  readonly said: string
  readonly act: () => void
}

export const service: Command = {
  name: 'service',
  usage: 'service install | uninstall | unit [--data DIR] [--dry-run] [--root DIR]',
  summary: `Runs one gateway as a service of systemd, from the start of the machine on, as the account "${SERVICE_ACCOUNT}". \`unit\` prints its unit file.`,
  options: {
    'dry-run': { type: 'boolean', help: 'say what would be done, do nothing' },
    root: {
      type: 'string',
      value: 'DIR',
      help: 'write the files below DIR, as for an image that is being made; accounts and services of this machine stay as they are',
    },
  },
  async run(invocation) {
    const { positionals, text } = invocation
    const parts: ServiceParts = {
      node: process.execPath,
      program: fileURLToPath(new URL('main.ts', import.meta.url)),
      data: dataOf(text('data')),
      serialGroup: SERIAL_GROUPS.find((group) => isKnown('group', group)) ?? null,
    }
    for (const path of [parts.node, parts.program, parts.data]) {
      if (!isUnitPath(path))
        throw new UsageError(
          printed`systemd takes no path like ${path}`,
          'Use one without quotes, backslashes, dollar signs and control characters.',
        )
    }
    switch (positionals[0]) {
      case 'unit':
        process.stdout.write(serviceUnit(parts))
        return EXIT.ok
      case 'install':
        return perform(invocation, installing(parts, targetOf(invocation)), [
          `Configuration: ${parts.data}/gateway.yaml, written by the first start; after a change: systemctl restart plumbline.`,
          'Next: plumbline status, then plumbline person enrol NAME --role member-admin.',
          'What it writes to its terminal: journalctl -u plumbline.',
        ])
      case 'uninstall':
        return perform(invocation, uninstalling(targetOf(invocation)), [
          `What was recorded is kept in ${parts.data}, and so is the account "${SERVICE_ACCOUNT}" that owns it.`,
        ])
      default:
        throw new UsageError(
          positionals[0] === undefined
            ? 'service needs to know what to do'
            : printed`there is no "service ${positionals[0]}"`,
          'One of: service install, service uninstall, service unit.',
        )
    }
  },
}

function dataOf(given: string | undefined): string {
  const data = resolve(given ?? DATA)
  if (data.endsWith('/plumbline')) return data
  throw new UsageError(
    `the data folder of a service is called "plumbline", not ${data}`,
    `For instance: --data ${DATA}`,
  )
}

interface Target {
  /** Below which files are written; empty: this machine. */
  readonly root: string
  /** Nothing is done, so this machine and this account need not be those it is done on. */
  readonly isDry: boolean
}

function targetOf({ text, flag }: Invocation): Target {
  const root = text('root')
  return { root: root === undefined ? '' : resolve(root), isDry: flag('dry-run') }
}

function perform({ flag, say, print, json }: Invocation, steps: readonly Step[], then: readonly string[]): number {
  for (const { said, act } of steps) {
    say(said)
    if (!flag('dry-run')) act()
  }
  if (json) print({ steps: steps.map(({ said }) => said), done: !flag('dry-run') }, '')
  else if (flag('dry-run')) say('Nothing of this was done.')
  else for (const line of then) say(line)
  return EXIT.ok
}

/** Throws UsageError where this machine, this account or the place of the program does not allow it. */
function installing(parts: ServiceParts, { root, isDry }: Target): Step[] {
  for (const file of [parts.program, parts.node]) {
    refuseHidden(file)
    if (root === '') refuseForeign(file)
  }
  const files = [
    writing(root + UNIT_FILE, serviceUnit(parts), 0o644),
    writing(root + COMMAND_FILE, serviceCommand(parts), 0o755),
  ]
  if (root !== '') return files
  if (!isDry) refuseWithoutSystemd()
  return [
    ...(isKnown('passwd', SERVICE_ACCOUNT) ? [] : [makingAccount(parts.data)]),
    running('install', '-d', '-m', '700', '-o', SERVICE_ACCOUNT, '-g', SERVICE_ACCOUNT, parts.data),
    ...files,
    running('systemctl', 'daemon-reload'),
    running('systemctl', 'enable', 'plumbline.service'),
    // One that runs already is of the version before.
    running('systemctl', 'restart', 'plumbline.service'),
  ]
}

function uninstalling({ root, isDry }: Target): Step[] {
  const files = [UNIT_FILE, COMMAND_FILE].map((file) => root + file).filter((file) => isOurs(file))
  const removals = files.map((file) => ({ said: `remove ${file}`, act: () => rmSync(file) }))
  if (root !== '') return removals
  if (!isDry) refuseWithoutSystemd()
  if (files.length === 0)
    throw new UsageError('there is no service of Plumbline on this machine', `It would be ${UNIT_FILE}.`)
  return [
    running('systemctl', 'disable', '--now', 'plumbline.service'),
    ...removals,
    running('systemctl', 'daemon-reload'),
  ]
}

function writing(file: string, content: string, mode: number): Step {
  return {
    said: `write ${file}`,
    act: () => {
      if (!isOurs(file) && lstatSync(file, { throwIfNoEntry: false }) !== undefined)
        throw new UsageError(`${file} is there already, and not from here`, 'Move it away, then run this again.')
      mkdirSync(dirname(file), { recursive: true, mode: 0o755 })
      const half = `${file}.new`
      rmSync(half, { force: true })
      writeFileSync(half, content, { mode, flag: 'wx' })
      // The umask of this process is for secrets; these are read by others.
      chmodSync(half, mode)
      renameSync(half, file)
    },
  }
}

function makingAccount(data: string): Step {
  const home = ['--home-dir', data, '--no-create-home', '--shell', '/usr/sbin/nologin']
  return running('useradd', '--system', '--user-group', ...home, SERVICE_ACCOUNT)
}

function running(program: string, ...args: string[]): Step {
  return {
    said: [program, ...args].map((word) => (/^[\w/.=-]+$/.test(word) ? word : quoted(word))).join(' '),
    act: () => {
      execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    },
  }
}

/** Whether this machine has an account or a group of that name, wherever it keeps them (getent(1)). */
function isKnown(database: 'passwd' | 'group', name: string): boolean {
  try {
    execFileSync('getent', [database, name], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The account of the service reads the program, and has no right by name. */
function refuseHidden(file: string): void {
  for (let path = file; ; path = dirname(path)) {
    if ((statSync(path).mode & OTHERS_READ) !== OTHERS_READ && !(path === file && isReadable(path)))
      throw new UsageError(
        `the service runs as an account of its own, which may not read ${path}`,
        'Put Plumbline where every account may read it, for instance below /opt, and run this again there.',
      )
    if (path === dirname(path)) return
  }
}

/** Whether it is a file that an installation before this one wrote: no link, and nobody else's. */
function isOurs(file: string): boolean {
  return (
    lstatSync(file, { throwIfNoEntry: false })?.isFile() === true && readFileSync(file, 'utf8').includes(WRITTEN_HERE)
  )
}

/** Whoever may change the program, or a folder on the way to it, has what the service has, and at the next upgrade the machine. */
function refuseForeign(file: string): void {
  for (let path = file; ; path = dirname(path)) {
    const { uid, mode } = statSync(path)
    if (uid !== 0 || ((mode & OTHERS_WRITE) !== 0 && (mode & STICKY) === 0))
      throw new UsageError(
        `another account than the system's own may change ${path}`,
        'Put Plumbline where only root writes, for instance: sudo git clone URL /opt/plumbline.',
      )
    if (path === dirname(path)) return
  }
}

/** A file need not be executable to be read. */
function isReadable(file: string): boolean {
  return (statSync(file).mode & 0o004) !== 0
}

function refuseWithoutSystemd(): void {
  if (!existsSync(join('/run', 'systemd', 'system')))
    throw new UsageError(
      'systemd does not run on this machine',
      'plumbline service unit prints the unit; with another supervisor, run as an account of its own: plumbline start.',
    )
  if (process.getuid?.() !== 0)
    throw new UsageError("a service is installed by the system's own account", 'Run it with sudo.')
}
