/**
 * Proves an export against a ledger: it is made again from the same tree, and every byte must be the same. That covers each row, and that
 * none was left out. Meanwhile each batch is compared with its signed root, and its entry with the tree that the head names.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import type { LedgerReader } from '../../ledger/reader.ts'
import { leafHash, verifyInclusion } from '../../proof/merkle.ts'
import { fromHex, toHex } from '../../wire/bytes.ts'
import { BareCsvWriter } from './csv-lines.ts'
import type { ExportContext, ExportCounts, ExportRequest, ExportRow, ExportWriter } from './export-model.ts'
import { readHead, type ReadHead } from './export-file.ts'
import { ALL_TIME, exportPieces, planExport, writerOf } from './export-run.ts'
import { fromRfc3339 } from './rfc3339.ts'

export interface ExportFinding {
  verdict: 'unchanged' | 'changed' | 'cannot-tell'
  /** What was found, in a sentence. */
  says: string
  head: ReadHead
  counts: ExportCounts | null
}

/** Throws Error where `file` is no export. */
export function checkExport(
  reader: LedgerReader,
  file: string,
  barred: ExportContext['barred'],
  onRows: (rows: number) => void,
): ExportFinding {
  const head = readHead(file)
  const { size, root, note } = head.checkpoint
  const found = (
    verdict: ExportFinding['verdict'],
    says: string,
    counts: ExportCounts | null = null,
  ): ExportFinding => ({
    verdict,
    says,
    head,
    counts,
  })
  if (head.channel.id !== reader.channel)
    return found('cannot-tell', `it is of channel ${head.channel.id}, and this ledger is of ${reader.channel}`)
  if (size > reader.size())
    return found('cannot-tell', `it was read at ${size} entries, and this ledger has ${reader.size()} so far`)
  if (toHex(reader.rootAt(size)) !== root)
    return found(
      'changed',
      `this ledger has another root at ${size} entries: ${toHex(reader.rootAt(size))}, not ${root}`,
    )
  const { request, context } = madeBy(head, barred)
  const plan = planExport(reader, request, context, { size, root: fromHex(root), text: note })
  if (JSON.stringify(plan.head.barred) !== JSON.stringify(head.barred))
    return found(
      'cannot-tell',
      'when it was made other entries were found changed than here now, and their readings are left out; check it where the ledger is unchanged',
    )
  const bare = head.format === 'csv' && !isZip(file)
  const writer = new Proving(reader, size, root, bare ? new BareCsvWriter(request.csv) : writerOf(request, context))
  const handle = openSync(file, 'r')
  try {
    let at = 0
    let rows = 0
    const pieces = exportPieces(reader, plan, writer, (count) => {
      rows = count
      onRows(count)
    })
    let piece = pieces.next()
    for (; piece.done !== true; piece = pieces.next()) {
      const same = firstDifference(handle, at, piece.value)
      if (same !== -1)
        return found(
          'changed',
          `it differs from the ledger at byte ${at + same}, by row ${rows} of those that the ledger gives`,
        )
      at += piece.value.length
    }
    if (readSync(handle, Buffer.alloc(1), 0, 1, at) > 0)
      return found('changed', `it goes on behind byte ${at}, where the ledger has nothing more of this range`)
    return found(
      'unchanged',
      'every row is in the ledger as it stands in the file, and none that the ledger lists for the range is left out (plumbline fsck checks its lists)',
      piece.value,
    )
  } finally {
    closeSync(handle)
  }
}

/** Proves the entry of each batch before its first row is written. */
class Proving implements ExportWriter {
  readonly #reader: LedgerReader
  readonly #size: number
  readonly #root: Uint8Array
  readonly #writer: ExportWriter
  #proven = -1

  constructor(reader: LedgerReader, size: number, root: string, writer: ExportWriter) {
    this.#reader = reader
    this.#size = size
    this.#root = fromHex(root)
    this.#writer = writer
  }

  readonly begin: ExportWriter['begin'] = (head) => this.#writer.begin(head)
  readonly end: ExportWriter['end'] = (head, counts) => this.#writer.end(head, counts)
  readonly take: ExportWriter['take'] = (least) => this.#writer.take(least)

  row(row: ExportRow): void {
    if (row.entry !== this.#proven) {
      const { bytes } = this.#reader.entries.require(row.entry)
      const path = this.#reader.log.inclusionPath(row.entry, this.#size)
      verifyInclusion({ index: row.entry, size: this.#size, leafHash: leafHash(bytes), path, root: this.#root })
      this.#proven = row.entry
    }
    this.#writer.row(row)
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

function isZip(file: string): boolean {
  const handle = openSync(file, 'r')
  try {
    const begin = Buffer.alloc(2)
    readSync(handle, begin)
    return begin.toString('latin1') === 'PK'
  } finally {
    closeSync(handle)
  }
}
