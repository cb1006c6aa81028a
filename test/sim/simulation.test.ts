/**
 * Seeded simulations of three gateways (simulation.ts) under the oracle's rules (oracle.ts): one leader a term, one history,
 * equal roots at equal size, nothing acknowledged is lost, and after healing everything that was queued is in the ledger once.
 *
 *     PLUMBLINE_SIM_SEEDS=1000   more seeds than the usual 200
 *     PLUMBLINE_SIM_SEED=17      only this seed, with its trace on standard output (PLUMBLINE_SIM_WORLD=contested for that world)
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { PlantedBug } from './planted-bugs.ts'
import { simulate, type SimulationReport } from './simulation.ts'
import { WORLDS, type WorldName } from './worlds.ts'

const SEEDS = countFromEnvironment('PLUMBLINE_SIM_SEEDS', 200)
const CONTESTED_SEEDS = Math.ceil(SEEDS / 5)
const SEEDS_PER_TEST = 25
const ONLY_SEED = process.env['PLUMBLINE_SIM_SEED'] === undefined ? null : countFromEnvironment('PLUMBLINE_SIM_SEED', 1)

interface RegressionSeed {
  seed: number
  world: WorldName
  why: string
}

const regressions = JSON.parse(
  readFileSync(new URL('regression-seeds.json', import.meta.url), 'utf8'),
) as RegressionSeed[]

describe.runIf(ONLY_SEED !== null)('one seed', () => {
  it(`seed ${ONLY_SEED}`, () => {
    const world = process.env['PLUMBLINE_SIM_WORLD'] === 'contested' ? 'contested' : 'ordinary'
    const onTrace = (line: string): boolean => process.stdout.write(`${line}\n`)
    const { failure } = simulate(ONLY_SEED as number, { ...WORLDS[world], onTrace })
    expect(failure).toBeNull()
  })
})

describe.skipIf(ONLY_SEED !== null)('three gateways keep one history', () => {
  it.each(regressions)('regression: seed $seed, $world: $why', ({ seed, world }) => {
    expectHolds(world, seed)
  })

  it.each(ranges(SEEDS))('ordinary trouble, seeds $first to $last', ({ first, last }) => {
    const reports = seeds(first, last).map((seed) => expectHolds('ordinary', seed))
    // A simulation in which nothing happens holds too: there must have been work and trouble.
    expect(mean(reports, ({ acknowledged }) => acknowledged)).toBeGreaterThan(30)
    expect(mean(reports, ({ starts }) => starts)).toBeGreaterThan(4)
    expect(mean(reports, ({ terms }) => terms)).toBeGreaterThan(1.5)
  })

  it.each(ranges(CONTESTED_SEEDS))('contested elections, seeds $first to $last', ({ first, last }) => {
    const reports = seeds(first, last).map((seed) => expectHolds('contested', seed))
    expect(mean(reports, ({ starts }) => starts)).toBeGreaterThan(4)
  })
})

describe.skipIf(ONLY_SEED !== null)('a seed is repeatable', () => {
  it.each([1, 2, 3])('seed %i gives the same trace again', (seed) => {
    const first = simulate(seed)
    expect(simulate(seed)).toEqual(first)
    expect(simulate(seed + 1_000_000).traceHash).not.toBe(first.traceHash)
  })
})

describe.skipIf(ONLY_SEED !== null)('planted bugs are found', () => {
  const planted: { bug: PlantedBug; world: WorldName; within: number; shows: RegExp }[] = [
    { bug: 'acknowledge before commit', world: 'ordinary', within: 5, shows: /was acknowledged and is not committed/ },
    { bug: 'answer before commit', world: 'ordinary', within: 40, shows: /have on disk|was lost|another entry/ },
    { bug: 'vote not stored', world: 'contested', within: 60, shows: /has two leaders/ },
    { bug: 'apply twice', world: 'ordinary', within: 10, shows: /asks to apply entry|applied entry/ },
  ]

  it.each(planted)('$bug, within $within seeds', ({ bug, world, within, shows }) => {
    const found = firstFailure(bug, world, within)
    expect(found, `none of ${within} seeds shows the planted bug "${bug}"`).not.toBeNull()
    expect(found?.failure).toMatch(shows)
  })
})

function firstFailure(bug: PlantedBug, world: WorldName, within: number): SimulationReport | null {
  for (const seed of seeds(1, within)) {
    const report = simulate(seed, { ...WORLDS[world], bug })
    if (report.failure !== null) return report
  }
  return null
}

function expectHolds(world: WorldName, seed: number): SimulationReport {
  const report = simulate(seed, WORLDS[world])
  if (report.failure !== null)
    expect.fail(
      `Seed ${seed} of the ${world} world: ${report.failure}. Repeat it with PLUMBLINE_SIM_SEED=${seed} PLUMBLINE_SIM_WORLD=${world}, and add it to test/sim/regression-seeds.json.`,
    )
  return report
}

function ranges(count: number): { first: number; last: number }[] {
  const starts = Array.from({ length: Math.ceil(count / SEEDS_PER_TEST) }, (_, i) => i * SEEDS_PER_TEST + 1)
  return starts.map((first) => ({ first, last: Math.min(count, first + SEEDS_PER_TEST - 1) }))
}

function seeds(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

function mean(reports: readonly SimulationReport[], of: (report: SimulationReport) => number): number {
  return reports.reduce((sum, report) => sum + of(report), 0) / reports.length
}

function countFromEnvironment(name: string, otherwise: number): number {
  const text = process.env[name]
  if (text === undefined || text === '') return otherwise
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new Error(`${name} is "${text}"; give a whole number from 1 up.`)
  return count
}
