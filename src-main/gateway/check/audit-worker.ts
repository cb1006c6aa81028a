/** Reads the whole record back through a connection of its own and checks it, away from the threads that record. */
import { parentPort, workerData } from 'node:worker_threads'
import { loadAddon } from '../../../native/addon.ts'
import { fsck, type FsckReport } from '../../ledger/audit.ts'
import { hashCheck } from '../../ledger/hash-check.ts'

/** Which check: the short one of hash-check.ts, or the whole of audit.ts. */
export type CheckKind = 'hashes' | 'replay'

export interface AuditWorkerData {
  file: string
  kind: CheckKind
  /** Checks of this kind since the start. */
  round: number
}

export type FromAudit =
  | { type: 'progress'; done: number; total: number }
  | { type: 'done'; report: FsckReport }
  | { type: 'failed'; message: string }

/** What a thread that checks one record after the other is told. */
export interface SharedAudit {
  id: number
  data: AuditWorkerData
}

const TELL_EVERY_MS = 200

function checkIn({ file, kind, round }: AuditWorkerData, tell: (message: FromAudit) => void): void {
  let toldMs = 0
  try {
    const check = kind === 'hashes' ? hashCheck : fsck
    const report = check({
      file,
      addon: loadAddon(),
      round,
      onProgress: (done: number, total: number) => {
        const now = performance.now()
        if (now - toldMs < TELL_EVERY_MS) return
        toldMs = now
        tell({ type: 'progress', done, total })
      },
    })
    tell({ type: 'done', report })
  } catch (error) {
    tell({ type: 'failed', message: (error as Error).message })
  }
}

const only = workerData as AuditWorkerData | null
if (only !== null) checkIn(only, (message) => parentPort?.postMessage(message))
else
  parentPort?.on('message', ({ id, data }: SharedAudit) =>
    checkIn(data, (message) => parentPort?.postMessage({ id, message })),
  )
