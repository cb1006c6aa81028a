import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { seeded } from '../../../../src-main/packs/scenario.ts'
import type { JsonValue } from '../../../../src-main/wire/json.ts'
import { inside } from './rule.ts'

type Index = { value: number; low: number; high: number }
type Capability = { cp: Index | null; cpk: Index | null; pp: Index | null; ppk: Index | null }

const both = (lower: number | null, upper: number | null): { lower: number | null; upper: number | null } => ({
  lower,
  upper,
})
const capability = (values: number[], lower: number | null, upper: number | null, subgroup = 1): Capability =>
  inside('capabilityOf(input.values, input.limits, input.subgroup)', {
    values,
    limits: both(lower, upper),
    subgroup,
  }) as Capability

describe('published values', () => {
  test('NIST/SEMATECH e-Handbook 7.1.6: limits 8 and 20, mean 16, s 2 give Cp 1.0 and Cpk 0.6667', () => {
    const [cp, cpk] = inside(
      'indicesOf({ n: 50, mean: 16 }, { lower: 8, upper: 20 }, { sigma: 2, degrees: 49 })',
    ) as unknown as Index[]
    expect(cp!.value).toBe(1)
    expect(cpk!.value).toBeCloseTo(0.6667, 4)
  })

  test('NIST/SEMATECH e-Handbook 1.3.6.7.4: critical values of chi-square', () => {
    const table: [p: number, degrees: number, value: number][] = [
      [0.975, 1, 5.024],
      [0.975, 10, 20.483],
      [0.975, 50, 71.42],
      [0.975, 100, 129.561],
      [0.025, 1, 0.001],
      [0.025, 10, 3.247],
      [0.025, 50, 32.357],
      [0.025, 100, 74.222],
    ]
    const values = inside('input.map(([p, degrees]) => chiSquareQuantile(p, degrees))', table) as number[]
    for (const [at, [p, degrees, value]] of table.entries())
      expect([p, degrees, values[at]!.toFixed(3)]).toEqual([p, degrees, value.toFixed(3)])
  })

  test('Montgomery, Introduction to Statistical Quality Control: 20 values with Cp 2.29 have 1.57 to 3.01', () => {
    const cp = inside('chiSquareInterval(2.29, 19)') as unknown as Index
    expect([cp.value, cp.low, cp.high].map((one) => one.toFixed(2))).toEqual(['2.29', '1.57', '3.01'])
  })

  test('Bissell’s interval: 20 values with Cpk 1.33 have 0.88 to 1.78, 45 with 1.15 have 0.89 to 1.41', () => {
    const [few, more] = inside('[bissellInterval(1.33, 20, 19), bissellInterval(1.15, 45, 44)]') as unknown as Index[]
    expect([few!.low, few!.high, more!.low, more!.high].map((one) => one.toFixed(2))).toEqual([
      '0.88',
      '1.78',
      '0.89',
      '1.41',
    ])
  })
})

