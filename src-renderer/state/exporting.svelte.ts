/** An export that is being asked for, made, or done. */
import { call, CallError } from '../client/call.ts'
import type { ExportEstimate } from '../words/model.ts'
import { Loading } from './load.svelte.ts'
import type { Exported } from './overlay.svelte.ts'
import { saveBlob } from './save-file.ts'

export const exportFormats = ['csv', 'jsonl', 'parquet'] as const
export type ExportFormat = (typeof exportFormats)[number]

const progressEveryMs = 500
/** Small pieces are joined, so that the browser may lay them aside on its disk. */
const joinedBytes = 8_000_000
const endings: Record<ExportFormat, string> = { csv: 'csv.zip', jsonl: 'jsonl', parquet: 'parquet' }

export type ExportState =
  | { is: 'asking' }
  | { is: 'running'; rows: number; bytes: number }
  | { is: 'done'; fileName: string; rows: number | null; bytes: number }
  /** `error` null: the connection broke off, and nothing was kept. */
  | { is: 'failed'; error: { code: string; message: string; next: string } | null }

export class Exporting {
  format = $state<ExportFormat>('csv')
  german = $state(false)
  /** Only the points that were shown; null where there were none to choose. */
  streams = $state.raw<readonly string[] | null>(null)
  readonly shown: readonly string[] | null
  asset = $state.raw<string | null>(null)
  fromUs = $state(0)
  toUs = $state(0)
  state = $state.raw<ExportState>({ is: 'asking' })
  readonly estimate = new Loading<ExportEstimate>()
  #abort: AbortController | null = null

  constructor({ streams, asset, fromUs, toUs }: Exported) {
    this.shown = streams
    this.streams = streams
    this.asset = asset
    this.fromUs = fromUs
    this.toUs = toUs
  }

  get query() {
    const { format, german, streams, asset, fromUs, toUs } = this
    return {
      format,
      ...(format === 'csv' && german && { csv: 'excel-de' as const }),
      ...(streams !== null && { streams: streams.join(',') }),
      ...(asset !== null && { asset }),
      fromUs: Math.round(fromUs),
      toUs: Math.round(toUs),
    }
  }

  async ask(): Promise<void> {
    const { query } = this
    await this.estimate.run((signal) => call('exportEstimate', { query }, signal))
  }

  /** Fetches the file and hands it to the browser once it is whole. */
  async run(name: string): Promise<void> {
    const abort = new AbortController()
    this.#abort = abort
    this.state = { is: 'running', rows: 0, bytes: 0 }
    const run = crypto
      .getRandomValues(new Uint8Array(16))
      .reduce((hex, byte) => hex + byte.toString(16).padStart(2, '0'), '')
    const timer = setInterval(() => void this.#progress(run, abort.signal), progressEveryMs)
    const fileName = `${name}.${endings[this.format]}`
    try {
      const body = await call('exportRange', { query: { ...this.query, run } }, abort.signal)
      const blob = await this.#collect(body)
      if (abort.signal.aborted) return
      saveBlob(blob, fileName)
      this.state = { is: 'done', fileName, rows: this.#rows, bytes: blob.size }
    } catch (error) {
      if (abort.signal.aborted) this.state = { is: 'asking' }
      else this.state = { is: 'failed', error: error instanceof CallError ? error : null }
    } finally {
      clearInterval(timer)
    }
  }

  stop(): void {
    this.#abort?.abort()
    this.estimate.cancel()
    if (this.state.is === 'running') this.state = { is: 'asking' }
  }

  again(): void {
    this.state = { is: 'asking' }
  }

  get #rows(): number {
    return this.state.is === 'running' ? this.state.rows : 0
  }

  async #collect(body: AsyncIterable<Uint8Array>): Promise<Blob> {
    let whole = new Blob([])
    let parts: Uint8Array<ArrayBuffer>[] = []
    let waiting = 0
    for await (const value of body) {
      parts.push(new Uint8Array(value))
      waiting += value.length
      this.state = { is: 'running', rows: this.#rows, bytes: whole.size + waiting }
      if (waiting < joinedBytes) continue
      whole = new Blob([whole, ...parts])
      parts = []
      waiting = 0
    }
    return new Blob([whole, ...parts])
  }

  async #progress(run: string, signal: AbortSignal): Promise<void> {
    // What can't be told now is told half a second later.
    const { exports } = await call('exportsRunning', {}, signal).catch(() => ({ exports: [] }))
    const mine = exports.find((one) => one.run === run)
    if (mine !== undefined && this.state.is === 'running') this.state = { ...this.state, rows: mine.rows }
  }
}
