/** What this gateway knows about its own record, kept across restarts so that a found change is never forgotten. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

export const verdictSchema = z.enum(['unchanged', 'changed', 'cannot-tell'])
export type Verdict = z.infer<typeof verdictSchema>

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
})
export type FirstBad = z.infer<typeof firstBadSchema>

const findingSchema = z.object({
  foundAtUs: z.number(),
  firstBad: firstBadSchema,
  acknowledged: z.object({ name: z.string(), reason: z.string(), atUs: z.number() }).nullable(),
})
export type Finding = z.infer<typeof findingSchema>

/** The finding that an earlier run of this gateway recorded, or null. */
export function readFinding(path: string): Finding | null {
  try {
    return findingSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return null
  }
}

/** Keeps a finding; whole or not at all. */
export function writeFinding(path: string, finding: Finding): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(finding, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** The worst of several verdicts: changed before cannot tell before unchanged. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('changed')) return 'changed'
  return verdicts.length === 0 || verdicts.includes('cannot-tell') ? 'cannot-tell' : 'unchanged'
}
