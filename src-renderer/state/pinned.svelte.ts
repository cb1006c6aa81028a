/** The readings under the cursor: of each point the newest one up to a time, and the steps from reading to reading. */
import type { ReadingRow, Series } from '../words/model.ts'
import { Loading } from './load.svelte.ts'
import { readingAfter, readingUpTo } from './readings-at.ts'

export class Pinned {
  readonly loading = new Loading<ReadonlyMap<string, ReadingRow | null>>()
  readonly stepping = new Loading<ReadingRow | null>()

  /** Looks up every point of `series` at `atUs`. One after the other: a gateway has other things to do. */
  async look(series: Series, atUs: number): Promise<void> {
    await this.loading.run(async (signal) => {
      const rows = new Map<string, ReadingRow | null>()
      for (const { stream, buckets } of series.series) {
        rows.set(stream, await readingUpTo(stream, atUs, series.fromUs, buckets, signal))
      }
      return rows
    })
  }

  of(stream: string | null): ReadingRow | null {
    return (stream === null ? null : this.loading.value?.get(stream)) ?? null
  }

  /** The reading before or after `fromUs`; null at the end of the span. */
  async step(series: Series, stream: string, fromUs: number, forward: boolean): Promise<ReadingRow | null> {
    const buckets = series.series.find((one) => one.stream === stream)?.buckets ?? []
    return await this.stepping.run((signal) =>
      forward
        ? readingAfter(stream, fromUs, series.toUs, signal)
        : readingUpTo(stream, fromUs - 1, series.fromUs, buckets, signal),
    )
  }

  stop(): void {
    this.loading.clear()
    this.stepping.clear()
  }
}
