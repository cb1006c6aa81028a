import { carriesDigests } from './checked-file.ts'
import { LedgerError } from './errors.ts'
import { Parts } from './healing/parts.ts'
import { openLedger } from './ledger.ts'
import type { Ledger, LedgerOptions } from './ledger.ts'
import { rebuildLedger } from './rebuild.ts'
import type { Rebuilt } from './rebuild.ts'
import { askedFor, forgetAsking } from './rebuilt-file.ts'

/** A ledger, and what had to be done for it. */
export interface Opened {
  ledger: Ledger
  /** Why tables were made anew, and what came of it; null where nothing was to be done. */
  rebuilt: { why: string; what: Rebuilt } | null
  /** Why they could not, where the ledger can be gone on with all the same. */
  failed: string | null
}

/**
 * Opens a ledger; where a page or a table that decides is damaged, makes what follows from the entries anew, and goes on with that.
 * `found` asks for it in advance: an earlier run found such damage where opening does not look. Throws LedgerError.
 */
export function openOrRebuild(options: LedgerOptions & { file: string }, found: string | null): Opened {
  const { file, addon, contracts } = options
  const rebuilding = { file, addon, ...(contracts && { contracts }) }
  const why = found ?? askedFor(file)
  const fetched = (): Parts => Parts.read(file, (bytes) => addon.sha256(bytes))
  if (why !== null && carriesDigests(file) !== null) {
    try {
      const what = rebuildLedger({ ...rebuilding, parts: fetched() })
      forgetAsking(file)
      Parts.forget(file)
      return { ledger: openLedger(options), rebuilt: { why, what }, failed: null }
    } catch (cause) {
      // It can be done when there is room.
      if (!(cause instanceof LedgerError) || cause.code === 'disk_full') throw cause
      forgetAsking(file)
      // What did not help is fetched anew.
      Parts.forget(file)
      return { ledger: orElse(cause, () => openLedger(options)), rebuilt: null, failed: cause.message }
    }
  }
  try {
    return { ledger: openLedger(options), rebuilt: null, failed: null }
  } catch (cause) {
    if (!(cause instanceof LedgerError) || cause.code !== 'database_damaged') throw cause
    const what = rebuildLedger({ ...rebuilding, parts: fetched() })
    Parts.forget(file)
    return { ledger: openLedger(options), rebuilt: { why: cause.message, what }, failed: null }
  }
}

/** Where the ledger cannot be gone on with either, what is wrong is why it could not be rebuilt. */
function orElse(why: LedgerError, open: () => Ledger): Ledger {
  try {
    return open()
  } catch (cause) {
    if (cause instanceof LedgerError && cause.code === 'database_damaged') throw why
    throw cause
  }
}
