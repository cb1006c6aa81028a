/** A plant and a recording of everything an acquisition says about it, for the scenarios. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startAcquisition, type Acquisition } from '../../src-main/acquisition/acquisition.ts'
import type { SourceConfig } from '../../src-main/acquisition/config.ts'
import type { Gap, SourceState } from '../../src-main/acquisition/source-state.ts'
import type { StreamAssignment } from '../../src-main/acquisition/stream-recorder.ts'
import { demoSources } from '../../src-main/simulator/demo-sources.ts'
import { RUN_S } from '../../src-main/simulator/filling-machine.ts'
import { startPlant, type Plant } from '../../src-main/simulator/plant.ts'
import { parseStreamId } from '../../src-main/wire/ids.ts'
import type { Reading } from '../../src-main/wire/reading.ts'
import { readRows } from '../../src-main/wire/rows.ts'

export const SEED = 11

/** The plant's machine is ten minutes into a product run when a test begins, at whatever hour that is. */
const SHIFT_S = 600 - (Math.floor(Date.now() / 1000) % RUN_S)

/** Microseconds, finer than Date.now(), so that times show whether their last digits survive. */
export const nowUs = (): number => Math.floor((performance.timeOrigin + performance.now()) * 1000) + SHIFT_S * 1_000_000

export async function temporaryFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-acquisition-'))
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

export async function testPlant(
  dir: string,
  more: { acceptClients?: boolean } = {},
): Promise<{ plant: Plant; lines: string[]; sources: ReturnType<typeof demoSources> }> {
  const lines: string[] = []
  const plant = await startPlant({
    dir,
    seed: SEED,
    nowUs,
    odometerEveryS: 1,
    log: (line) => lines.push(line),
    ...more,
  })
  return { plant, lines, sources: demoSources(plant.endpoints) }
}

/** A stream for every tag, named in their order. */
export function streamsOf(sources: SourceConfig[]): StreamAssignment[] {
  return sources
    .flatMap((source) => source.tags.map((tag) => ({ source: source.id, tag: tag.id })))
    .map((names, index) => ({
      ...names,
      stream: parseStreamId((index + 1).toString(16).padStart(32, '0')),
      isRecorded: false,
    }))
}

/** Everything an acquisition has said so far. */
export class Recording {
  readonly acquisition: Acquisition
  readonly streams: StreamAssignment[]
  readings: Reading[] = []
  gaps: Gap[] = []
  states: (SourceState & { atMs: number })[] = []

  constructor(sources: SourceConfig[], serverCertificatesDir: string) {
    this.streams = streamsOf(sources)
    this.acquisition = startAcquisition({
      sources,
      streams: this.streams,
      serverCertificatesDir,
      nowUs,
      onRows: (rows, gaps) => {
        this.readings.push(...readRows(rows))
        this.gaps.push(...gaps)
      },
      onSourceState: (state) => this.states.push({ ...state, atMs: performance.now() }),
    })
  }

  state(source: string): SourceState | undefined {
    return this.acquisition.states().find((state) => state.source === source)
  }

  /** Readings of a tag, oldest first. */
  of(source: string, tag: string): Reading[] {
    const stream = this.streams.find((assignment) => assignment.source === source && assignment.tag === tag)?.stream
    return this.readings.filter((reading) => reading.stream === stream)
  }
}

/** Waits until `condition` holds; fails with `what` after `limitMs`. */
export async function until(condition: () => boolean, what: string, limitMs = 20_000): Promise<void> {
  const endMs = performance.now() + limitMs
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`waited ${limitMs} ms in vain for: ${what}`)
    await sleep(10)
  }
}
