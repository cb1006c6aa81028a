/** Calls about the people who may sign in and the door they come through, part of the one table. Names go in bodies: no log and no history of addresses has them. */
import { z } from 'zod'
import { ConsoleDoor } from './door.ts'
import type { Endpoint } from './endpoint.ts'
import { plainName } from './inputs.ts'
import { Role } from './model.ts'
import { passkeyCalls } from './passkey-calls.ts'
import { Count, TimeUs } from './quantities.ts'

const KEEPERS = ['member-admin'] as const
/** How long it must be, whoever keeps it says. */
const passphrase = z.string().min(1).max(1024)

/** The list of people as whoever keeps it sees it. */
export const EnrolledPeople = z
  .object({
    people: z.array(
      z.object({
        name: z.string(),
        role: Role,
        /** Null where the list was made before this was kept. */
        enrolledAtUs: TimeUs.nullable(),
        enrolledBy: z.string().nullable(),
        /** Null: never. */
        lastSignInAtUs: TimeUs.nullable(),
        /** Null: nobody gave this person another passphrase since this is kept. */
        resetAtUs: TimeUs.nullable(),
        resetBy: z.string().nullable(),
        sessions: Count,
        /** Whether the one who asks may make a sign-in link for this person, which is to act in its name at once. */
        mayLink: z.boolean(),
        /** The only one who keeps the list: cannot be ended. */
        lastAdmin: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'EnrolledPeople' })
export type EnrolledPeople = z.infer<typeof EnrolledPeople>

export const peopleCalls = {
  ...passkeyCalls,
  enrolledPeople: {
    method: 'GET',
    path: '/api/people/enrolled',
    access: KEEPERS,
    response: EnrolledPeople,
    summary: 'The list of people: role, last sign-in, open sessions',
  },
  enrolPerson: {
    method: 'POST',
    path: '/api/people',
    access: KEEPERS,
    body: z.strictObject({ name: plainName, role: Role, passphrase }),
    response: { empty: true },
    summary: 'Put a person on the list, in any role: who did it stays beside the name',
  },
  resetPerson: {
    method: 'POST',
    path: '/api/people/reset',
    access: KEEPERS,
    body: z.strictObject({ name: plainName, passphrase, givesUpKey: z.boolean().optional() }),
    response: z.object({ ended: Count }),
    summary:
      'Give a person a new passphrase and end its sessions; that of the last admin who signs on a ledger only where its key is given up',
  },
  changePassphrase: {
    method: 'POST',
    path: '/api/session/passphrase',
    access: 'signed-in',
    body: z.strictObject({ old: passphrase, passphrase }),
    response: z.object({ ended: Count }),
    summary: 'Change the own passphrase, with the old one; every other session of the person ends',
  },
  endPerson: {
    method: 'POST',
    path: '/api/people/end',
    access: KEEPERS,
    body: z.strictObject({ name: plainName }),
    response: z.object({ ended: Count }),
    summary: 'Take a person off the list and end its sessions; the last member admin stays',
  },
  consoleDoor: {
    method: 'GET',
    path: '/api/door',
    access: 'signed-in',
    response: ConsoleDoor,
    summary: 'Where others than this machine find the console; at this machine also the fingerprint of its certificate',
  },
} as const satisfies Record<string, Endpoint>
