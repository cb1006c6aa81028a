import { basename } from 'node:path'
import type { Logger } from 'pino'
import { THIS_MACHINE } from '../endpoints/at-this-machine.ts'
import { roles, type Role } from '../endpoints/model.ts'
import type { EnrolledPeople } from '../endpoints/people-calls.ts'
import { Enrolment } from '../api/enrolment.ts'
import type { Caller } from '../api/handlers.ts'
import { People } from '../api/people.ts'
import { sessionFile } from '../api/session-file.ts'
import { Sessions } from '../api/sessions.ts'
import { gatewaysUnder, type GatewayFolder } from '../gateway/folder/data-folder.ts'
import { guardFolder } from '../gateway/folder/folder-guard.ts'
import { lockFolder } from '../gateway/folder/folder-lock.ts'
import { readRuntime } from '../gateway/folder/runtime-file.ts'
import { nowUs } from '../gateway/wall-clock.ts'
import { printed } from '../wire/printable.ts'
import { call } from './daemon-client.ts'
import { openLog } from './daemon-log.ts'
import { channelOption } from './channel-option.ts'
import { dataOption, type Command, type Invocation } from './command.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { noGateway } from './folder-option.ts'
import { roleOption } from './role-option.ts'
import { newPassphrase } from './passphrase-input.ts'
import { codes, recovers } from './person-recovery.ts'
import { endedOnLedger, moves, signers, signs, stillSigns } from './person-signs.ts'

/** Whoever may write to the folder may do all of it: the same who can read the daemon's token. */
const AT_THE_MACHINE: Caller = { name: THIS_MACHINE, role: 'member-admin', via: 'token' }

export const person: Command = {
  name: 'person',
  usage:
    'person list | person enrol NAME --role ROLE | person reset NAME [--give-up-key] | person end NAME [--as ADMIN] | person sign NAME [--as ADMIN] | person signers | person move NAME --as ADMIN | person codes --as ADMIN | person recover NAME',
  summary:
    'Who may sign in at a gateway, whether it runs or not.\nlist: everybody, with role and last sign-in. enrol: puts a person on the list. reset: a new passphrase. end: takes a person off the list; with --as also\non the ledger, where it signs.\nreset and end also end what the person has open, at once.\nsign: has somebody on the list of a running gateway sign on the ledger, too, by a key that the passphrase opens; an admin says so by its own\nkey (--as), the first admin the gateway itself. signers: who signs there, of all members.\nmove: somebody who signs at another gateway of the same owner signs at this one; enrol it here first, under exactly the same name. codes: recovery codes on paper, of which some together\nmake somebody admin at any time, whatever the policy; recover: by them, somebody on the list who does not sign yet, or an admin whose key is lost. The passphrase is asked for on the terminal, twice, and never shown.\nExit status: 0 done; 1 refused by the ledger, 2 signed and waiting for a majority (sign); 3 refused, such as a name that is taken or is not there, and nothing was changed; 64 wrong usage.',
  options: {
    from: { type: 'string', value: 'GATEWAY', help: 'move: where the person signs now, where several have the name' },
    need: { type: 'string', value: 'M', help: 'codes: how many of them name an admin (default: 2)' },
    of: { type: 'string', value: 'N', help: 'codes: how many to make (default: 3)' },
    'codes-file': {
      type: 'string',
      value: 'FILE',
      help: 'recover: read the codes from FILE, one a line, or standard input where FILE is -',
    },
    reason: { type: 'string', value: 'TEXT', help: 'end --as: why, for the ledger' },
    gateway: { type: 'string', value: 'NAME', help: 'which gateway; each has a list of its own (list: default all)' },
    role: { type: 'string', value: 'ROLE', help: `enrol: one of ${roles.join(', ')}` },
    'passphrase-file': {
      type: 'string',
      value: 'FILE',
      help: 'enrol, reset, sign, move, recover: read the passphrase from the first line of FILE instead, or of standard input where FILE is -',
    },
    as: { type: 'string', value: 'ADMIN', help: 'sign, end, move, codes: the admin that says so, by its own key' },
    'as-passphrase-file': {
      type: 'string',
      value: 'FILE',
      help: 'read the passphrase of --as from the first line of FILE',
    },
    'give-up-key': {
      type: 'boolean',
      help: 'reset: also where the key that the lost passphrase opens is the last by which an admin signs on a ledger',
    },
    channel: channelOption,
  },
  async run(invocation) {
    const [what, ...names] = invocation.positionals
    if (what === 'list') return await list(invocation, names)
    if (what === 'sign') return await signs(invocation, names)
    if (what === 'signers') return await signers(invocation, names)
    if (what === 'move') return await moves(invocation, names)
    if (what === 'codes') return await codes(invocation, names)
    if (what === 'recover') return await recovers(invocation, names)
    if (what === 'enrol' || what === 'reset' || what === 'end') return await change(what, invocation, names)
    throw new UsageError(
      what === undefined ? 'say what to do' : `person ${what}: there is nothing of that name to do`,
      'One of: person list, person enrol NAME --role ROLE, person reset NAME, person end NAME, person sign NAME, person signers, person move NAME, person codes, person recover NAME.',
    )
  },
}

