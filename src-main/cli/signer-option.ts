/** Whose key signs, and the passphrase that opens it: never an argument, which every account can read in the list of processes. */
import type { SaidByPerson } from '../endpoints/person-calls.ts'
import { printed } from '../wire/printable.ts'
import type { Reached } from './channel-option.ts'
import type { Command, Invocation } from './command.ts'
import { call } from './daemon-client.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { passphraseOf } from './passphrase-input.ts'

/**
 * So many digits name the act that was looked at: who proposes several makes two of one beginning, shows the one, takes it back, and has the other
 * agreed to.
 */
export const DIGITS_AGREED = 32

export const signerOptions = {
  as: { type: 'string', value: 'NAME', help: 'the person that signs, by its own key' },
  'passphrase-file': {
    type: 'string',
    value: 'FILE',
    help: 'read the passphrase of --as from the first line of FILE, or of standard input where FILE is -',
  },
} as const satisfies Command['options']

export interface As {
  name: string
  passphrase: string
}

/** Null where nobody was named. Asks on the terminal where no file was given. */
export async function signer({ text }: Invocation): Promise<As | null> {
  const name = text('as')
  if (name === undefined) return null
  return { name, passphrase: await passphraseOf(name, text('passphrase-file')) }
}

export async function requiredSigner(invocation: Invocation): Promise<As> {
  const as = await signer(invocation)
  if (as !== null) return as
  throw new UsageError('say who signs: --as NAME', 'plumbline person signers lists who can.')
}

interface What {
  type: string
  body: unknown
  assets?: readonly string[]
  what?: string
}

/** What became of something signed: as JSON, as a line, and as an exit status. */
export interface Told {
  json: object
  line: string
  status: number
}

/** Has a person sign, and says what became of it. */
export async function sayAs(invocation: Invocation, runtime: Reached, as: As, what: What): Promise<number> {
  const { json, line, status } = await saidAs(runtime, as, what)
  invocation.print(json, line)
  return status
}

/** The same, for whoever has more to say. */
export async function saidAs(runtime: Reached, as: As, { type, body, assets, what = type }: What): Promise<Told> {
  const said = await call<SaidByPerson>(runtime, 'POST', '/api/ledger/statements', {
    as,
    type,
    body,
    ...(assets === undefined ? {} : { assets }),
  })
  return told(runtime, said, { by: as.name, type, what })
}

/** The line and the exit status of what was signed. */
export function tell(
  invocation: Invocation,
  runtime: Reached,
  said: SaidByPerson,
  about: { by: string; type: string; what: string },
): number {
  const { json, line, status } = told(runtime, said, about)
  invocation.print(json, line)
  return status
}

function told(
  { name: gateway }: Reached,
  { outcome, entry, cameTo, act, refused, reason }: SaidByPerson,
  { by, type, what }: { by: string; type: string; what: string },
): Told {
  const at = { gateway, by, type }
  if (outcome === 'accepted' || outcome === 'duplicate')
    return {
      json: { ...at, outcome, entry, cameTo, act },
      line: printed`${by}: ${what}${cameToWords(entry, cameTo)}` + waits(act),
      status: EXIT.ok,
    }
  if (outcome === 'waiting')
    return {
      json: { ...at, outcome, reason },
      line: printed`${by}: ${what} is signed and waits: ${reason ?? 'no majority is there'}.`,
      status: EXIT.cannotTell,
    }
  return {
    json: { refused: refused ?? outcome, ...at, reason },
    line: printed`${by}: ${what} is refused (${refused ?? outcome}): ${reason ?? ''}.`,
    status: EXIT.changed,
  }
}

function cameToWords(entry: number | null, cameTo: string | null): string {
  const recorded = ` is recorded as entry ${entry ?? '?'}`
  if (cameTo === 'pending') return `${recorded}, and takes effect once others have agreed.`
  if (cameTo?.startsWith('done:') === true) return `${recorded}: with it the act of entry ${cameTo.slice(5)} is done.`
  if (cameTo?.startsWith('ended:') === true) return `${recorded}: with it the act is over (${cameTo.slice(6)}).`
  return `${recorded}.`
}

function waits(act: string | null): string {
  return act === null ? '' : `\nOthers agree by: plumbline approve ${act.slice(0, DIGITS_AGREED)} --as NAME`
}
