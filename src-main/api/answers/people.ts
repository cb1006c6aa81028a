/** Who may sign in, for those who keep the list. */
import type { Enrolment } from '../enrolment.ts'
import type { Handlers } from '../handlers.ts'

type Answers = Pick<Handlers, 'enrolledPeople' | 'enrolPerson' | 'resetPerson' | 'endPerson'>

export function peopleAnswers(enrolment: Enrolment): Answers {
  return {
    enrolledPeople: ({ caller }) => enrolment.list(caller),
    enrolPerson: async ({ body, caller }) => {
      await enrolment.enrol(body, caller)
      return undefined
    },
    resetPerson: async ({ body, caller }) => ({ ended: await enrolment.reset(body.name, body.passphrase, caller) }),
    endPerson: ({ body, caller }) => ({ ended: enrolment.end(body.name, caller) }),
  }
}
