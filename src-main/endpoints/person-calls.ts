/** Calls about people as the ledger knows them, and what they sign. */
import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { plainName } from './inputs.ts'
import { Hash32, Hex, Id16, Role } from './model.ts'
import { Count, TimeUs } from './quantities.ts'

/** Of a person of this gateway. */
const passphrase = z.string().min(1).max(1024)
const person = z.strictObject({ name: plainName, passphrase })
/** By which key something is signed. A program of this machine names both; a session signs for its own person, with the passphrase where the key is shut. */
export const As = z.strictObject({ name: plainName.optional(), passphrase: passphrase.optional() })

export const Persons = z
  .object({
    gateway: z.string(),
    /** How many others have to agree to an act, and how many days of ledger time one stays open. */
    policy: z.object({ approvals: Count, openDays: Count }),
    /** How many of how many codes name a new admin of this gateway, and since which entry; null where none were set. */
    recovery: z.object({ need: Count, of: Count, setAt: Count }).nullable(),
    /** Whoever asks, where the ledger knows the key that this gateway has of it. */
    own: Id16.nullable(),
    persons: z.array(
      z.object({
        id: Id16,
        name: z.string(),
        roles: z.array(Role),
        /** Whose gateway keeps the chain. */
        member: z.string(),
        enrolledAt: Count,
        /** Signs nothing before this ledger time; null where nobody suspended the person. */
        suspendedUntilUs: TimeUs.nullable(),
        endedAt: Count.nullable(),
        keys: z.array(z.object({ id: Id16, public: Hex, from: Count, to: Count.nullable() })),
        /** Whether this gateway has the key, sealed. */
        here: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'Persons' })
export type Persons = z.infer<typeof Persons>

export const SaidByPerson = z
  .object({
    outcome: z.string(),
    /** Null while it waits for a majority, and where it is refused. */
    entry: Count.nullable(),
    /** What it came to: `done`, `pending`, or of an act `done:` and its entry, `ended:` and a code. */
    cameTo: z.string().nullable(),
    /** By which it is named where it is an act that waits. */
    act: Hash32.nullable(),
    /** Code of the refusal (docs/FORMATS.md, Refusals). */
    refused: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'SaidByPerson' })
export type SaidByPerson = z.infer<typeof SaidByPerson>

export const personCalls = {
  persons: {
    method: 'GET',
    path: '/api/persons',
    access: 'signed-in',
    response: Persons,
    summary: 'People who may sign on the ledger, of all members, with their keys',
  },
  enrolOnLedger: {
    method: 'POST',
    path: '/api/persons',
    access: ['member-admin'],
    /** `from`: somebody whom another gateway of the same owner keeps, and who signs here from now on. */
    body: z.strictObject({ person, by: As.nullable().optional(), from: Id16.optional() }),
    response: SaidByPerson,
    summary:
      'Have somebody who may sign in here sign on the ledger, too: an admin says so by its key (`by`), the first one the gateway itself',
  },
  recoverPerson: {
    method: 'POST',
    path: '/api/persons/recovered',
    access: ['member-admin'],
    body: z.strictObject({ person, codes: z.array(z.string().max(64)).min(1).max(16) }),
    response: SaidByPerson,
    summary: 'Make somebody who may sign in here an admin on the ledger, by recovery codes of this gateway',
  },
  say: {
    method: 'POST',
    path: '/api/ledger/statements',
    access: ['technician', 'site-manager', 'member-admin'],
    body: z.strictObject({
      as: As.optional(),
      type: z.string().max(64),
      body: z.unknown(),
      /** Of an event of a pack's own: what it is about. Those of the core's follow from the body. */
      assets: z.array(z.string().max(1024)).max(256).optional(),
    }),
    response: SaidByPerson,
    summary: 'Sign an event as a person whose key this gateway keeps: its body as docs/FORMATS.md has it, bytes in hex',
  },
} as const satisfies Record<string, Endpoint>
