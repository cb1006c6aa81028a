import { LedgerError } from '../../ledger/errors.ts'
import { holdLock } from '../../ledger/open-database.ts'
import { makeFolder, type GatewayFolder } from './data-folder.ts'
import { GatewayError } from '../error.ts'
import { readRuntime } from './runtime-file.ts'

/**
 * Makes a gateway's folder this process's own, for as long as it lives: two that write one ledger sign two histories. Returns what
 * gives it back. Throws GatewayError `already_running`, with who it is where that is known.
 */
export function lockFolder(folder: GatewayFolder, name: string): () => void {
  makeFolder(folder.root)
  try {
    return holdLock(folder.lock)
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code !== 'database_busy') throw error
    throw alreadyRunning(folder, name)
  }
}

function alreadyRunning(folder: GatewayFolder, name: string): GatewayError {
  const running = readRuntime(folder.runtime)
  return running === null
    ? new GatewayError(
        'already_running',
        `another process holds the folder ${folder.root} of gateway ${name}; it may still be starting or stopping`,
        'Wait for it or stop it, or give another folder with --data DIR.',
      )
    : new GatewayError(
        'already_running',
        `gateway ${name} runs already (process ${running.pid}, console http://${running.host}:${running.port}) on ${folder.root}`,
        'Use that one (plumbline console prints a link), stop it first, or give another folder with --data DIR.',
      )
}
