/** What this gateway knows about its own record, kept across restarts so that a found change is never forgotten. */
import { readFileSync, rmSync } from 'node:fs'
import { z } from 'zod'
import type { Verdict } from '../../wire/verdict.ts'
import { writeDurably } from '../../disk/durable-file.ts'
import { LedgerError } from '../../ledger/errors.ts'

/** The first position of the record that is not what the ledger committed to. */
export const firstBadSchema = z.object({
  gateway: z.string(),
  entry: z.number(),
  reading: z.number().nullable(),
  what: z.string(),
  expected: z.string(),
  actual: z.string(),
  stream: z.string().optional(),
  sequence: z.number().optional(),
  /** It follows from the entries, which it does not touch: the next start makes it anew. */
  derived: z.literal(true).optional(),
})
export type FirstBad = z.infer<typeof firstBadSchema>

const findingSchema = z.object({
  foundAtUs: z.number(),
  firstBad: firstBadSchema,
  acknowledged: z.object({ name: z.string(), reason: z.string(), atUs: z.number() }).nullable(),
  /** Set where nobody knows any more how far the change reaches. */
  reachesAll: z.literal(true).optional(),
})
export type Finding = z.infer<typeof findingSchema>

/**
 * The finding that an earlier run of `gateway`, which is this one, recorded; null only where there is no file. A file that cannot be read stands where
 * a change was found, so it counts as a change from the first entry on: damage must not lift what the finding bars. Recording goes on,
 * and a person acknowledges it like any other.
 */
export function readFinding(path: string, gateway: string): Finding | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : unreadable(path, gateway, error)
  }
  try {
    return findingSchema.parse(JSON.parse(text))
  } catch (error) {
    return unreadable(path, gateway, error)
  }
}

/** Its time is unknown, so it is the earliest there is. */
function unreadable(path: string, gateway: string, error: unknown): Finding {
  const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message
  const what = `a change was found here before, but ${path}, which says where, cannot be read: restore that file from a backup`
  const firstBad = {
    gateway,
    entry: 0,
    reading: null,
    what,
    expected: 'the finding as it was written',
    actual: why,
  }
  return { foundAtUs: 0, firstBad, acknowledged: null, reachesAll: true }
}

/** Entries that a finding bars from certificates, acknowledged or not. */
export function barredBy(finding: Finding | null): { from: number; to: number } | null {
  if (finding === null) return null
  const { entry } = finding.firstBad
  return { from: entry, to: finding.reachesAll === true ? Number.MAX_SAFE_INTEGER : entry }
}

/**
 * Entries whose readings an export leaves out. Throws LedgerError `database_damaged` while the finding is of what follows from the
 * entries: an export is made from that, and nobody knows which of its rows are missing.
 */
export function barredFromExports(finding: Finding | null): { from: number; to: number } | null {
  if (finding?.firstBad.derived !== true) return barredBy(finding)
  const { entry, what } = finding.firstBad
  throw new LedgerError(
    'database_damaged',
    `what this gateway lists of its entries was found changed (entry ${entry}: ${what}), so an export might lack rows`,
    {
      next: 'The next start of the gateway makes it anew, or plumbline fsck --rebuild once it is stopped; then export.',
    },
  )
}

/** What was found damaged was made anew from the entries, which never changed. */
export function forgetFinding(path: string): void {
  rmSync(path, { force: true })
}

/** Keeps a finding, which a power cut must not take: who changed the record may pull the plug. */
export function writeFinding(path: string, finding: Finding): void {
  writeDurably(path, `${JSON.stringify(finding, null, 2)}\n`)
}

/** The worst of several verdicts: changed before cannot tell before unchanged. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('changed')) return 'changed'
  return verdicts.length === 0 || verdicts.includes('cannot-tell') ? 'cannot-tell' : 'unchanged'
}
