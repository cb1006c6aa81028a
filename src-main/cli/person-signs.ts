/** People who sign on the ledger: put there by an admin's key, and listed. */
import type { Persons, SaidByPerson } from '../endpoints/person-calls.ts'
import { printed } from '../wire/printable.ts'
import type { Invocation } from './command.ts'
import { call } from './daemon-client.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { passphraseOf } from './passphrase-input.ts'
import { runningChannel } from './running-gateway.ts'
import { tell } from './signer-option.ts'

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

/** `person signers`: of all members, with what they may. */
export async function signers(invocation: Invocation, names: string[]): Promise<number> {
  if (names.length > 0) throw new UsageError('person signers takes no name')
  const runtime = runningChannel(invocation)
  const { persons, policy } = await call<Persons>(runtime, 'GET', '/api/persons')
  invocation.print(
    { gateway: runtime.name, policy, persons },
    [
      ...persons.map(personLine),
      ...(persons.length === 0 ? ['Nobody signs on the ledger yet: plumbline person sign NAME, an admin first.'] : []),
      policy.approvals === 0
        ? 'Whoever proposes an act does it alone (channel.policy).'
        : `An act takes effect once ${policy.approvals} ${policy.approvals === 1 ? 'other agrees' : 'others agree'}; it is open for ${policy.openDays} days.`,
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
