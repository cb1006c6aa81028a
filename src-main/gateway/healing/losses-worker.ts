/** Looks through the whole ledger for parts that its disk lost, away from the threads that record. */
import { parentPort, workerData } from 'node:worker_threads'
import { loadAddon } from '../../../native/addon.ts'
import { Parts, type LostPart } from '../../ledger/healing/parts.ts'
import { surveyLosses } from '../../ledger/healing/survey.ts'

export interface LossesWorkerData {
  file: string
  genesis: Uint8Array
  /** Whether what was had from other gateways counts as there. */
  fetched: boolean
}

export type FromLosses = { type: 'done'; lost: LostPart[] } | { type: 'failed'; message: string }

const { file, genesis, fetched } = workerData as LossesWorkerData
const addon = loadAddon()

try {
  const parts = fetched ? Parts.read(file, (bytes) => addon.sha256(bytes)) : new Parts()
  parentPort?.postMessage({ type: 'done', lost: surveyLosses({ file, addon, genesis, parts }) } satisfies FromLosses)
} catch (error) {
  parentPort?.postMessage({ type: 'failed', message: (error as Error).message } satisfies FromLosses)
}
