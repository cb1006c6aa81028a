/** A million readings taken along, in each format: rows a second and memory, of a process that does nothing else. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadAddon } from '../../native/addon.ts'
import { HEAP_MB } from '../../src-main/gateway/export/export-desk.ts'
import { exportFormats, type ExportFormat } from '../../src-main/wire/export-forms.ts'
import { ALL_TIME, exportPieces, planExport, writerOf } from '../../src-main/gateway/export/export-run.ts'
import { openLedger } from '../../src-main/ledger/ledger.ts'
import { openReader } from '../../src-main/ledger/reader.ts'
import { TestChannel } from '../support/channel.ts'
import { commit } from '../unit/ledger/drive.ts'
import { sealAndCosign } from '../unit/ledger/recorded.ts'
import { figure } from './figure.ts'

const BATCHES = 1_000
const READINGS_A_BATCH = 1_000

export function measureExports(): void {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'))
  try {
    const file = join(folder, 'ledger.db')
    record(file)
    for (const format of exportFormats) {
      // As the thread of the desk is bounded; its young heap is three half spaces.
      const bounds = [`--max-old-space-size=${HEAP_MB.old}`, `--max-semi-space-size=${Math.floor(HEAP_MB.young / 3)}`]
      const run = spawnSync(process.execPath, [...bounds, import.meta.filename, file, format], { encoding: 'utf8' })
      if (run.status !== 0) throw new Error(run.stderr)
      const { rows, seconds, bytes, rssMb, beforeMb } = JSON.parse(run.stdout) as Record<string, number>
      const more = { format, rows, bytes, rss_mb: rssMb, rss_before_mb: beforeMb }
      figure('export', (rows as number) / (seconds as number), 'rows/s', more)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function record(file: string): void {
  const addon = loadAddon()
  const channel = new TestChannel(addon)
  const ledger = openLedger({ addon, file, genesis: channel.genesis })
  const stream = channel.openStream(channel.member(1), 'press', 'temperature')
  commit(ledger, stream)
  for (let batch = 0; batch < BATCHES; batch++) {
    const values = Array.from({ length: READINGS_A_BATCH }, (_, i) => 20 + Math.sin(batch * READINGS_A_BATCH + i))
    const readings = channel.floats(stream.stream, batch * READINGS_A_BATCH, values)
    commit(ledger, channel.batch(channel.member(1), readings))
    if (batch % 20 === 19) sealAndCosign(channel, ledger)
  }
  ledger.close()
}

function measure(file: string, format: ExportFormat): void {
  const request = {
    format,
    csv: 'rfc4180' as const,
    streams: null,
    asset: null,
    span: ALL_TIME,
    entries: { from: 0, to: Number.MAX_SAFE_INTEGER },
  }
  const context = { gateway: 'g', actor: '', madeBy: 'bench', atUs: 0, zone: 'UTC', version: '', barred: null }
  const reader = openReader(file)
  const beforeMb = rss()
  const from = performance.now()
  let bytes = 0
  let rssMb = 0
  const plan = planExport(reader, request, context)
  const pieces = exportPieces(plan, reader.indexedRange().batches(plan.range), writerOf(request, context))
  let piece = pieces.next()
  for (; piece.done !== true; piece = pieces.next()) {
    bytes += piece.value.length
    rssMb = Math.max(rssMb, rss())
  }
  const seconds = (performance.now() - from) / 1000
  process.stdout.write(JSON.stringify({ rows: piece.value.rows, seconds, bytes, rssMb, beforeMb }))
}

const rss = (): number => Math.round(process.memoryUsage.rss() / 1e6)

const [, script, ledgerFile, format] = process.argv
if (script === import.meta.filename && ledgerFile !== undefined) measure(ledgerFile, format as ExportFormat)
