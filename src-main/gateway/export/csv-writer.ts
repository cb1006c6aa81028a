/**
 * CSV by RFC 4180 in a ZIP, with what it is beside it: a CSV has no room for a head, and a reader of spreadsheets takes comment lines for
 * rows. A file holds at most a million rows, because a sheet ends at 1,048,576; what follows goes on in the next.
 */
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import type { CsvForm } from '../../wire/export-forms.ts'
import { GatewayError } from '../error.ts'
import { BytePieces } from './byte-pieces.ts'
import { CsvLines } from './csv-lines.ts'
import { describing, META_FILE } from './export-file.ts'
import type { ExportCounts, ExportHead, ExportRow, ExportWriter } from './export-model.ts'

export const ROWS_A_FILE = 1_000_000
/** Offsets in a ZIP have 32 bits. */
const ZIP_BYTES_MAX = 4_000_000_000
/** Dates of a ZIP begin in 1980, in whichever zone; a clock that has lost its battery is before that. */
const ZIP_DATE_MS_MIN = Date.UTC(1980, 0, 2)
const ZIP_DATE_MS_MAX = Date.UTC(2099, 11, 30)
const PIECE_BYTES = 65_536

export class CsvWriter implements ExportWriter {
  readonly #csv: CsvLines
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
    this.#csv = new CsvLines(form)
    this.#rowsAFile = rowsAFile
    // A ZIP dates its files by the clock on the wall: of whom it is made for a second time, that clock may be another.
    const at = new Date(Math.min(Math.max(atUs / 1000, ZIP_DATE_MS_MIN), ZIP_DATE_MS_MAX))
    this.#mtime = new Date(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), 12)
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
    this.#lines.text(this.#csv.line(row))
    this.#deflate(PIECE_BYTES)
  }

  end(head: ExportHead, counts: ExportCounts): void {
    this.#closeFile()
    const meta = new ZipPassThrough(META_FILE)
    meta.mtime = this.#mtime
    this.#zip.add(meta)
    meta.push(new TextEncoder().encode(describing(head, counts)), true)
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
    this.#lines.text(this.#csv.first())
  }

  #closeFile(): void {
    this.#file?.push(this.#lines.take(0) ?? new Uint8Array(), true)
    this.#file = null
  }

  #deflate(least: number): void {
    const piece = this.#lines.take(least)
    if (piece !== null) this.#file?.push(piece)
  }
}

function tooLarge(): GatewayError {
  return new GatewayError(
    'export_too_large',
    'as CSV this export would be larger than 4 GB, where a ZIP ends',
    'Take a shorter range, or JSON lines or Parquet.',
  )
}
