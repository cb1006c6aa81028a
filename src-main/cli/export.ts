import { closeSync, existsSync, openSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { basename, dirname, extname, resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { LOCAL_USER } from '../endpoints/at-this-machine.ts'
import { besideCsv, describing, DescriptionError } from '../gateway/export/export-file.ts'
import type { ExportCounts, ExportRequest } from '../gateway/export/export-model.ts'
import { ALL_TIME } from '../gateway/export/export-run.ts'
import { ExportFolder, type FolderExport } from '../gateway/export/folder-export.ts'
import { fromRfc3339 } from '../gateway/export/rfc3339.ts'
import { nearest } from '../wire/near-match.ts'
import { printable, printed } from '../wire/printable.ts'
import { csvForms, exportFormats } from '../wire/export-forms.ts'
import type { CsvForm, ExportFormat } from '../wire/export-forms.ts'
import { channelOption } from './channel-option.ts'
import type { Command, Invocation } from './command.ts'
import { EXIT, exitOf, UsageError } from './exit-status.ts'
import { folderOption } from './folder-option.ts'
import { whyUnread } from './read-file.ts'

const PROGRESS_EVERY_MS = 500
const DAY_US = 86_400_000_000
const FORMAT_BY_ENDING: Readonly<Record<string, ExportFormat>> = {
  '.csv': 'csv',
  '.zip': 'csv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.parquet': 'parquet',
}

export const exportCommand: Command = {
  name: 'export',
  usage: 'export --out FILE [--stream ID]... [--asset ID] [--from T] [--to T] | export --check FILE',
  summary:
    'Writes the readings and gaps of a range, each with its entry and leaf position, so that it can be proven. The ending of FILE chooses\nthe format: .csv (with FILE.json beside it, which says what it is), .zip (CSV and that description in one), .jsonl or .parquet.\nReads the data folder, whether the gateway runs or not, as of its newest checkpoint. FILE is there only once it is whole.\nAn export is not signed: anybody can change it. --check makes it again from the signed entries of this ledger and says whether every byte is the same;\nto hand evidence to somebody without this ledger, issue a certificate (plumbline certificate issue).\nExit status: 0 written, or unchanged; 1 changed; 2 cannot tell; 3 failed; 64 wrong usage.',
  options: {
    out: { type: 'string', value: 'FILE', help: 'where to write; an existing file is not overwritten' },
    format: { type: 'string', value: 'csv|jsonl|parquet', help: 'where the ending of FILE does not say it' },
    csv: {
      type: 'string',
      value: 'FORM',
      help: 'rfc4180 (default) or excel-de: semicolons, decimal comma and byte order mark, as a German Excel reads it',
    },
    stream: { type: 'string', value: 'ID', help: 'stream ids, comma separated (default: all)' },
    asset: { type: 'string', value: 'ID', help: 'only what stands at this asset' },
    from: {
      type: 'string',
      value: 'T',
      help: 'first source time, such as 2026-03-11T06:00:00+01:00; a day begins at midnight UTC',
    },
    to: {
      type: 'string',
      value: 'T',
      help: 'last source time, likewise; a day ends with its last microsecond in UTC, so --from and --to of one day are that day',
    },
    'from-entry': { type: 'string', value: 'N', help: 'first entry' },
    'to-entry': { type: 'string', value: 'N', help: 'last entry, included' },
    as: {
      type: 'string',
      value: 'NAME',
      help: 'who exports, for the head of the file; nobody checks it (default: this user)',
    },
    gateway: { type: 'string', value: 'NAME', help: 'which gateway under the data folder (default: the first)' },
    channel: channelOption,
    check: { type: 'string', value: 'FILE', help: 'proves an export against this ledger instead' },
  },
  async run(invocation) {
    const { text } = invocation
    const checked = text('check')
    const out = text('out')
    if ((checked === undefined) === (out === undefined))
      throw new UsageError('say either where to write, --out FILE, or what to check, --check FILE')
    const wanted = out === undefined ? null : { out: resolve(out), request: requestOf(invocation, resolve(out)) }
    const folder = folderOption(invocation)
    const source = new ExportFolder(folder)
    try {
      return wanted === null
        ? check(invocation, source, resolve(checked as string))
        : await write(invocation, source, wanted)
    } finally {
      source.close()
    }
  },
}

interface Wanted {
  out: string
  request: ExportRequest
}

async function write(invocation: Invocation, source: ExportFolder, { out, request }: Wanted): Promise<number> {
  const { text, print } = invocation
  const isBare = request.format === 'csv' && extname(out).toLowerCase() !== '.zip'
  for (const file of isBare ? [out, besideCsv(out)] : [out])
    if (existsSync(file)) throw new UsageError(`${file} is there already`, 'Choose another name, or remove it first.')
  if (!existsSync(dirname(out))) throw new UsageError(`there is no folder ${dirname(out)}`, 'Make it first.')
  let about = 0
  const told = progress(() => about)
  const begun = source.begin(request, text('as') ?? process.env['USER'] ?? LOCAL_USER, isBare, told)
  about = begun.about
  const { head } = begun
  const part = `${out}.part`
  const handle = openNew(part)
  let counts: ExportCounts
  try {
    counts = await pour(begun.pieces, handle, part)
    if (isBare) writeFileSync(besideCsv(out), describing(head, counts), { flag: 'wx' })
    renameSync(part, out)
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  }
  const { checkpoint } = head
  print({ file: out, checkpoint, counts, bytes: statSync(out).size }, said(out, begun, counts))
  return EXIT.ok
}

function said(out: string, { head, extent }: FolderExport, counts: ExportCounts): string {
  const { size, root } = head.checkpoint
  const { readings, gaps, barred, unreadable } = counts
  const n = (count: number): string => count.toLocaleString('en')
  const counted = (count: number, one: string): string => `${n(count)} ${one}${count === 1 ? '' : 's'}`
  // What was found changed or cannot be read is said below; that the points have readings would not explain it.
  const none = readings + barred.readings + unreadable.readings === 0
  const what =
    counts.rows === 0
      ? 'no readings and no gaps in this range'
      : `${counted(readings, 'reading')} and ${counted(gaps, 'gap')}`
  const has = none ? extent() : null
  const lines = [
    printed`${out}: ${what}, as of ${n(size)} entries with the root ${root}.`,
    ...(none
      ? [
          has === null
            ? 'There are no readings of these points yet.'
            : `These points have readings from ${has.from} to ${has.to}.`,
        ]
      : []),
    'It is not signed: check it with plumbline export --check.',
  ]
  if (barred.batches > 0)
    lines.push(
      `NOT IN IT: ${n(barred.readings)} readings of ${n(barred.batches)} batches that were found changed. Rows of kind "barred" stand for them.`,
    )
  if (unreadable.batches > 0)
    lines.push(
      `NOT IN IT: ${n(unreadable.readings)} readings of ${n(unreadable.batches)} batches that cannot be read. Run "plumbline fsck".`,
    )
  return lines.join('\n')
}

/** Never another's file, and never through a link: what lies there is not ours to write over. */
function openNew(part: string): number {
  try {
    return openSync(part, 'wx', 0o600)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new UsageError(`${part} is there already`, 'Another export may be writing it; remove it if none is.')
  }
}

/** Writes the pieces; between them signals are heard, and an interrupted export leaves nothing behind. */
async function pour(pieces: Generator<Uint8Array, ExportCounts>, handle: number, part: string): Promise<ExportCounts> {
  let stopped: NodeJS.Signals | null = null
  const stop = (signal: NodeJS.Signals): void => {
    stopped = signal
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  try {
    for (;;) {
      const piece = pieces.next()
      if (piece.done === true) return piece.value
      for (let at = 0; at < piece.value.length;) at += writeSync(handle, piece.value, at)
      await setImmediate()
      if (stopped !== null) throw new Interrupted(part)
    }
  } finally {
    closeSync(handle)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, stop)
  }
}

class Interrupted extends Error {
  readonly code = 'interrupted'
  readonly next = 'Nothing was written. Call it again, or with a shorter range.'
  constructor(part: string) {
    super(`the export was interrupted; ${part} is removed`)
  }
}

function progress(about: () => number): (rows: number) => void {
  let toldMs = performance.now()
  return (rows) => {
    if (performance.now() - toldMs < PROGRESS_EVERY_MS) return
    toldMs = performance.now()
    process.stderr.write(`${rows.toLocaleString('en')} of about ${about().toLocaleString('en')} rows\n`)
  }
}

/** How many of the rows are compared already; how many there are, only their end says. */
function checking(): (rows: number) => void {
  let toldMs = performance.now()
  return (rows) => {
    if (performance.now() - toldMs < PROGRESS_EVERY_MS) return
    toldMs = performance.now()
    process.stderr.write(`${rows.toLocaleString('en')} rows are the same so far\n`)
  }
}

function check({ print }: Invocation, source: ExportFolder, file: string): number {
  let finding: ReturnType<ExportFolder['check']>
  try {
    finding = source.check(file, checking())
  } catch (error) {
    if (error instanceof DescriptionError) throw new UsageError(printed`${error.message}`, error.next)
    throw new UsageError(
      printed`${file} is no export that can be read: ${whyUnread(file, error)}`,
      'Give a file of plumbline export, a bare .csv with its .csv.json beside it.',
    )
  }
  const { verdict, says, counts } = finding
  const word = { unchanged: 'unchanged', changed: 'CHANGED', 'cannot-tell': 'cannot tell' }[verdict]
  const rows = counts === null ? '' : ` (${counts.rows.toLocaleString('en')} rows)`
  print({ file, verdict, says, counts }, printed`${file}: ${word}: ${says}${rows}.`)
  return exitOf(verdict)
}

function requestOf({ text }: Invocation, out: string): ExportRequest {
  const format = text('format') ?? FORMAT_BY_ENDING[extname(out).toLowerCase()]
  const formats = `Formats: ${exportFormats.join(', ')}.`
  if (format === undefined)
    throw new UsageError(
      printed`${basename(out)} does not say in which format`,
      `End it in .csv, .zip, .jsonl or .parquet, or give --format. ${formats}`,
    )
  if (!exportFormats.some((one) => one === format))
    throw new UsageError(printed`there is no format "${format}".${nearest(format, exportFormats)}`, formats)
  const csv = text('csv') ?? 'rfc4180'
  if (!csvForms.some((one) => one === csv)) throw new UsageError(`--csv ${csv}: say ${csvForms.join(' or ')}`)
  const streams = text('stream')?.split(',') ?? null
  const wrong = streams?.find((one) => !/^[0-9a-f]{32}$/.test(one))
  if (wrong !== undefined) throw new UsageError(`--stream ${printable(wrong)}: a stream id is 32 digits of 0-9 and a-f`)
  const span = { fromUs: timeOf('from', text) ?? ALL_TIME.fromUs, toUs: timeOf('to', text) ?? ALL_TIME.toUs }
  const entries = { from: numberOf('from-entry', text) ?? 0, to: numberOf('to-entry', text) ?? Number.MAX_SAFE_INTEGER }
  if (span.toUs < span.fromUs || entries.to < entries.from) throw new UsageError('the range ends before it begins')
  return { format: format as ExportFormat, csv: csv as CsvForm, streams, asset: text('asset') ?? null, span, entries }
}

/** A day is all of it: its first microsecond where the range begins, its last where it ends. */
function timeOf(option: 'from' | 'to', text: Invocation['text']): number | null {
  const given = text(option)
  if (given === undefined) return null
  const isDay = /^\d{4}-\d\d-\d\d$/.test(given)
  const timeUs = fromRfc3339(isDay ? `${given}T00:00:00Z` : given)
  if (timeUs === null)
    throw new UsageError(
      `--${option} ${printable(given)} is no time with its zone`,
      'Write it like 2026-03-11T06:00:00+01:00, or a day.',
    )
  return isDay && option === 'to' ? timeUs + DAY_US - 1 : timeUs
}

function numberOf(option: string, text: Invocation['text']): number | null {
  const given = text(option)
  if (given === undefined) return null
  if (/^\d{1,15}$/.test(given)) return Number(given)
  throw new UsageError(`--${option} ${printable(given)} is no entry number`)
}
