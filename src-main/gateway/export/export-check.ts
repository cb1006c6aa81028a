/**
 * Proves an export against a ledger: it is made again from the signed entries, each of them proven in the tree that the head names, and
 * every byte must be the same. That covers each row, and that none was left out, whatever the tables of this ledger list.
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { LedgerError } from '../../ledger/errors.ts'
import type { LedgerReader } from '../../ledger/reader.ts'
import { fromHex } from '../../wire/bytes.ts'
import type { Verdict } from '../../wire/verdict.ts'
import { ProofError } from '../../proof/errors.ts'
import { GatewayError } from '../error.ts'
import { BareCsvWriter } from './csv-lines.ts'
import { headRefusal } from './export-claims.ts'
import { besideCsv, describing, readHead, type ReadHead } from './export-file.ts'
import type { ExportContext, ExportCounts, ExportRequest } from './export-model.ts'
import { ALL_TIME, exportPieces, planExport, writerOf, type ExportPlan } from './export-run.ts'
import { fromRfc3339 } from './rfc3339.ts'
import { requireSignedNames } from './signed-names.ts'

export interface ExportFinding {
  verdict: Verdict
  /** What was found, in a sentence. */
  says: string
  head: ReadHead
  counts: ExportCounts | null
}
type Found = Pick<ExportFinding, 'verdict' | 'says'> & { counts?: ExportCounts }

const UNCHANGED =
  'every row and name stands in the signed entries of this ledger as in the file, and none of the range is left out; who made the file, and when, is its own word'

/** Throws DescriptionError or Error where `file` is no export. */
export function checkExport(
  reader: LedgerReader,
  file: string,
  barred: ExportContext['barred'],
  onRows: (rows: number) => void,
): ExportFinding {
  const head = readHead(file)
  const found = foundIn(reader, file, head, barred, onRows)
  return { head, counts: null, ...found }
}

function foundIn(
  reader: LedgerReader,
  file: string,
  head: ReadHead,
  barred: ExportContext['barred'],
  onRows: (rows: number) => void,
): Found {
  try {
    const refusal = headRefusal(reader, head)
    if (refusal !== null) return refusal
    const { request, context } = madeBy(head, barred)
    const { size, root, note } = head.checkpoint
    const plan = planExport(reader, request, context, { size, root: fromHex(root), text: note })
    if (JSON.stringify(plan.head.barred) !== JSON.stringify(head.barred))
      return {
        verdict: 'cannot-tell',
        says: 'when it was made other entries were found changed than here now, and their readings are left out; check it where the ledger is unchanged',
      }
    requireSignedNames(reader, plan)
    return compared(reader, file, { plan, request, context }, onRows)
  } catch (cause) {
    // What this ledger cannot give says nothing about the file.
    if (!(cause instanceof LedgerError || cause instanceof GatewayError || cause instanceof ProofError)) throw cause
    return { verdict: 'cannot-tell', says: `it cannot be made again from this ledger: ${cause.message}` }
  }
}

function compared(
  reader: LedgerReader,
  file: string,
  { plan, request, context }: { plan: ExportPlan; request: ExportRequest; context: ExportContext },
  onRows: (rows: number) => void,
): Found {
  const handle = openSync(file, 'r')
  try {
    const isBare = request.format === 'csv' && !isZip(handle)
    const writer = isBare ? new BareCsvWriter(request.csv) : writerOf(request, context)
    const batches = reader.signedRange(fromHex(plan.head.checkpoint.root)).batches(plan.range)
    let unreadable = 0
    const pieces = exportPieces(plan, batches, writer, (counts) => {
      unreadable = counts.unreadable.batches
      onRows(counts.rows)
    })
    // A batch that cannot be read here may have been readable where the file was made.
    const differing = (says: string): Found =>
      unreadable === 0
        ? { verdict: 'changed', says }
        : {
            verdict: 'cannot-tell',
            says: `${says}; but batches cannot be read here: ${unreadable}. Run plumbline fsck`,
          }
    // Which rows are due, only the description says.
    const orRange = isBare ? `; it may be the range in ${besideCsv(file)} that was changed, and not the rows` : ''
    let at = 0
    let line = 1
    let piece = pieces.next()
    for (; piece.done !== true; piece = pieces.next()) {
      const difference = firstDifference(handle, at, piece.value)
      const same = difference === -1 ? piece.value : piece.value.subarray(0, difference)
      line += linesIn(same)
      const where = isBare || request.format === 'jsonl' ? `, in line ${line}` : ''
      if (difference !== -1) return differing(`it differs from the ledger at byte ${at + difference}${where}${orRange}`)
      at += piece.value.length
    }
    if (readSync(handle, Buffer.alloc(1), 0, 1, at) > 0)
      return differing(`it goes on behind byte ${at}, where the ledger has nothing more of this range${orRange}`)
    if (isBare && readFileSync(besideCsv(file), 'utf8') !== describing(plan.head, piece.value))
      return differing(
        `its rows are those of the ledger, but ${besideCsv(file)} beside it is not what the ledger gives`,
      )
    const { barred, unreadable: unread, readings } = piece.value
    const missing = barred.readings + unread.readings
    if (barred.batches + unread.batches > 0)
      return {
        verdict: 'cannot-tell',
        says: `its ${readings} readings are those of the ledger, and ${missing} more of the range are not in it, because they are barred or cannot be read here; check it where they can`,
        counts: piece.value,
      }
    return { verdict: 'unchanged', says: UNCHANGED, counts: piece.value }
  } finally {
    closeSync(handle)
  }
}

function madeBy(head: ReadHead, barred: ExportContext['barred']): { request: ExportRequest; context: ExportContext } {
  const { range, made, gateway, format, csv } = head
  const streams = range.streams === 'all' ? null : range.streams
  return {
    request: {
      format,
      csv: csv ?? 'rfc4180',
      streams,
      asset: range.asset,
      span: {
        fromUs: timeOf(range.fromTime) ?? ALL_TIME.fromUs,
        toUs: timeOf(range.toTime) ?? ALL_TIME.toUs,
      },
      entries: { from: range.fromEntry, to: range.toEntry },
    },
    context: {
      gateway: gateway.name,
      actor: gateway.actor,
      madeBy: made.by,
      atUs: timeOf(made.at) ?? 0,
      zone: made.zone,
      version: gateway.software,
      barred,
    },
  }
}

const timeOf = (text: string | null): number | null => (text === null ? null : fromRfc3339(text))

/** Where the file's bytes from `at` on differ from these first; -1 where they do not. */
function firstDifference(handle: number, at: number, bytes: Uint8Array): number {
  const there = Buffer.alloc(bytes.length)
  let read = 0
  while (read < there.length) {
    const got = readSync(handle, there, read, there.length - read, at + read)
    if (got === 0) break
    read += got
  }
  if (read === bytes.length && there.equals(bytes)) return -1
  for (let i = 0; i < read; i++) if (there[i] !== bytes[i]) return i
  return read
}

function linesIn(bytes: Uint8Array): number {
  let lines = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines += 1
  return lines
}

function isZip(handle: number): boolean {
  const begin = Buffer.alloc(2)
  readSync(handle, begin, 0, begin.length, 0)
  return begin.toString('latin1') === 'PK'
}
