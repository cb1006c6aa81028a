/** Rows as lines of a CSV by RFC 4180, of which nothing runs as a formula in a spreadsheet. */
import type { CsvForm } from '../../wire/export-forms.ts'
import { BytePieces } from './byte-pieces.ts'
import { columnNames, exactText, flagWords, qualityName } from './export-columns.ts'
import type { ExportRow, ExportWriter } from './export-model.ts'
import { rfc3339 } from './rfc3339.ts'

/** Whoever opens the file chooses the separator: a text is whole under each that a spreadsheet splits at, whichever is ours. */
const SPLITS = /[",;\t\r\n]/
/** What a spreadsheet takes for a formula when a cell begins with it, in ASCII and full width; and our own mark, so that it can be taken off again. */
const RISKY = /^[=+\-@\t\r\n'\uFF1D\uFF0B\uFF0D\uFF20]/

export class CsvLines {
  readonly #separator: string
  readonly #isGerman: boolean

  constructor(form: CsvForm) {
    this.#isGerman = form === 'excel-de'
    this.#separator = this.#isGerman ? ';' : ','
  }

  /** The names of the columns; before them the byte order mark, without which Excel takes UTF-8 for something else. */
  first(): string {
    return `${this.#isGerman ? '\uFEFF' : ''}${columnNames.join(this.#separator)}\r\n`
  }

  line(row: ExportRow): string {
    const isFloat = row.kind === 'reading' && row.reading.value.kind === 'float'
    return `${cellsOf(row, this.#isGerman)
      .map((cell, column) => (isFloat && column === VALUE ? cell : quoted(cell)))
      .join(this.#separator)}\r\n`
  }
}

/** A number with a decimal comma is no text. */
const VALUE = columnNames.indexOf('value')

function quoted(cell: string): string {
  return SPLITS.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

/** One CSV file without end and without a description: whoever writes it says beside it what it is. */
export class BareCsvWriter implements ExportWriter {
  readonly #lines: CsvLines
  readonly #out = new BytePieces()

  constructor(form: CsvForm) {
    this.#lines = new CsvLines(form)
  }

  begin(): void {
    this.#out.text(this.#lines.first())
  }

  row(row: ExportRow): void {
    this.#out.text(this.#lines.line(row))
  }

  end(): void {}

  take(least: number): Uint8Array<ArrayBuffer> | null {
    return this.#out.take(least)
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
  named.push(
    ...(point === null ? ['', '', '', ''] : [point.source, point.point, point.label, point.unit].map(harmless)),
  )
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
