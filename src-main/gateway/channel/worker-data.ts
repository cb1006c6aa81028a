import type { SimulatedClock } from '../clock/simulated-clock.ts'
import type { GatewayConfig } from '../folder/config.ts'
import type { GatewayFolder } from '../folder/data-folder.ts'
import { readFinding } from '../check/integrity.ts'
import type { LedgerWorkerData } from './ledger-loop.ts'
import { lotWords } from './lot-words.ts'
import { damageToMend } from '../check/rebuilt.ts'
import { VERSION } from '../version.ts'

/** What the ledger's thread is started with. */
export function workerData(
  config: GatewayConfig,
  folder: GatewayFolder,
  clock: SimulatedClock | null = null,
): LedgerWorkerData {
  return {
    name: config.name,
    version: VERSION,
    keysDir: folder.keys,
    markDir: folder.mark,
    genesisFile: folder.genesis,
    ledgerFile: folder.ledger,
    agreement: folder.agreement,
    evidence: folder.evidence,
    repair: folder.repair,
    listen: config.peers.listen ?? null,
    peers: config.peers.members,
    limits: {
      batchReadingsMax: config.batch.maxReadings,
      closeAfterMs: config.batch.sealAfterMs,
      queueBytesMax: config.queue.maxBytes,
    },
    lots: lotWords(config.sources),
    cosigning: readFinding(folder.integrity, config.name) === null,
    rebuild: damageToMend(folder, config.name),
    ...(clock !== null && { clock: clock.shared }),
  }
}
