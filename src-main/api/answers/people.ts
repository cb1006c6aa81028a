/** Who may sign in, for those who keep the list. */
import { refuseBrokenOff } from '../authenticate.ts'
import type { Enrolment } from '../enrolment.ts'
import type { Handlers } from '../handlers.ts'

type Answers = Pick<Handlers, 'enrolledPeople' | 'enrolPerson' | 'resetPerson' | 'endPerson'>

export function peopleAnswers(enrolment: Enrolment): Answers {
  return {
    enrolledPeople: ({ caller }) => enrolment.list(caller),
    enrolPerson: async ({ body, caller, signal }) => {
      await enrolment.enrol(body, { ...caller, stillMay: () => refuseBrokenOff(signal) })
      return undefined
    },
    resetPerson: async ({ body, caller, signal }) => {
      const by = { ...caller, stillMay: () => refuseBrokenOff(signal) }
      return { ended: await enrolment.reset(body.name, body.passphrase, by, body.givesUpKey) }
    },
    endPerson: ({ body, caller }) => ({ ended: enrolment.end(body.name, caller) }),
  }
}
