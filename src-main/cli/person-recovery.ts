/** Codes on paper by which a gateway comes back whose admins can sign no more. */
import { randomBytes } from 'node:crypto'
import type { Persons, SaidByPerson } from '../endpoints/person-calls.ts'
import { GatewayError } from '../gateway/error.ts'
import { publicKeyOf } from '../gateway/signing/person-seed.ts'
import { newRecoveryCode, seedOfCode } from '../gateway/signing/recovery-code.ts'
import { toHex } from '../wire/bytes.ts'
import { MAX_RECOVERY_CODES } from '../wire/limits.ts'
import { printable } from '../wire/printable.ts'
import type { Invocation } from './command.ts'
import { call, refusalOf } from './daemon-client.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { hiddenAnswer, linesOf, passphraseOf } from './passphrase-input.ts'
import { runningChannel } from './running-gateway.ts'
import { saidAs, tell } from './signer-option.ts'

const NEED = 2
const OF = 3

/** `person codes`: makes them, has an admin set them, and shows them this once. */
export async function codes(invocation: Invocation, names: string[]): Promise<number> {
  const { text, say } = invocation
  if (names.length > 0) throw new UsageError('person codes takes no name: they are those of the gateway')
  const [need, of] = [amount('need', text('need'), NEED), amount('of', text('of'), OF)]
  if (need > of) throw new UsageError(`--need ${need} --of ${of}: so many codes there are not`)
  const runtime = runningChannel(invocation)
  const admin = text('as')
  if (admin === undefined)
    throw new UsageError('say which admin signs: --as ADMIN', 'plumbline person signers lists them.')
  const as = { name: admin, passphrase: await passphraseOf(admin, text('as-passphrase-file')) }
  const made = Array.from({ length: of }, () => newRecoveryCode((bytes) => randomBytes(bytes)))
  const keys = made.map((code, i) => toHex(publicKeyOf(seedOfCode(code, i + 1))))
  const what = `${need} of ${of} recovery codes of ${runtime.name}`
  const shown = made.map((code, i) => `  ${i + 1}  ${code}`)
  const { json, line, status } = await saidAs(runtime, as, { type: 'recovery.set', body: { need, keys }, what }).catch(
    (error: unknown) => {
      // It may have been recorded all the same, and then no others hold.
      if (!isTurnedDown(error))
        say(['Keep these codes until plumbline person signers says since when codes hold:', ...shown].join('\n'))
      throw error
    },
  )
  if (status === EXIT.changed) {
    invocation.print(json, line)
    return status
  }
  say(
    'These codes are shown this once, and kept nowhere. Give each to somebody else, on paper, with the name of the gateway.',
  )
  const waits = (json as { cameTo?: unknown }).cameTo === 'pending'
  if (waits)
    say(
      'They do not hold yet: another admin has to approve (below). Until then those of before hold; plumbline person signers says which.',
    )
  const hint = `${waits ? 'Once approved, any' : 'Any'} ${need} of them make somebody admin of ${printable(runtime.name)} at any time, whatever the policy (plumbline person recover NAME), and sign nothing else.`
  invocation.print({ ...json, need, codes: made }, [line, '', ...shown, '', hint].join('\n'))
  return status
}

/** `person recover NAME`: somebody on the list of the gateway is an admin on the ledger again, or the first time. */
export async function recovers(invocation: Invocation, names: string[]): Promise<number> {
  const { text } = invocation
  const [name] = names
  if (name === undefined || names.length > 1)
    throw new UsageError(
      'person recover takes one name: who is to be admin',
      'It stands on the list of the gateway: plumbline person list.',
    )
  const runtime = runningChannel(invocation)
  const { recovery } = await call<Persons>(runtime, 'GET', '/api/persons')
  if (recovery === null)
    throw new GatewayError(
      'recovery_code_wrong',
      `no recovery codes were set at ${runtime.name}`,
      'An admin sets them while there is one: plumbline person codes --as ADMIN.',
    )
  const person = { name, passphrase: await passphraseOf(name, text('passphrase-file')) }
  const said = await call<SaidByPerson>(runtime, 'POST', '/api/persons/recovered', {
    person,
    codes: await codesFrom(text('codes-file'), recovery.need),
  })
  if (said.outcome === 'accepted')
    invocation.say('The codes still hold, and were seen: make new ones (plumbline person codes --as ADMIN).')
  return tell(invocation, runtime, said, {
    by: runtime.name,
    type: 'person.recovered',
    what: `that ${name} is an admin on the ledger by ${recovery.need} recovery codes`,
  })
}

/** Whether the gateway answered that nothing was signed. */
function isTurnedDown(error: unknown): boolean {
  return error instanceof GatewayError && refusalOf(error) !== undefined
}

/** Each is looked at before the next is asked for. */
async function codesFrom(file: string | undefined, need: number): Promise<string[]> {
  const given: string[] = file === undefined ? [] : linesOf('--codes-file', file).filter((line) => line.trim() !== '')
  if (file === undefined)
    while (given.length < need) {
      const code = await hiddenAnswer(
        `Recovery code, ${given.length + 1} of the ${need} that are needed, in any order (it is not shown): `,
        'Give them in a file, a code a line: --codes-file FILE.',
      )
      seedOfCode(code, given.length + 1)
      given.push(code)
    }
  if (given.length < need)
    throw new UsageError(`${given.length} codes are given, and ${need} are needed`, 'Nothing was changed.')
  return given
}

function amount(option: string, given: string | undefined, otherwise: number): number {
  const value = given === undefined ? otherwise : Number(given)
  if (Number.isInteger(value) && value >= 1 && value <= MAX_RECOVERY_CODES) return value
  throw new UsageError(`--${option} ${given ?? ''} is no number from 1 to ${MAX_RECOVERY_CODES}`)
}