describe('by hand', () => {
  test('single values: mean moving range by 1.128, s with n - 1', () => {
    // 10, 12, 11, 13: moving ranges 2, 1, 2; mean 11.5; squares 2.25 + 0.25 + 0.25 + 2.25.
    const { cp, cpk, pp, ppk } = capability([10, 12, 11, 13], 5, 17)
    const [within, s] = [5 / 3 / 1.128, Math.sqrt(5 / 3)]
    expect(cp!.value).toBeCloseTo(12 / (6 * within), 12)
    expect(cpk!.value).toBeCloseTo(5.5 / (3 * within), 12)
    expect(pp!.value).toBeCloseTo(12 / (6 * s), 12)
    expect(ppk!.value).toBeCloseTo(5.5 / (3 * s), 12)
  })

  test('subgroups: mean range by d2 of their size; what fills none is left out of it, not out of the mean', () => {
    // Ranges 2 and 4 of three values each; the seventh value stands alone.
    const { cp, cpk } = capability([10, 12, 11, 9, 13, 12, 10], 0, 20, 3)
    const within = 3 / 1.693
    expect(cp!.value).toBeCloseTo(20 / (6 * within), 12)
    expect(cpk!.value).toBeCloseTo((20 - 11) / (3 * within), 12)
  })

  test('one limit gives no Cp and no Pp, and an index to that limit', () => {
    const [least, most] = [capability([10, 12, 11, 13], 5, null), capability([10, 12, 11, 13], null, 17)]
    expect([least.cp, least.pp, most.cp, most.pp]).toEqual([null, null, null, null])
    expect(least.ppk!.value).toBeCloseTo(6.5 / (3 * Math.sqrt(5 / 3)), 12)
    expect(most.ppk!.value).toBeCloseTo(5.5 / (3 * Math.sqrt(5 / 3)), 12)
  })

  test('a mean outside the limits has a negative index', () => {
    expect(capability([10, 12, 11, 13], 12, 17).ppk!.value).toBeCloseTo(-0.5 / (3 * Math.sqrt(5 / 3)), 12)
  })

  const none = { cp: null, cpk: null, pp: null, ppk: null }
  test.each<[string, number[], number]>([
    ['no value', [], 1],
    ['one value', [10], 1],
    ['one value in subgroups', [10], 5],
    ['equal values', [0.1, 0.1, 0.1], 1],
    ['equal values in subgroups', [0.1, 0.1, 0.1, 0.1], 2],
  ])('%s has no index', (_, values, subgroup) => {
    expect(capability(values, 0, 20, subgroup)).toEqual(none)
  })

  test('equal values have no spread, though their mean cannot be written in binary; one value has no s', () => {
    const values = Array.from({ length: 1000 }, () => 0.1)
    expect(inside('[summaryOf(input), summaryOf([7]), summaryOf([])]', values)).toEqual([
      { n: 1000, mean: 0.1, s: 0, min: 0.1, max: 0.1 },
      { n: 1, mean: 7, s: null, min: 7, max: 7 },
      { n: 0, mean: null, s: null, min: null, max: null },
    ])
  })

  test('values far from zero keep their spread', () => {
    const values = [4, 7, 13, 16].map((one) => 1e9 + one)
    expect(inside('summaryOf(input).s', values)).toBe(Math.sqrt(30))
  })

  test('quantile and probability undo each other, from less than one degree of freedom to a hundred thousand', () => {
    const degrees = [0.876, 1, 2, 3.62, 19, 99, 499, 36_287, 100_000]
    const back = inside(
      'input.flatMap((one) => [0.025, 0.5, 0.975].map((p) => gammaP(one / 2, chiSquareQuantile(p, one) / 2) - p))',
      degrees,
    ) as number[]
    for (const miss of back) expect(Math.abs(miss)).toBeLessThan(1e-10)
  })

  test('rounding takes halves away from zero', () => {
    expect(
      inside('input.map((one) => rounded(one, 2))', [1.005, 1.125, -1.125, Math.fround(1.4), -0.001, 1e15]),
    ).toEqual([1, 1.13, -1.13, 1.4, 0, 1e15])
  })
})

describe('a drift', () => {
  const drift = (values: number[], least = 1): JsonValue =>
    inside('driftOf(input.values, input.least)', { values, least })
  const steps = (blocks: number[]): number[] => blocks.flatMap((value) => [value - 0.5, value + 0.5])
  const row = (...parts: [count: number, value: number][]): number[] =>
    parts.flatMap(([count, value]) => Array.from({ length: count }, () => value))

  test('is a run of eight blocks on one side and then one on the other', () => {
    expect(drift(steps(row([8, 0], [4, 1], [8, 2])))).toBe(2)
    expect(drift(steps(row([8, 2], [4, 1], [8, 0])))).toBe(-2)
  })

  test.each<[string, number[]]>([
    ['seven on one side', row([7, 0], [1, 3], [4, 1], [8, 2])],
    ['two runs on the same side', row([8, 0], [2, 5], [8, 0], [2, 5])],
    ['a wave', row([5, 0], [5, 2], [5, 0], [5, 2])],
    ['a run that is less apart', row([10, 0], [10, 0.9])],
    ['nothing at all', row([20, 1])],
  ])('is not %s', (_, blocks) => {
    expect(drift(steps(blocks))).toBeNull()
  })

  test('is not looked for among fewer values than blocks', () => {
    expect([drift(row([10, 0], [9, 9])), drift(row([10, 0], [10, 9]))]).toEqual([null, 9])
  })

  test('does not make neighbours alike; values that follow each other are', () => {
    const random = seeded(5)
    const noise = Array.from({ length: 500 }, () => random() - 0.5)
    const following = noise.reduce<number[]>((all, one) => [...all, 0.95 * (all.at(-1) ?? 0) + one], [])
    const [honest, drifting, alike, equal] = inside('input.map(neighbourCorrelation)', [
      noise,
      noise.map((one, at) => one + at / 250),
      following,
      row([30, 1]),
    ]) as number[]
    expect([honest! < 0.2, drifting! < 0.2, alike! > 0.5, equal]).toEqual([true, true, true, 0])
  })
})

