import { LedgerError } from './errors.ts'
import { openWriter } from './open-database.ts'
import { syncFile } from '../disk/durable-file.ts'

/**
 * Folds a ledger's write-ahead log into its one file, which from then on can be read from a folder that nobody may write to; whoever opens
 * it to write begins a log again. Durable when it returns. Throws LedgerError, `database_busy` while another program reads the file.
 */
export function foldLog(file: string): void {
  const database = openWriter({ file })
  try {
    const mode = database.pragma('journal_mode = DELETE', { simple: true })
    if (mode !== 'delete')
      throw new LedgerError('database_busy', `${file} is read by another program`, {
        next: 'End that, then try again.',
      })
  } finally {
    database.close()
  }
  syncFile(file)
}
