/** The list of people, for those who keep it, and where others find this console. */
import { call } from '../client/call.ts'
import type { ConsoleDoor, EnrolledPeople, Role } from '../words/model.ts'
import { refusalText } from './queries.ts'

export const enrolledPeople = (signal: AbortSignal): Promise<EnrolledPeople> => call('enrolledPeople', {}, signal)

export async function consoleDoor(signal: AbortSignal): Promise<ConsoleDoor> {
  return await call('consoleDoor', {}, signal)
}

/** Null when it is done, else why not. */
export async function enrol(person: { name: string; role: Role; passphrase: string }): Promise<string | null> {
  const answer = await tried(() => call('enrolPerson', { body: person }))
  return 'refused' in answer ? answer.refused : null
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
