/** Calls about rule packs: which ones decide, what was proposed, how versions differ, and what another would have said. */
import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { ledgerText } from './inputs.ts'
import { Hash32 } from './model.ts'
import { As, SaidByPerson } from './person-calls.ts'
import { Count, TimeUs } from './quantities.ts'

/** A version, and the entries between which it decided; `to` is null while it does. */
const Interval = z.object({
  version: z.string(),
  hash: Hash32,
  ruleHash: Hash32,
  from: Count,
  fromUs: TimeUs.nullable(),
  to: Count.nullable(),
})

const Pack = z.object({
  id: z.string(),
  /** The newest first. */
  versions: z.array(Interval).min(1),
  /** Null while it decides. */
  retired: z.object({ entry: Count, timeUs: TimeUs }).nullable(),
  parameters: z.json(),
  /** So many assets are bound to it. */
  assets: Count,
})

const Version = z.object({
  hash: Hash32,
  id: z.string(),
  version: z.string(),
  reason: z.string(),
  proposer: z.string(),
  proposedAt: Count,
  proposedAtUs: TimeUs.nullable(),
  ruleHash: Hash32,
  /** Gateways that have loaded it by the engine that this one has. */
  loads: z.array(z.object({ gateway: z.string(), entry: Count })),
  /** Voters that have not. */
  missing: z.array(z.string()),
  /** Why this gateway cannot decide by it. */
  whyNot: z.string().nullable(),
  inForce: z.boolean(),
  /** The open act that would have it decide. */
  act: Hash32.nullable(),
})

export const Packs = z
  .object({
    gateway: z.string(),
    /** SHA-256 of the engine by which this gateway loads rules: what an activation names. */
    engineHash: Hash32,
    packs: z.array(Pack),
    /** What was proposed on the ledger, the newest first. */
    proposed: z.array(Version),
    /** What this release brings and the ledger does not have in force. */
    shipped: z.array(z.object({ hash: Hash32, id: z.string(), version: z.string() })),
  })
  .meta({ id: 'Packs' })
export type Packs = z.infer<typeof Packs>

/** A line of a text that two versions share, or that one of them has. */
const Line = z.object({ was: Count.nullable(), is: Count.nullable(), text: z.string() })

export const PackDifference = z
  .object({
    hash: Hash32,
    id: z.string(),
    version: z.string(),
    ruleHash: Hash32,
    /** What it is compared with: what decides under its id; null where nothing does. */
    against: z.object({ hash: Hash32, version: z.string(), ruleHash: Hash32 }).nullable(),
    parameters: z.array(
      z.object({ name: z.string(), unit: z.string(), was: z.json().nullable(), is: z.json().nullable() }),
    ),
    /** Of the rule, and of what the pack says of itself: the lines that differ, with some around them. */
    files: z.array(z.object({ name: z.string(), lines: z.array(Line), leftOut: Count })),
    words: z.array(
      z.object({ language: z.string(), place: z.string(), was: z.string().nullable(), is: z.string().nullable() }),
    ),
    /** Words that differ beyond those that are listed. */
    wordsLeftOut: Count,
  })
  .meta({ id: 'PackDifference' })
export type PackDifference = z.infer<typeof PackDifference>

export const PackReplay = z
  .object({
    id: z.string(),
    was: z.string(),
    is: z.string(),
    fromUs: TimeUs,
    toUs: TimeUs,
    /** Assets that are bound to it, and how many of them were looked at, those with the newest readings first. */
    assets: Count,
    looked: Count,
    equal: Count,
    different: Count,
    /** Where one of both versions comes to no verdict. */
    cannotRun: Count,
    rows: z.array(
      z.object({
        asset: z.string(),
        name: z.string(),
        was: z.string().nullable(),
        is: z.string().nullable(),
        /** Codes that only one of them gives. */
        codes: z.array(z.string()),
        why: z.string().nullable(),
      }),
    ),
    tookMs: Count,
  })
  .meta({ id: 'PackReplay' })
export type PackReplay = z.infer<typeof PackReplay>

const hash = z.object({ hash: Hash32 })

export const packCalls = {
  packs: {
    method: 'GET',
    path: '/api/packs',
    access: 'signed-in',
    response: Packs,
    summary: 'Rule packs: those that decide, those that did, and what was proposed',
  },
  packFile: {
    method: 'GET',
    path: '/api/packs/{hash}',
    access: 'signed-in',
    params: hash,
    response: { bytes: 'application/json' },
    summary: 'A pack as one file, {pack, rule, words} in canonical JSON: its SHA-256 is the hash of the pack',
  },
  packDifference: {
    method: 'GET',
    path: '/api/packs/{hash}/difference',
    access: 'signed-in',
    params: hash,
    response: PackDifference,
    summary: 'How a version differs from the one that decides under its id, in parameters, rule and words',
  },
  replayPack: {
    method: 'POST',
    path: '/api/packs/{hash}/replay',
    access: 'signed-in',
    params: hash,
    body: z.strictObject({ fromUs: TimeUs, toUs: TimeUs }),
    response: PackReplay,
    summary:
      'What a version would have said of the assets of its pack over a period, beside what the one in force says',
  },
  proposePack: {
    method: 'POST',
    path: '/api/packs',
    access: ['member-admin'],
    body: z.strictObject({
      as: As.optional(),
      reason: ledgerText,
      pack: z.union([
        z.strictObject({ rule: z.string(), pack: z.json(), words: z.json() }),
        z.strictObject({ shipped: Hash32 }),
      ]),
    }),
    response: SaidByPerson.extend({ hash: Hash32, id: z.string(), version: z.string() }).meta({ id: 'PackProposal' }),
    summary: 'Propose a version of a pack: all of it goes onto the ledger, part by part, signed by the person',
  },
} as const satisfies Record<string, Endpoint>