async function list(invocation: Invocation, names: string[]): Promise<number> {
  if (names.length > 0) throw new UsageError('person list takes no name')
  const gateways = await Promise.all(
    foldersOf(invocation).map(async (folder) => ({
      gateway: basename(folder.root),
      people: (await listOf(folder)).people,
    })),
  )
  const lines = gateways.flatMap(({ gateway, people }) => [
    ...(gateways.length > 1 ? [printed`${gateway}:`] : []),
    ...table(people),
  ])
  const hint = `Enrol one: plumbline person enrol NAME --role member-admin${dataOption(invocation)}`
  invocation.print(
    { gateways },
    [...lines, ...(gateways.some(({ people }) => people.length === 0) ? [hint] : [])].join('\n'),
  )
  return EXIT.ok
}

type Row = EnrolledPeople['people'][number]

function table(people: readonly Row[]): string[] {
  if (people.length === 0) return ['Nobody is on the list.']
  const rows = [
    ['NAME', 'ROLE', 'LAST SIGN-IN', 'ENROLLED BY', 'PASSPHRASE RESET'],
    ...people.map(({ name, role, lastSignInAtUs, enrolledBy, resetAtUs, resetBy }) => [
      printed`${name}`,
      role,
      lastSignInAtUs === null ? 'never' : timeOf(lastSignInAtUs),
      enrolledBy === null ? 'not known' : printed`${enrolledBy}`,
      resetAtUs === null ? 'none known' : printed`${timeOf(resetAtUs)} by ${resetBy ?? 'not known'}`,
    ]),
  ]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function timeOf(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString()
}

async function change(what: 'enrol' | 'reset' | 'end', invocation: Invocation, names: string[]): Promise<number> {
  const { text, print, say } = invocation
  const [name] = names
  if (name === undefined || names.length > 1)
    throw new UsageError(
      name === undefined
        ? `person ${what}: which person?`
        : `person ${what} takes one name; ${names.length} were given`,
      'A name with spaces stands in quotes: "A. Berger".',
    )
  if (name.trim() === '') throw new UsageError(`person ${what}: the name is empty`, 'Give one such as "A. Berger".')
  if (what === 'end' && text('passphrase-file') !== undefined) throw new UsageError('person end needs no passphrase')
  const role = roleOption(text('role'))
  if (what === 'enrol' && role === undefined)
    throw new UsageError('person enrol: which role? --role ROLE', `Roles: ${roles.join(', ')}.`)
  if (what !== 'enrol' && role !== undefined)
    throw new UsageError(`person ${what} takes no --role`, 'For another role end the person and enrol it anew.')
  const givesUpKey = invocation.flag('give-up-key')
  if (givesUpKey && what !== 'reset') throw new UsageError(`person ${what} gives up no key: --give-up-key is for reset`)
  const folder = onlyFolder(invocation)
  const onLedger = what === 'end' ? await endedOnLedger(invocation, name) : null
  if (onLedger?.status === EXIT.changed) {
    // Refused there, it stays here as it is.
    print(onLedger.json, onLedger.line)
    return onLedger.status
  }
  const secret = what === 'end' ? '' : await newPassphrase(name, text('passphrase-file'))
  const gateway = basename(folder.root)
  const hint =
    what === 'end' && onLedger === null && (await stillSigns(readRuntime(folder.runtime), name).catch(() => false))
      ? [
          printed`On the ledger ${name} stands as one who signs, by a key that is gone from here: plumbline person end "${name}" --as ADMIN ends it there.`,
        ]
      : []
  const ended = await done(folder, { what, name, role, passphrase: secret, givesUpKey }, say)
  const sessions = ended === 1 ? '1 session was ended' : `${ended} sessions were ended`
  const told = {
    enrol: printed`${name} may sign in at ${gateway} as ${role ?? ''}.`,
    reset: printed`${name} has a new passphrase at ${gateway}; ${sessions}. Whoever signed on a ledger has a new key with it, which signs nothing until an admin names it (plumbline person sign NAME --as ADMIN), or recovery codes do (person recover NAME).`,
    end: printed`${name} is off the list of ${gateway}; ${sessions}.`,
  }
  print(
    {
      gateway,
      name,
      done: what,
      ...(role === undefined ? {} : { role }),
      sessionsEnded: ended,
      ...(onLedger && { ledger: onLedger.json }),
    },
    [told[what], ...(onLedger === null ? hint : [onLedger.line])].join('\n'),
  )
  return EXIT.ok
}

interface Change {
  what: 'enrol' | 'reset' | 'end'
  name: string
  role: Role | undefined
  passphrase: string
  givesUpKey: boolean
}

/** By the daemon where it runs, since it holds the list; else in the folder. Gives how many sessions were ended. */
async function done(folder: GatewayFolder, change: Change, say: (line: string) => void): Promise<number> {
  const { what, name, role = 'auditor', passphrase, givesUpKey } = change
  const runtime = readRuntime(folder.runtime)
  if (runtime !== null) {
    if (what === 'enrol') {
      await call(runtime, 'POST', '/api/people', { name, role, passphrase })
      return 0
    }
    const body = what === 'reset' ? { name, passphrase, givesUpKey } : { name }
    return (await call<{ ended: number }>(runtime, 'POST', `/api/people/${what}`, body)).ended
  }
  for (const line of guardFolder(folder)) say(line)
  const unlock = lockFolder(folder, basename(folder.root))
  try {
    const enrolment = enrolmentOf(folder, openLog(basename(folder.root), folder.log))
    if (what === 'end') return enrolment.end(name, AT_THE_MACHINE)
    if (what === 'reset') return await enrolment.reset(name, passphrase, AT_THE_MACHINE)
    await enrolment.enrol({ name, role, passphrase }, AT_THE_MACHINE)
    return 0
  } finally {
    unlock()
  }
}

/** Reading takes no lock: the file is replaced whole. */
async function listOf(folder: GatewayFolder): Promise<EnrolledPeople> {
  const runtime = readRuntime(folder.runtime)
  if (runtime !== null) return await call<EnrolledPeople>(runtime, 'GET', '/api/people/enrolled')
  return enrolmentOf(folder, { info: () => {}, warn: () => {} }).list(AT_THE_MACHINE)
}

function enrolmentOf(folder: GatewayFolder, log: Pick<Logger, 'info' | 'warn'>): Enrolment {
  return new Enrolment({
    people: People.open(folder.people, roles),
    sessions: new Sessions<Role>({ nowUs, store: sessionFile(folder.sessions, log) }),
    log,
    nowUs,
  })
}

function foldersOf({ data, text }: Invocation): GatewayFolder[] {
  const folders = gatewaysUnder(data)
  const wanted = text('gateway')
  const found = folders.filter(({ root }) => wanted === undefined || basename(root) === wanted)
  if (found.length > 0) return found
  throw noGateway(
    data,
    wanted,
    folders.map(({ root }) => basename(root)),
  )
}

function onlyFolder(invocation: Invocation): GatewayFolder {
  const [first, ...others] = foldersOf(invocation) as [GatewayFolder, ...GatewayFolder[]]
  if (others.length === 0) return first
  throw new UsageError(
    `there are ${others.length + 1} gateways under ${invocation.data}, each with a list of people of its own`,
    `Say which: --gateway ${basename(first.root)}, for one. All: ${[first, ...others].map(({ root }) => basename(root)).join(', ')}.`,
  )
}
