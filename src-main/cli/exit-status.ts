import { CertificateError } from '../certificates/errors.ts'
import { PlumblineError } from '../wire/plumbline-error.ts'
import type { Verdict } from '../wire/verdict.ts'

/** Exit statuses that scripts rely on. Verdicts: 0, 1, 2; wrong usage or an unreadable file: 64 (sysexits EX_USAGE). */
export const EXIT = { ok: 0, unchanged: 0, changed: 1, cannotTell: 2, failed: 3, usage: 64 } as const

export function exitOf(verdict: Verdict): number {
  if (verdict === 'unchanged') return EXIT.unchanged
  return verdict === 'changed' ? EXIT.changed : EXIT.cannotTell
}

/** Wrong usage, or a file that cannot be read: printed with what to do next, exit status 64. */
export class UsageError extends PlumblineError<'usage'> {
  override readonly name = 'UsageError'

  constructor(message: string, next = 'Add --help to see what this command takes.') {
    super('usage', message, next)
  }
}

const UNREADABLE: ReadonlySet<string> = new Set([
  'no_certificate',
  'unreadable',
  'nothing_embedded',
  'several_embedded',
])

/** A file in which no single certificate is found is not changed, and nothing failed: the wrong file was given. Throws anything else on. */
export function unreadable(file: string, error: unknown): UsageError {
  if (!(error instanceof CertificateError) || !UNREADABLE.has(error.code)) throw error
  if (error.code === 'no_certificate') return new UsageError(`${file}: ${error.message}`, error.next)
  return new UsageError(`${file} cannot be read: ${error.message}`, error.next)
}
