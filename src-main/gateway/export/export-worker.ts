/** Reads and writes one export through a connection of its own, away from the threads that record and answer. A piece is made when one is asked for. */
import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { toldOf } from '../../wire/plumbline-error.ts'
import type { Told } from '../../wire/plumbline-error.ts'
import { openReader } from '../../ledger/reader.ts'
import type { ExportContext, ExportCounts, ExportHead, ExportRequest } from './export-model.ts'
import { exportPieces, planExport, writerOf } from './export-run.ts'

export interface ExportWorkerData {
  file: string
  request: ExportRequest
  context: ExportContext
}

export type FromExport =
  | { type: 'head'; head: Omit<ExportHead, 'points'>; about: number }
  | { type: 'piece'; bytes: Uint8Array<ArrayBuffer>; rows: number }
  | { type: 'done'; counts: ExportCounts }
  | ({ type: 'failed' } & Told)

const NICE = 10
const { file, request, context } = workerData as ExportWorkerData
const tell = (message: FromExport, moved: ArrayBuffer[] = []): void => parentPort?.postMessage(message, moved)

// Linux only: there 0 means this thread, elsewhere the whole process. Whoever takes readings along must not slow down who records them.
if (process.platform === 'linux') setPriority(0, NICE)

function refuse(error: unknown): void {
  tell({
    type: 'failed',
    ...toldOf(error, { code: 'worker_failed', next: 'See the log of the gateway, and report this.' }),
  })
  parentPort?.close()
}

try {
  const reader = openReader(file)
  const plan = planExport(reader, request, context)
  const { points: _, ...head } = plan.head
  const index = reader.indexedRange()
  tell({ type: 'head', head, about: index.estimate(plan.range) })
  let rows = 0
  const pieces = exportPieces(plan, index.batches(plan.range), writerOf(request, context), (counts) => {
    rows = counts.rows
  })
  parentPort?.on('message', () => {
    try {
      const piece = pieces.next()
      if (piece.done !== true) return tell({ type: 'piece', bytes: piece.value, rows }, [piece.value.buffer])
      reader.close()
      tell({ type: 'done', counts: piece.value })
      parentPort?.close()
    } catch (error) {
      refuse(error)
    }
  })
} catch (error) {
  refuse(error)
}
