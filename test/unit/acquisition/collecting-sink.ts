import { setTimeout as sleep } from 'node:timers/promises'
import { checkSources, type SourceConfig } from '../../../src-main/acquisition/config.ts'
import type { DriverEnvironment, DriverSink } from '../../../src-main/acquisition/drivers/driver.ts'
import type { SourceStateName } from '../../../src-main/wire/gateway-states.ts'
import type { Value } from '../../../src-main/wire/reading.ts'

export interface Sample {
  tag: number
  timeUs: number
  value: Value
  quality: number
  evidence: Uint8Array | undefined
}

/** Keeps everything a driver says. */
export class CollectingSink implements DriverSink {
  samples: Sample[] = []
  interruptions: { reason: string; quality: number; tags: readonly number[] | undefined }[] = []
  losses: { tag: number; reason: string }[] = []
  states: { state: SourceStateName; reason: string; atMs: number }[] = []

  sample(tag: number, timeUs: number, value: Value, quality: number, evidence?: Uint8Array): void {
    this.samples.push({ tag, timeUs, value, quality, evidence })
  }

  interrupt(reason: string, quality: number, tags?: readonly number[]): void {
    this.interruptions.push({ reason, quality, tags })
  }

  lost(tag: number, reason: string): void {
    this.losses.push({ tag, reason })
  }

  state(state: SourceStateName, reason: string): void {
    this.states.push({ state, reason, atMs: performance.now() })
  }

  get now(): { state: SourceStateName; reason: string } | undefined {
    return this.states.at(-1)
  }
}

/** What drivers get in tests; reconnection waits are as short as they come. */
export const testEnvironment: DriverEnvironment = {
  nowUs: () => Date.now() * 1000,
  random: () => 0,
}

/** The one source of a configuration, which must be valid. */
export function sourceOf<T extends SourceConfig>(config: object): T {
  const checked = checkSources([config])
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems))
  return checked.sources[0] as T
}

/** Waits until `condition` holds; fails with `what` after `limitMs`. */
export async function until(condition: () => boolean, what: string, limitMs = 5000): Promise<void> {
  const endMs = performance.now() + limitMs
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`waited ${limitMs} ms in vain for: ${what}`)
    await sleep(5)
  }
}
