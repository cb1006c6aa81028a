/**
 * CSV by RFC 4180 in a ZIP, with what it is beside it: a CSV has no room for a head, and a reader of spreadsheets takes comment lines for
 * rows. A file holds at most a million rows, because a sheet ends at 1,048,576; what follows goes on in the next.
 */
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import { GatewayError } from '../error.ts'
import { BytePieces } from './byte-pieces.ts'
import { columnNames, exactText, flagWords, qualityName } from './export-columns.ts'
import type { CsvForm, ExportCounts, ExportHead, ExportRow, ExportWriter } from './export-model.ts'
import { rfc3339 } from './rfc3339.ts'

export const ROWS_A_FILE = 1_000_000
/** Offsets in a ZIP have 32 bits. */
const ZIP_BYTES_MAX = 4_000_000_000
/** Dates of a ZIP begin in 1980, in whichever zone; a clock that has lost its battery is before that. */
const ZIP_DATE_MS_MIN = Date.UTC(1980, 0, 2)
const ZIP_DATE_MS_MAX = Date.UTC(2099, 11, 30)
const PIECE_BYTES = 65_536
export const META_FILE = 'export.json'
/** What a spreadsheet takes for a formula when a cell begins with it, in ASCII and full width; and our own mark, so that it can be taken off again. */
const RISKY = /^[=+\-@\t\r\n'\uFF1D\uFF0B\uFF0D\uFF20]/

export class CsvWriter implements ExportWriter {
  readonly #separator: string
  readonly #isGerman: boolean
  readonly #rowsAFile: number
  readonly #out = new BytePieces()
  readonly #lines = new BytePieces()
  readonly #zip: Zip
  readonly #mtime: Date
  #file: ZipDeflate | null = null
  #files = 0
  #rows = 0
  #zipped = 0

  /** `atUs` dates the files: the same range read at the same checkpoint by the same request gives the same bytes. */
  constructor(form: CsvForm, atUs: number, rowsAFile = ROWS_A_FILE) {
    this.#isGerman = form === 'excel-de'
    this.#separator = this.#isGerman ? ';' : ','
    this.#rowsAFile = rowsAFile
    this.#mtime = new Date(Math.min(Math.max(atUs / 1000, ZIP_DATE_MS_MIN), ZIP_DATE_MS_MAX))
    this.#zip = new Zip((error, bytes) => {
      if (error !== null) throw error
      this.#zipped += bytes.length
      if (this.#zipped > ZIP_BYTES_MAX) throw tooLarge()
      this.#out.bytes(bytes)
    })
  }

  begin(): void {
    this.#nextFile()
  }

  row(row: ExportRow): void {
    if (this.#rows === this.#rowsAFile) {
      this.#closeFile()
      this.#nextFile()
    }
    this.#rows += 1
    this.#lines.text(`${cellsOf(row, this.#isGerman).map((cell) => this.#quoted(cell)).join(this.#separator)}\r\n`)
    this.#deflate(PIECE_BYTES)
  }

  end(head: ExportHead, counts: ExportCounts): void {
    this.#closeFile()
    const meta = new ZipPassThrough(META_FILE)
    meta.mtime = this.#mtime
    this.#zip.add(meta)
    meta.push(new TextEncoder().encode(`${JSON.stringify({ ...head, counts }, null, 2)}\n`), true)
    this.#zip.end()
  }

  take(least: number): Uint8Array<ArrayBuffer> | null {
    return this.#out.take(least)
  }

  #nextFile(): void {
    this.#files += 1
    this.#rows = 0
    const number = this.#files === 1 ? '' : `-${this.#files}`
    const file = new ZipDeflate(`readings${number}.csv`, { level: 1 })
    file.mtime = this.#mtime
    this.#zip.add(file)
    this.#file = file
    this.#lines.text(`${this.#isGerman ? '\uFEFF' : ''}${columnNames.join(this.#separator)}\r\n`)
  }

  #closeFile(): void {
    this.#file?.push(this.#lines.take(0) ?? new Uint8Array(), true)
    this.#file = null
  }

  #deflate(least: number): void {
    const piece = this.#lines.take(least)
    if (piece !== null) this.#file?.push(piece)
  }

  #quoted(cell: string): string {
    return cell.includes('"') || cell.includes(this.#separator) || cell.includes('\n') || cell.includes('\r')
      ? `"${cell.replaceAll('"', '""')}"`
      : cell
  }
}

/** A text that a spreadsheet would run is led by an apostrophe; one that begins with an apostrophe, too, so that the mark says what it is. */
export function harmless(text: string): string {
  return RISKY.test(text) ? `'${text}` : text
}

/** In the order of the columns. Numbers and times are ours; whatever came from outside as text is made harmless. */
export function cellsOf(row: ExportRow, isGerman: boolean): string[] {
  const { point } = row
  const named = [row.kind, harmless(row.gateway)]
  named.push(...(point === null ? ['', '', '', ''] : [point.source, point.point, point.label, point.unit].map(harmless)))
  const at = [rfc3339(row.closedAtUs), rfc3339(row.sealedAtUs)]
  const entry = String(row.entry)
  if (row.kind === 'reading') {
    const { stream, sequence, value, quality, flags, sourceTimeUs } = row.reading
    const text = exactText(value)
    const shown =
      value.kind === 'text' ? harmless(text) : value.kind === 'float' && isGerman ? text.replace('.', ',') : text
    const judged = [String(quality), qualityName(quality), String(flags), flagWords(flags)]
    const place = [stream, String(sequence), entry, String(row.position)]
    return [...named, shown, value.kind, ...judged, rfc3339(sourceTimeUs), ...at, ...place, '', '', '', '']
  }
  const none = ['', '', '', '', '', '']
  if (row.kind === 'gap') {
    const { stream, fromSequence, toSequence, fromTimeUs, toTimeUs, reason } = row.gap
    const place = [stream, String(fromSequence), entry, '', String(toSequence), rfc3339(toTimeUs), '', harmless(reason)]
    return [...named, ...none, rfc3339(fromTimeUs), ...at, ...place]
  }
  return [...named, ...none, '', ...at, '', '', entry, '', '', '', String(row.readings), harmless(row.reason)]
}

function tooLarge(): GatewayError {
  return new GatewayError(
    'export_too_large',
    'as CSV this export would be larger than 4 GB, where a ZIP ends',
    'Take a shorter range, or JSON lines or Parquet.',
  )
}
