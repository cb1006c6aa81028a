/** The head of an export file, from wherever its format keeps it. The file may be anybody's: what is read is bounded and parsed once. */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { parquetMetadata } from 'hyparquet'
import { z } from 'zod'
import { PlumblineError } from '../../wire/plumbline-error.ts'
import { csvForms, exportFormats } from '../../wire/export-forms.ts'
import type { ExportCounts, ExportHead } from './export-model.ts'

/** Ten thousand points are two megabytes. */
const HEAD_BYTES_MAX = 64 * 1024 * 1024
/** Beside the rows in a ZIP. */
export const META_FILE = 'export.json'
const ZIP_END_BYTES_MAX = 65_557

const count = z.int().min(0)
const headSchema = z.object({
  plumbline: z.literal('export'),
  version: z.literal(1),
  format: z.enum(exportFormats),
  csv: z.enum(csvForms).nullable(),
  channel: z.object({ id: z.string(), name: z.string() }),
  gateway: z.object({ name: z.string(), actor: z.string(), software: z.string() }),
  checkpoint: z.object({ size: count, root: z.string().regex(/^[0-9a-f]{64}$/), note: z.string() }),
  made: z.object({ at: z.string(), by: z.string(), zone: z.string() }),
  range: z.object({
    streams: z.union([z.literal('all'), z.array(z.string().regex(/^[0-9a-f]{32}$/))]),
    asset: z.string().nullable(),
    fromTime: z.string().nullable(),
    toTime: z.string().nullable(),
    fromEntry: count,
    toEntry: z.int(),
  }),
  barred: z.object({ fromEntry: count, toEntry: count }).nullable(),
})
export type ReadHead = z.infer<typeof headSchema>

/** What is beside a CSV that stands alone. */
export const besideCsv = (file: string): string => `${file}.json`

/** The description that goes with a CSV. */
export function describing(head: ExportHead, counts: ExportCounts): string {
  return `${JSON.stringify({ ...head, counts }, null, 2)}\n`
}

/** What is wrong is not the file that was named, or not the one to name. */
export class DescriptionError extends PlumblineError<'description_differs'> {
  override readonly name = 'DescriptionError'

  constructor(message: string, next: string) {
    super('description_differs', message, next)
  }
}

/** The head of the export in `file`. Throws DescriptionError about what is beside a CSV, or Error that says why it is none. */
export function readHead(file: string): ReadHead {
  const { text, from } = headText(file)
  const wrong = (inFile: string, beside: string): Error =>
    from === file
      ? new Error(inFile)
      : new DescriptionError(
          `${from}, which describes the rows of ${file}, ${beside}`,
          'Put it back as plumbline export wrote it, or export anew: the rows alone do not say what they are of.',
        )
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    refuseDescription(file)
    throw wrong('it does not begin with the head of an export', `is no JSON: ${(cause as Error).message}`)
  }
  const head = headSchema.safeParse(value)
  if (!head.success) {
    const [{ path, message } = { path: [], message: '' }] = head.error.issues
    const why = `${path.length === 0 ? '' : `"${path.join('.')}": `}${message}`
    throw wrong(`its head is not that of an export: ${why}`, `is not that of an export: ${why}`)
  }
  // Alone on one line it reads like the head of a file.
  if (head.data.format === 'csv') refuseDescription(file)
  return head.data
}

/** Throws DescriptionError where this is by its name what stands beside a CSV. */
function refuseDescription(file: string): void {
  const rows = file.slice(0, -besideCsv('').length)
  if (besideCsv(rows) !== file || !(rows.toLowerCase().endsWith('.csv') || existsSync(rows))) return
  throw new DescriptionError(`${file} only describes the rows, which are in ${rows}`, `Give the rows: --check ${rows}`)
}

/** The head, and in which file it stands. */
function headText(file: string): { text: string; from: string } {
  const handle = openSync(file, 'r')
  const own = (text: string): { text: string; from: string } => ({ text, from: file })
  try {
    const { size } = fstatSync(handle)
    const begin = readAt(handle, 0, Math.min(4, size)).toString('latin1')
    if (begin === 'PAR1') return own(parquetHead(handle, size))
    if (begin.startsWith('PK')) return own(zipHead(handle, size))
    if (begin.startsWith('{')) return own(firstLine(handle, size))
    refuseDescription(file)
    return { text: readFileSync(besideCsv(file), 'utf8'), from: besideCsv(file) }
  } finally {
    closeSync(handle)
  }
}

function firstLine(handle: number, size: number): string {
  const step = 65_536
  const parts: Buffer[] = []
  for (let at = 0; at < Math.min(size, HEAD_BYTES_MAX); at += step) {
    const part = readAt(handle, at, Math.min(step, size - at))
    const end = part.indexOf(10)
    parts.push(end === -1 ? part : part.subarray(0, end))
    if (end !== -1) break
  }
  return Buffer.concat(parts).toString('utf8')
}

function parquetHead(handle: number, size: number): string {
  const tail = readAt(handle, size - 8, 8)
  const length = tail.readUInt32LE(0)
  if (tail.toString('latin1', 4) !== 'PAR1' || length > Math.min(HEAD_BYTES_MAX, size - 12))
    throw new Error('it is a Parquet file without an end: it is not whole')
  const footer = readAt(handle, size - length - 8, length + 8)
  const { key_value_metadata: pairs = [] } = parquetMetadata(new Uint8Array(footer).buffer)
  return pairs.find(({ key }) => key === 'plumbline')?.value ?? ''
}

/** Our ZIP ends with the description, stored as it is; the directory behind it says where. APPNOTE 4.3.12, 4.3.16. */
function zipHead(handle: number, size: number): string {
  const end = readAt(handle, Math.max(0, size - ZIP_END_BYTES_MAX), Math.min(size, ZIP_END_BYTES_MAX))
  const at = end.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'))
  if (at === -1 || at + 22 > end.length) throw new Error('it is a ZIP without an end: it is not whole')
  const [length, offset] = [end.readUInt32LE(at + 12), end.readUInt32LE(at + 16)]
  if (offset + length > size || length > HEAD_BYTES_MAX) throw new Error('its directory lies outside of it')
  const directory = readAt(handle, offset, length)
  for (let entry = 0; entry + 46 <= directory.length;) {
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => directory.readUInt16LE(entry + field)) as [
      number,
      number,
      number,
    ]
    if (directory.toString('utf8', entry + 46, entry + 46 + nameLength) === META_FILE) {
      const [bytes, local] = [directory.readUInt32LE(entry + 24), directory.readUInt32LE(entry + 42)]
      const localHead = readAt(handle, local, 30)
      const from = local + 30 + localHead.readUInt16LE(26) + localHead.readUInt16LE(28)
      if (from + bytes > size || bytes > HEAD_BYTES_MAX) throw new Error('its description lies outside of it')
      return readAt(handle, from, bytes).toString('utf8')
    }
    entry += 46 + nameLength + extra + comment
  }
  throw new Error(`it is a ZIP without ${META_FILE}`)
}

function readAt(handle: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, length))
  let read = 0
  while (read < length) {
    const got = readSync(handle, bytes, read, length - read, at + read)
    if (got === 0) break
    read += got
  }
  return bytes.subarray(0, read)
}
