/** Calls about acts that one must not do alone. */
import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Hash32 } from './model.ts'
import { Count, TimeUs } from './quantities.ts'

const Voice = z.object({ name: z.string(), entry: Count })

const brief = {
  act: Hash32,
  type: z.string(),
  proposer: z.string(),
  role: z.string(),
  proposedAt: Count,
  assets: z.array(z.string()),
  /** Whom or what it is about, as the ledger names it: a person, whose key, a document; null where its assets say it, or nothing does. */
  about: z.string().nullable(),
}

export const OpenAct = z.object({
  ...brief,
  deadlineUs: TimeUs,
  /** Whether ledger time is beyond the deadline: nobody has said yet that it ended. */
  isOver: z.boolean(),
  proposedAtUs: TimeUs.nullable(),
  /** As docs/FORMATS.md has it, bytes in hex. */
  body: z.json(),
  approvals: z.array(Voice),
  declines: z.array(Voice),
  /** Who has to agree, as the policy in force has it. */
  needs: z.object({
    count: Count,
    roles: z.array(z.string()),
    /** None of them may answer to the owner of the proposer. */
    otherOwner: z.boolean(),
    /** Each speaks for the owner of this member. */
    party: z.string().nullable(),
  }),
  /** Whether it waits for the word of who asks, and whether it was who asks who proposed it. */
  isYours: z.boolean(),
  isByYou: z.boolean(),
  /** Why it would come to nothing if the last approval came now, tried without effect; null where it would be done. */
  wouldEndAs: z.string().nullable(),
})
export type OpenAct = z.infer<typeof OpenAct>

export const EndedAct = z.object({
  ...brief,
  /** `done`, or the code for which it came to nothing. */
  outcome: z.string(),
  /** Who said what brought it to its end: event type, entry. */
  by: z.string(),
  how: z.string(),
  entry: Count,
  atUs: TimeUs,
})
export type EndedAct = z.infer<typeof EndedAct>

export const Acts = z
  .object({
    gateway: z.string(),
    /** Whoever asks, as the ledger names it; null where it knows no key of theirs. */
    own: z.string().nullable(),
    /** In the order in which they were proposed. */
    acts: z.array(OpenAct),
    /** The newest first. */
    ended: z.array(EndedAct),
  })
  .meta({ id: 'Acts' })
export type Acts = z.infer<typeof Acts>

export const actCalls = {
  acts: {
    method: 'GET',
    path: '/api/acts',
    access: 'signed-in',
    response: Acts,
    summary: 'Acts that wait for others, with what was proposed and who has agreed, and how the last ones ended',
  },
} as const satisfies Record<string, Endpoint>
