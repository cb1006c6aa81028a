import { LedgerError } from '../../../src-main/ledger/errors.ts'

/** Code of the LedgerError that some work ends with. */
export function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (cause) {
    if (cause instanceof LedgerError) return cause.code
    throw cause
  }
  return 'nothing thrown'
}
