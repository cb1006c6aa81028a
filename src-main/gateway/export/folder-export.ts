/** Exports straight out of a data folder, whether its gateway runs or not. */
import { basename } from 'node:path'
import { openReader, type LedgerReader } from '../../ledger/reader.ts'
import { loadConfig } from '../folder/config.ts'
import type { GatewayFolder } from '../folder/data-folder.ts'
import { barredBy, barredFromExports, readFinding, type Finding } from '../check/integrity.ts'
import { isTimeZone, machineZone } from '../folder/time-zone.ts'
import { VERSION } from '../version.ts'
import { BareCsvWriter } from './csv-lines.ts'
import { checkExport, type ExportFinding } from './export-check.ts'
import type { ExportContext, ExportCounts, ExportHead, ExportRequest } from './export-model.ts'
import { ALL_TIME, exportPieces, planExport, writerOf } from './export-run.ts'
import { rfc3339 } from './rfc3339.ts'

export interface FolderExport {
  head: ExportHead
  /** Readings about. */
  about: number
  pieces: Generator<Uint8Array, ExportCounts>
  /** First and last source time of what the ledger has of these streams, whatever the range; null where it has nothing. */
  extent(): { from: string; to: string } | null
}

export class ExportFolder {
  readonly #reader: LedgerReader
  readonly #folder: GatewayFolder

  /** Throws LedgerError where there is no ledger that can be read. */
  constructor(folder: GatewayFolder) {
    this.#folder = folder
    this.#reader = openReader(folder.ledger)
  }

  /**
   * @param isBare a CSV that stands alone, without a ZIP around it
   * @param onRows told how many rows there are so far
   * @throws {GatewayError} `unknown_stream`, `unknown_asset`, `no_checkpoint`
   * @throws {LedgerError} `database_damaged`
   */
  begin(request: ExportRequest, madeBy: string, isBare: boolean, onRows: (rows: number) => void): FolderExport {
    const context = this.#context(madeBy)
    const plan = planExport(this.#reader, request, context)
    const writer = isBare ? new BareCsvWriter(request.csv) : writerOf(request, context)
    const index = this.#reader.indexedRange()
    return {
      head: plan.head,
      about: index.estimate(plan.range),
      pieces: exportPieces(plan, index.batches(plan.range), writer, ({ rows }) => onRows(rows)),
      extent: () => {
        const found = index.extent({ ...plan.range, span: ALL_TIME })
        return found === null ? null : { from: rfc3339(found.fromUs), to: rfc3339(found.toUs) }
      },
    }
  }

  /** Throws Error where `file` is no export. */
  check(file: string, onRows: (rows: number) => void): ExportFinding {
    const finding = this.#finding()
    // What a check reads are the entries, which damage to what follows from them does not touch.
    const barred = finding?.firstBad.derived === true ? null : barredBy(finding)
    return checkExport(this.#reader, file, barred, onRows)
  }

  close(): void {
    this.#reader.close()
  }

  #context(madeBy: string): ExportContext {
    const config = configured(this.#folder)
    const name = config?.name ?? basename(this.#folder.root)
    // A copy may lie in a folder of any name.
    const member = this.#reader.members().find((one) => one.name === name)
    const zone = config?.timeZone ?? machineZone()
    return {
      gateway: member?.name ?? '',
      actor: member?.actor ?? '',
      madeBy,
      atUs: Date.now() * 1000,
      zone: isTimeZone(zone) ? zone : 'UTC',
      version: VERSION,
      barred: barredFromExports(this.#finding()),
    }
  }

  #finding(): Finding | null {
    return readFinding(this.#folder.integrity, basename(this.#folder.root))
  }
}

/** A folder may be a copy without its configuration. */
function configured(folder: GatewayFolder): { name: string; timeZone: string | null } | null {
  try {
    const { name, timeZone } = loadConfig(folder.config)
    return { name, timeZone: timeZone ?? null }
  } catch {
    return null
  }
}
