/** The list of people, for those who keep it, and where others find this console. */
import { call } from '../client/call.ts'
import type { ConsoleDoor, EnrolledPeople, Keys, Persons, Role } from '../words/model.ts'
import { m } from '../paraglide/messages.js'
import { count } from '../words/number.ts'
import { recordRefusal } from '../words/record-refusal.ts'
import { refusalText } from './queries.ts'
import type { Signing } from './signing.svelte.ts'

export const enrolledPeople = (signal: AbortSignal): Promise<EnrolledPeople> => call('enrolledPeople', {}, signal)

export const personsOnLedger = (signal: AbortSignal): Promise<Persons> => call('persons', {}, signal)

export const memberKeys = (signal: AbortSignal): Promise<Keys> => call('keys', {}, signal)

/** A key of a use of this gateway: another takes its place. */
export async function rotate(
  use: 'entry' | 'checkpoint' | 'cosignature' | 'credential',
): Promise<{ done: string } | { refused: string }> {
  const answer = await tried(() => call('rotateKey', { body: { use } }))
  if ('refused' in answer) return answer
  const { refused, entry } = answer.done
  if (refused !== null) return { refused: m.said_refused({ why: recordRefusal(refused) ?? refused }) }
  return { done: entry === null ? m.said_waiting() : m.said_taken({ entry: count(entry) }) }
}

export async function consoleDoor(signal: AbortSignal): Promise<ConsoleDoor> {
  return await call('consoleDoor', {}, signal)
}

/** Null when it is done, else why not. */
export async function enrol(person: { name: string; role: Role; passphrase: string }): Promise<string | null> {
  const answer = await tried(() => call('enrolPerson', { body: person }))
  return 'refused' in answer ? answer.refused : null
}

/** Has somebody on the list sign on the ledger, too; the passphrase opens the new key, by which the person shows that it has it. */
export async function enrolOnLedger(
  signing: Signing,
  person: { name: string; passphrase: string },
): Promise<string | null> {
  return await signing.made(({ as }) =>
    call('enrolOnLedger', { body: { person, ...(as === undefined ? {} : { by: as }) } }),
  )
}

type Ended = { ended: number } | { refused: string }

export const reset = (name: string, passphrase: string): Promise<Ended> =>
  tried(() => call('resetPerson', { body: { name, passphrase } })).then(endedOf)

/** The reader's own. */
export const changePassphrase = (old: string, passphrase: string): Promise<Ended> =>
  tried(() => call('changePassphrase', { body: { old, passphrase } })).then(endedOf)

export const end = (name: string): Promise<Ended> => tried(() => call('endPerson', { body: { name } })).then(endedOf)

/** A link that signs this person in once. */
export async function linkOf(name: string): Promise<{ url: string; untilUs: number } | { refused: string }> {
  const answer = await tried(() => call('signInLink', { body: { name } }))
  return 'refused' in answer ? answer : answer.done
}

function endedOf(answer: { done: { ended: number } } | { refused: string }): Ended {
  return 'refused' in answer ? answer : answer.done
}

async function tried<T>(work: () => Promise<T>): Promise<{ done: T } | { refused: string }> {
  try {
    return { done: await work() }
  } catch (error) {
    return { refused: refusalText(error) }
  }
}
