/** People who sign on the ledger: put there by an admin's key, and listed. */
import type { Persons, SaidByPerson } from '../endpoints/person-calls.ts'
import type { Runtime } from '../gateway/folder/runtime-file.ts'
import { printable, printed } from '../wire/printable.ts'
import type { Invocation } from './command.ts'
import { call } from './daemon-client.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { passphraseOf } from './passphrase-input.ts'
import { runningChannel } from './running-gateway.ts'
import { saidAs, tell, type Told } from './signer-option.ts'

/** `person sign NAME`: the first admin of a gateway by the gateway itself, everybody else by an admin's key. */
export async function signs(invocation: Invocation, names: string[]): Promise<number> {
  const { text } = invocation
  const [name] = names
  if (name === undefined || names.length > 1) throw new UsageError('person sign takes one name: who is to sign')
  const runtime = runningChannel(invocation)
  const person = { name, passphrase: await passphraseOf(name, text('passphrase-file')) }
  const admin = text('as')
  const by =
    admin === undefined ? null : { name: admin, passphrase: await passphraseOf(admin, text('as-passphrase-file')) }
  const said = await call<SaidByPerson>(runtime, 'POST', '/api/persons', { person, by })
  return tell(invocation, runtime, said, {
    by: admin ?? runtime.name,
    type: 'person.enrolled',
    what: `that ${name} signs on the ledger`,
  })
}

/** `person move NAME`: somebody whom another gateway of the same owner keeps signs at this one from now on. */
export async function moves(invocation: Invocation, names: string[]): Promise<number> {
  const { text } = invocation
  const [name] = names
  if (name === undefined || names.length > 1) throw new UsageError('person move takes one name: who is to sign here')
  const runtime = runningChannel(invocation)
  const { persons } = await call<Persons>(runtime, 'GET', '/api/persons')
  const from = text('from')
  const found = persons.filter(
    (one) =>
      one.name === name && one.endedAt === null && one.member !== runtime.name && (from ?? one.member) === one.member,
  )
  const [only] = found
  if (only === undefined || found.length > 1)
    throw new UsageError(
      only === undefined
        ? `nobody called ${printable(name)} signs at ${from === undefined ? 'another gateway' : printable(from)}`
        : `${found.length} people are called ${printable(name)}`,
      only === undefined
        ? 'plumbline person signers lists who signs where.'
        : `Say where from: ${found.map(({ member }) => `--from ${member}`).join(', ')}.`,
    )
  const admin = text('as')
  if (admin === undefined) throw new UsageError('say which admin of this gateway signs: --as ADMIN')
  const said = await call<SaidByPerson>(runtime, 'POST', '/api/persons', {
    person: { name, passphrase: await passphraseOf(name, text('passphrase-file')) },
    by: { name: admin, passphrase: await passphraseOf(admin, text('as-passphrase-file')) },
    from: only.id,
  })
  return tell(invocation, runtime, said, {
    by: admin,
    type: 'person.moved',
    what: `that ${name} signs at ${runtime.name}, and no more at ${only.member}`,
  })
}

/** Ends a person on the ledger, too, where it signs at this gateway; null where there is nothing to end, or nobody says so. */
export async function endedOnLedger(invocation: Invocation, name: string): Promise<Told | null> {
  const { text } = invocation
  const admin = text('as')
  if (admin === undefined) return null
  const runtime = runningChannel(invocation)
  const { persons } = await call<Persons>(runtime, 'GET', '/api/persons')
  // Also where it is off the list already.
  const known = persons.find((one) => one.member === runtime.name && one.name === name && one.endedAt === null)
  if (known === undefined) return null
  const as = { name: admin, passphrase: await passphraseOf(admin, text('as-passphrase-file')) }
  return await saidAs(runtime, as, {
    type: 'person.ended',
    body: { person: known.id, reason: text('reason') ?? 'Taken off the list of those who may sign in.' },
    what: `that ${name} signs no more`,
  })
}

/** Whether a person is one whom the ledger still knows as this gateway's; false where the gateway does not run. */
export async function stillSigns(runtime: Runtime | null, name: string): Promise<boolean> {
  if (runtime === null) return false
  const { persons } = await call<Persons>(runtime, 'GET', '/api/persons')
  return persons.some((one) => one.member === runtime.name && one.name === name && one.endedAt === null)
}

/** `person signers`: of all members, with what they may. */
export async function signers(invocation: Invocation, names: string[]): Promise<number> {
  if (names.length > 0) throw new UsageError('person signers takes no name')
  const runtime = runningChannel(invocation)
  const { persons, policy, recovery } = await call<Persons>(runtime, 'GET', '/api/persons')
  invocation.print(
    { gateway: runtime.name, policy, recovery, persons },
    [
      ...persons.map(personLine),
      ...(persons.length === 0 ? ['Nobody signs on the ledger yet: plumbline person sign NAME, an admin first.'] : []),
      policy.approvals === 0
        ? 'Whoever proposes an act does it alone (channel.policy).'
        : `An act takes effect once ${policy.approvals} ${policy.approvals === 1 ? 'other agrees' : 'others agree'}; it is open for ${policy.openDays} days.`,
      recovery === null
        ? `No recovery codes: if the last admin of ${runtime.name} can sign no more, nobody can. plumbline person codes --as ADMIN makes some.`
        : `${recovery.need} of ${recovery.of} recovery codes, set by entry ${recovery.setAt}, name a new admin of ${runtime.name}.`,
    ].join('\n'),
  )
  return EXIT.ok
}

function personLine({
  name,
  roles,
  member,
  keys,
  suspendedUntilUs,
  endedAt,
  here,
}: Persons['persons'][number]): string {
  const key = keys.find(({ to }) => to === null)
  const state =
    endedAt !== null
      ? `, signs no more since entry ${endedAt}`
      : suspendedUntilUs !== null
        ? `, suspended until ${new Date(suspendedUntilUs / 1000).toISOString()}`
        : ''
  return printed`${name}  ${roles.join(', ')}  ${member}${here ? ', here' : ''}  key ${key?.id ?? 'none'}` + state
}
