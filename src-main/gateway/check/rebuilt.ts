/** Making anew what follows from the entries: when a start has to, what is said about it, and the same as a command. */
import { basename } from 'node:path'
import type { Logger } from 'pino'
import { loadAddon } from '../../../native/addon.ts'
import { loadEngine } from '../../documents/engine.ts'
import { LedgerError } from '../../ledger/errors.ts'
import { Parts } from '../../ledger/healing/parts.ts'
import type { Opened } from '../../ledger/open-or-rebuild.ts'
import { rebuildLedger, type Rebuilt } from '../../ledger/rebuild.ts'
import { createContracts } from '../../packs/contracts.ts'
import { checkRecord } from './check-record.ts'
import type { OnCondition } from '../conditions.ts'
import type { GatewayFolder } from '../folder/data-folder.ts'
import { shippedPacks } from '../folder/shipped-packs.ts'
import { lockFolder } from '../folder/folder-lock.ts'
import { forgetFinding, readFinding } from './integrity.ts'

/** What an earlier run found damaged that follows from the entries; null where nothing is known to be. */
export function damageToMend(folder: GatewayFolder, name: string): string | null {
  const finding = readFinding(folder.integrity, name)
  return finding?.firstBad.derived === true ? finding.firstBad.what : null
}

/** Says what a start had to do. A finding that was mended ends with it: no entry was ever touched. */
export function noteRebuilt(
  { rebuilt, failed }: Pick<Opened, 'rebuilt' | 'failed'>,
  { folder, name, log, onCondition }: { folder: GatewayFolder; name: string; log: Logger; onCondition: OnCondition },
): void {
  if (failed !== null) {
    log.error({ reason: failed }, 'what follows from the entries could not be rebuilt')
    onCondition('rebuild-failed', name, true, { reason: failed })
  }
  if (rebuilt === null) return
  if (damageToMend(folder, name) !== null) forgetFinding(folder.integrity)
  const { why, what } = rebuilt
  log.warn({ ...what, why }, 'tables of the ledger were rebuilt from its entries')
  onCondition('tables-rebuilt', name, true, { entries: what.entries, reason: why })
}

export type RebuiltRecord = ReturnType<typeof checkRecord> & {
  rebuilt: Rebuilt | null
  /** Why nothing could be rebuilt: something is damaged that follows from nothing else. */
  refused: string | null
}

/**
 * Rebuilds a stopped gateway's ledger, then checks all of it. A finding that was mended ends with it. Throws GatewayError
 * `already_running`.
 */
export async function rebuildRecord(
  folder: GatewayFolder,
  onProgress: (done: number, total: number) => void,
): Promise<RebuiltRecord> {
  const name = basename(folder.root)
  const contracts = await createContracts(loadEngine(), shippedPacks())
  const release = lockFolder(folder, name)
  try {
    const addon = loadAddon()
    const file = folder.ledger
    const parts = Parts.read(file, (bytes) => addon.sha256(bytes))
    const { rebuilt, refused } = tried(() => rebuildLedger({ file, addon, contracts, parts, onProgress }))
    Parts.forget(file)
    const report = checkRecord(folder, onProgress)
    if (report.verdict !== 'unchanged') return { ...report, rebuilt, refused }
    // The check reads past what the pages' digests say: it may find nothing where a rebuild was refused.
    if (refused !== null) return { ...report, verdict: 'changed', reason: refused, rebuilt, refused }
    if (damageToMend(folder, name) !== null) forgetFinding(folder.integrity)
    return { ...report, rebuilt, refused }
  } finally {
    release()
  }
}

function tried(work: () => Rebuilt): Pick<RebuiltRecord, 'rebuilt' | 'refused'> {
  try {
    return { rebuilt: work(), refused: null }
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error
    return { rebuilt: null, refused: error.message }
  }
}