const PYTHON = 'python3'
const scipy = spawnSync(PYTHON, ['-c', 'import scipy.stats'], { encoding: 'utf8' })
if (scipy.status !== 0)
  console.warn(`skipped: the quality pack’s statistics against scipy, which ${PYTHON} does not have`)

describe.skipIf(scipy.status !== 0)('scipy says the same within a millionth', () => {
  const random = seeded(20_260_310)
  const quantiles = [0.876, 1, 3.62, 10, 49, 499, 36_287].flatMap((degrees) =>
    [0.0001, 0.025, 0.5, 0.975, 0.9999].map((p) => [p, degrees]),
  )
  const probabilities = [0.5, 1, 2.5, 25, 250, 18_000].flatMap((a) => [0.1, 0.9, 1, 1.1, 2].map((by) => [a, a * by]))
  const cases = [
    [20, 1],
    [50, 1],
    [2, 1],
    [500, 5],
    [100, 2],
    [103, 4],
    [250, 25],
  ].flatMap(([n, subgroup]) =>
    [both(515, 535), both(515, null), both(null, 535)].map((limits) => ({
      ...limits,
      subgroup: subgroup!,
      values: Array.from({ length: n! }, () => 524 + 3 * (random() + random() + random() - 1.5)),
    })),
  )
  const factors = inside('({ d2: D2, d3: D3 })') as { d2: number[]; d3: number[] }
  const ask = (): {
    quantiles: number[]
    probabilities: number[]
    cases: Record<string, number | number[] | null>[]
    factors: typeof factors
  } => {
    const answer = spawnSync(PYTHON, [join(import.meta.dirname, 'oracle.py')], {
      input: JSON.stringify({ quantiles, probabilities, cases, factors }),
      encoding: 'utf8',
    })
    if (answer.status !== 0) throw new Error(answer.stderr)
    return JSON.parse(answer.stdout)
  }
  const said = scipy.status === 0 ? ask() : null
  const near = (ours: number, theirs: number): void =>
    expect(Math.abs(ours - theirs) / Math.max(1, Math.abs(theirs))).toBeLessThan(1e-6)

  test('quantiles and probabilities', () => {
    const ours = inside('input.map(([p, degrees]) => chiSquareQuantile(p, degrees))', quantiles) as number[]
    for (const [at, theirs] of said!.quantiles.entries()) expect(Math.abs(ours[at]! / theirs - 1)).toBeLessThan(1e-10)
    const held = inside('input.map(([a, x]) => gammaP(a, x))', probabilities) as number[]
    for (const [at, theirs] of said!.probabilities.entries()) expect(Math.abs(held[at]! - theirs)).toBeLessThan(1e-10)
  })

  test('mean, s, and the four indices with their intervals', () => {
    const ours = inside(
      'input.map(({ values, lower, upper, subgroup }) => ({ ...summaryOf(values), ...capabilityOf(values, { lower, upper }, subgroup) }))',
      cases,
    ) as unknown as (Capability & { mean: number; s: number })[]
    for (const [at, theirs] of said!.cases.entries()) {
      const one = ours[at]!
      near(one.mean, theirs['mean'] as number)
      near(one.s, theirs['s'] as number)
      for (const name of ['cp', 'cpk', 'pp', 'ppk'] as const) {
        const [index, other] = [one[name], theirs[name] as number[] | null]
        expect(index === null).toBe(other === null)
        if (index !== null) [index.value, index.low, index.high].forEach((value, which) => near(value, other![which]!))
      }
    }
  })

  test('the factors of control charts are those of the integral, rounded', () => {
    for (const name of ['d2', 'd3'] as const)
      for (const [at, exact] of said!.factors[name].entries())
        expect([name, at + 2, Math.abs(factors[name][at]! - exact) < 0.00055]).toEqual([name, at + 2, true])
  })
})
