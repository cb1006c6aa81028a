import { LedgerError } from '../../ledger/errors.ts'

/** What is read, or something else where it is damaged: a figure that cannot be read must not end what goes on without it. */
export function unlessDamaged<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch (error) {
    // The reader has told of it; whoever asks for the damaged place itself is refused.
    if (error instanceof LedgerError && error.code === 'database_damaged') return otherwise
    throw error
  }
}
