import { beforeAll, describe, expect, test } from 'vitest'
import { loadEngine } from '../../../src-main/documents/engine.ts'
import { createPackHost } from '../../../src-main/packs/host.ts'
import type { PackHost } from '../../../src-main/packs/host.ts'
import { shippedPacks } from '../../../src-main/gateway/folder/shipped-packs.ts'
import { defaultParameters } from '../../../src-main/packs/manifest.ts'
import { parseVerdict } from '../../../src-main/packs/verdict.ts'
import type { PackVerdict } from '../../../src-main/packs/verdict.ts'
import type { JsonValue } from '../../../src-main/wire/json.ts'

const DAY_US = 86_400_000_000
const pack = shippedPacks().find(({ manifest }) => manifest.id === 'odometer')!
const parameters = defaultParameters(pack.manifest)
let host: PackHost
beforeAll(async () => {
  host = await createPackHost(loadEngine())
})

type Row = [day: number, value: number | string | null, quality?: number]

function stream(rows: Row[], more: { [name: string]: JsonValue } = {}): { [name: string]: JsonValue } {
  const readings = rows.map(([day, value, quality], sequence) => ({
    stream: 's',
    sequence,
    timeUs: day * DAY_US,
    value: value === null ? { kind: 'null', value } : { kind: typeof value === 'string' ? 'text' : 'float', value },
    quality: quality ?? 0,
    flags: 0,
  }))
  const recorded = rows.length === 0 ? null : { fromUs: rows[0]![0] * DAY_US, toUs: rows.at(-1)![0] * DAY_US }
  return {
    stream: 's',
    quantity: 'odometer',
    unit: 'km',
    kind: 'float',
    withheld: 0,
    recorded,
    gaps: [],
    readings,
    ...more,
  }
}

function judge(
  rows: Row[],
  more: {
    streams?: { [name: string]: JsonValue }[]
    events?: JsonValue[]
    parameters?: JsonValue
    period?: { fromUs: number; toUs: number }
  } = {},
): PackVerdict {
  const input = {
    asset: { id: 'vin:PLB1', scheme: 'VIN' },
    parameters: more.parameters ?? parameters,
    period: more.period ?? { fromUs: (rows[0]?.[0] ?? 0) * DAY_US, toUs: (rows.at(-1)?.[0] ?? 0) * DAY_US },
    streams: [...(rows.length > 0 || more.streams === undefined ? [stream(rows)] : []), ...(more.streams ?? [])],
    events: more.events ?? [],
  }
  return parseVerdict(host.run(pack.files.rule, 'judge', input))
}
const codes = (verdict: PackVerdict): string[] => [verdict.verdict, ...verdict.reasons.map((one) => one.code)]

describe('the odometer pack judges', () => {
  test('a steady history as logical, with its figures', () => {
    const verdict = judge([
      [0, 100],
      [1, 150.5],
      [2, 200],
      [10, 900],
    ])
    expect(verdict).toEqual({
      verdict: 'logical',
      reasons: [],
      figures: { distanceKm: 800, firstKm: 100, lastKm: 900, readings: 4, leftOut: 0, days: 10 },
    })
  })

  test('a decrease that stays as ROLLBACK, and leaves it out of the distance driven', () => {
    const verdict = judge([
      [0, 50_000],
      [1, 50_100],
      [2, 20_000],
      [3, 20_050],
    ])
    expect(codes(verdict)).toEqual(['illogical', 'ROLLBACK'])
    expect(verdict.reasons[0]).toMatchObject({ sequence: 2, fromKm: 50_100, toKm: 20_000 })
    expect(verdict.figures['distanceKm']).toBe(150)
  })

  test('a decrease at the newest reading as ROLLBACK: nothing contradicts it yet', () => {
    expect(
      codes(
        judge([
          [0, 100],
          [1, 200],
          [2, 150],
        ]),
      ),
    ).toEqual(['illogical', 'ROLLBACK'])
  })

  test('2,000 km in a day as possible and more as JUMP', () => {
    expect(
      codes(
        judge([
          [0, 0],
          [1, 2_000],
        ]),
      ),
    ).toEqual(['logical'])
    expect(
      codes(
        judge([
          [0, 0],
          [1, 2_000.1],
        ]),
      ),
    ).toEqual(['illogical', 'JUMP'])
    expect(
      codes(
        judge([
          [0, 0],
          [0.5, 1_500],
          [1, 2_900],
        ]),
      ),
    ).toEqual(['illogical', 'JUMP'])
  })

  test.each([
    ['week', 7, 1_200, 8],
    ['month', 30, 900, 35],
    ['quarter', 91, 700, 100],
    ['year', 365, 600, 380],
  ])('steady driving beyond the cap of a %s as JUMP, though every day is possible', (window, _days, perDay, days) => {
    const rows = Array.from({ length: days }, (_, day): Row => [day, day * perDay])
    const verdict = judge(rows)
    expect(verdict.verdict).toBe('illogical')
    expect(verdict.reasons[0]).toMatchObject({ code: 'JUMP', window })
  })

  test('silence of 30 days as possible and of more as INCOMPLETE, which forbids "logical"', () => {
    expect(
      codes(
        judge([
          [0, 0],
          [30, 500],
        ]),
      ),
    ).toEqual(['logical'])
    expect(
      codes(
        judge([
          [0, 0],
          [30.1, 500],
        ]),
      ),
    ).toEqual(['no judgement', 'INCOMPLETE'])
  })

  test('a fraud beside a silence as illogical', () => {
    expect(
      judge([
        [0, 900],
        [40, 500],
        [41, 501],
      ]).verdict,
    ).toBe('illogical')
  })

  test('one reading that both neighbours contradict as a reading fault, two in a row not', () => {
    expect(
      codes(
        judge([
          [0, 100],
          [1, 7],
          [2, 120],
        ]),
      ),
    ).toEqual(['logical', 'OUTLIER'])
    expect(
      codes(
        judge([
          [0, 100],
          [1, 90_000],
          [2, 120],
        ]),
      ),
    ).toEqual(['logical', 'OUTLIER'])
    expect(
      codes(
        judge([
          [0, 100],
          [1, 7],
          [2, 8],
          [3, 120],
        ]),
      ),
    ).toEqual(['illogical', 'ROLLBACK'])
  })

  test('a small rise and fall as ROLLBACK: the higher value was a possible one', () => {
    expect(
      codes(
        judge([
          [0, 100],
          [1, 150],
          [2, 101],
          [3, 102],
        ]),
      ),
    ).toEqual(['illogical', 'ROLLBACK'])
  })

  test('bad readings as absent', () => {
    const verdict = judge([
      [0, 100],
      [1, 1, 0x80000000],
      [2, null],
      [3, 130],
    ])
    expect(codes(verdict)).toEqual(['logical', 'LEFT_OUT'])
    expect(verdict.figures).toMatchObject({ readings: 2, leftOut: 2 })
  })

  test('withheld readings with no judgement, even over a fraud', () => {
    const verdict = judge([[0, 0]], {
      streams: [
        stream(
          [
            [0, 900],
            [1, 5],
            [2, 6],
          ],
          { withheld: 1, stream: 'w' },
        ),
      ],
    })
    expect(codes(verdict)).toEqual(['no judgement', 'WITHHELD'])
  })

  test('a reading that names another vehicle as WRONG_ASSET', () => {
    const named = (vin: string) =>
      stream(
        [
          [0, 'PLB1'],
          [1, vin],
        ],
        { stream: 'v', quantity: 'vin', kind: 'text' },
      )
    expect(
      codes(
        judge(
          [
            [0, 0],
            [1, 1],
          ],
          { streams: [named('plb 1')] },
        ),
      ),
    ).toEqual(['logical'])
    expect(
      codes(
        judge(
          [
            [0, 0],
            [1, 1],
          ],
          { streams: [named('PLB2')] },
        ),
      ),
    ).toEqual(['illogical', 'WRONG_ASSET'])
  })

  test('two sources that part for good as DISAGREEMENT', () => {
    const days = Array.from({ length: 10 }, (_, day) => day)
    const other = (shift: number) =>
      stream(
        days.map((day): Row => [day, 1_000 + day * 40 + (day > 5 ? shift : 0)]),
        { stream: 'ecu' },
      )
    const rows = days.map((day): Row => [day, 1_000 + day * 40])
    expect(codes(judge(rows, { streams: [other(9)] }))).toEqual(['logical'])
    expect(codes(judge(rows, { streams: [other(900)] }))).toEqual(['illogical', 'DISAGREEMENT'])
  })

  test('two sources whose readings never meet, whatever the number of their readings: no figure is believed', () => {
    const days = Array.from({ length: 6 }, (_, at) => at * 10)
    const rows = days.map((day): Row => [day, 77_000 + day * 40])
    const honest = stream(days.map((day): Row => [day + 5, 48_000 + day * 40]).slice(0, 3), { stream: 'ecu' })
    const verdict = judge(rows, { streams: [honest] })
    expect(codes(verdict)).toEqual(['illogical', 'DISAGREEMENT'])
    expect(verdict.reasons[0]!['apartKm']).toBeGreaterThan(28_000)
    expect(Object.keys(verdict.figures)).toEqual(['readings', 'leftOut', 'days'])
  })

  test('one source after another as one history, and a lower one after a higher as DISAGREEMENT', () => {
    const rows: Row[] = [
      [0, 1_000],
      [5, 1_200],
      [10, 1_400],
    ]
    const later = (km: number) =>
      stream(
        [11, 15, 20].map((day): Row => [day, km + day * 40]),
        { stream: 'ecu' },
      )
    const period = { fromUs: 0, toUs: 20 * DAY_US }
    const verdict = judge(rows, { streams: [later(1_000)], period })
    expect(verdict).toMatchObject({
      verdict: 'logical',
      figures: { firstKm: 1_000, lastKm: 1_800, distanceKm: 800, days: 20 },
    })
    expect(codes(judge(rows, { streams: [later(0)], period }))).toEqual(['illogical', 'DISAGREEMENT'])
  })

  test('a source without a usable reading beside another as NOT_COMPARED, which forbids "logical"', () => {
    const rows: Row[] = [
      [0, 1_000],
      [1, 1_040],
    ]
    const dead = stream(
      [
        [0, 900, 0x80000000],
        [1, 900, 0x80000000],
      ],
      { stream: 'ecu' },
    )
    expect(codes(judge(rows, { streams: [dead] }))).toEqual(['no judgement', 'NOT_COMPARED', 'LEFT_OUT'])
    const gone = { ...dead, readings: [], recorded: null }
    expect(codes(judge(rows, { streams: [gone] }))).toEqual(['logical'])
  })

  test('what was never recorded as NOT_RECORDED: before the first reading and behind the newest', () => {
    const rows: Row[] = [
      [10, 1_000],
      [20, 1_400],
    ]
    const over = (from: number, to: number): string[] =>
      codes(judge(rows, { period: { fromUs: from * DAY_US, toUs: to * DAY_US } }))
    expect(over(10, 20)).toEqual(['logical'])
    // Less than a second: nobody names the ends of a period to a finer measure.
    expect(over(10 - 0.99 / 86_400, 20 + 0.99 / 86_400)).toEqual(['logical'])
    expect(over(10 - 1.01 / 86_400, 20)).toEqual(['no judgement', 'NOT_RECORDED'])
    expect(over(9.99, 20)).toEqual(['no judgement', 'NOT_RECORDED'])
    expect(over(10, 20.01)).toEqual(['no judgement', 'NOT_RECORDED'])
    expect(over(-1_800, 20)).toEqual(['no judgement', 'NOT_RECORDED', 'INCOMPLETE'])
  })

  test('a single reading as too little to say', () => {
    expect(codes(judge([[0, 1_000]]))).toEqual(['no judgement', 'TOO_FEW'])
  })

  test('-0.0 km as 0 km, and an integer beyond 2^53 as what it is', () => {
    const rows: Row[] = [
      [0, 48_000],
      [1, 48_040],
    ]
    const last = (kind: string, value: string) => ({
      ...((stream(rows)['readings'] as JsonValue[])[1]! as object),
      sequence: 2,
      timeUs: 2 * DAY_US,
      value: { kind, value },
    })
    const verdictOf = (kind: string, value: string): string[] => {
      const readings = [...(stream(rows)['readings'] as JsonValue[]), last(kind, value)] as JsonValue
      const period = { fromUs: 0, toUs: 2 * DAY_US }
      return codes(judge([], { streams: [{ ...stream(rows), readings, recorded: period }], period }))
    }
    expect(verdictOf('float', '-0')).toEqual(['illogical', 'ROLLBACK'])
    expect(verdictOf('integer', '18446744073709551615')).toEqual(['illogical', 'JUMP'])
    expect(verdictOf('float', 'NaN')).toEqual(['logical', 'LEFT_OUT'])
  })

  test('a reading out of time where its order puts it, and says so', () => {
    const rows: Row[] = [
      [0, 48_000],
      [1, 20_000],
      [2, 48_080],
      [3, 48_120],
    ]
    const readings = (stream(rows)['readings'] as { [name: string]: JsonValue }[]).map((reading, at) =>
      at === 1 ? { ...reading, timeUs: 0, stampedUs: -56 * 365 * DAY_US } : reading,
    )
    const verdict = judge([], { streams: [{ ...stream(rows), readings }], period: { fromUs: 0, toUs: 3 * DAY_US } })
    expect(codes(verdict)).toEqual(['logical', 'OUTLIER', 'TIME_IMPOSSIBLE'])
    expect(verdict.figures['leftOut']).toBe(1)
  })

  test('more findings than it lists as so many more', () => {
    const rows = Array.from({ length: 80 }, (_, day): Row => [day, day % 2 === 0 ? 1_000 + day : 50_000 + day])
    const verdict = judge(rows)
    expect(verdict.verdict).toBe('illogical')
    expect(verdict.reasons).toHaveLength(33)
    expect(verdict.reasons.at(-1)).toMatchObject({ code: 'MORE' })
  })

  test('a replaced instrument as declared only when a second party confirmed it', () => {
    const rows: Row[] = [
      [0, 50_000],
      [1, 50_040],
      [2, 10],
      [3, 60],
    ]
    const declared = {
      type: 'odometer.replaced',
      actor: 'garage',
      legalName: 'Garage GmbH',
      hash: 'aa',
      atUs: 1.5 * DAY_US,
      body: { beforeKm: 50_040, afterKm: 0 },
    }
    const confirmed = (actor: string, legalName: string | null = actor) => ({
      type: 'odometer.confirmed',
      actor,
      legalName,
      hash: 'bb',
      atUs: 1.6 * DAY_US,
      body: { declares: 'aa' },
    })
    expect(codes(judge(rows, { events: [declared, confirmed('fleet')] }))).toEqual(['logical', 'REPLACEMENT'])
    expect(judge(rows, { events: [declared, confirmed('fleet')] }).figures['distanceKm']).toBe(100)
    expect(codes(judge(rows, { events: [declared] }))).toEqual(['illogical', 'ROLLBACK'])
    const alone = ['illogical', 'ROLLBACK', 'ONE_PARTY']
    expect(codes(judge(rows, { events: [declared, confirmed('garage', 'Garage GmbH')] }))).toEqual(alone)
    expect(codes(judge(rows, { events: [declared, confirmed('its other gateway', ' garage  GMBH ')] }))).toEqual(alone)
    expect(codes(judge(rows, { events: [declared, confirmed('fleet', null)] }))).toEqual(alone)
    const both = [declared, confirmed('fleet'), confirmed('garage', 'Garage GmbH')]
    expect(codes(judge(rows, { events: both }))).toEqual(['logical', 'REPLACEMENT'])
    const reasons = judge(rows, { events: [declared, confirmed('its other gateway', 'Garage GmbH')] }).reasons
    expect(reasons.at(-1)!.text).toBe(
      'a declared replacement of the instrument excuses nothing: no second party confirmed it, only Garage GmbH',
    )
  })

  test('a replacement declared for other values or another day as no excuse', () => {
    const rows: Row[] = [
      [0, 50_000],
      [1, 50_040],
      [2, 10],
      [3, 60],
    ]
    const confirm = {
      type: 'odometer.confirmed',
      actor: 'fleet',
      legalName: 'F',
      hash: 'bb',
      atUs: 0,
      body: { declares: 'aa' },
    }
    const declare = (atDay: number, beforeKm: number) => ({
      type: 'odometer.replaced',
      actor: 'g',
      legalName: 'G',
      hash: 'aa',
      atUs: atDay * DAY_US,
      body: { beforeKm, afterKm: 0 },
    })
    expect(judge(rows, { events: [declare(2.5, 50_040), confirm] }).verdict).toBe('illogical')
    expect(judge(rows, { events: [declare(1.5, 30_000), confirm] }).verdict).toBe('illogical')
  })

  test('miles as miles, and an unknown unit not at all', () => {
    const verdict = parseVerdict(
      host.run(pack.files.rule, 'judge', {
        asset: { id: 'PLB1', scheme: 'VIN' },
        parameters: {},
        period: { fromUs: 0, toUs: DAY_US },
        events: [],
        streams: [
          stream(
            [
              [0, 0],
              [1, 100],
            ],
            { unit: '[mi_i]' },
          ),
        ],
      }),
    )
    expect(verdict.figures['distanceKm']).toBe(160.934)
    expect(codes(judge([[0, 0]], { streams: [stream([[0, 0]], { unit: 'Cel' })] }))).toEqual(['no judgement', 'UNIT'])
  })

  test('no odometer and no reading as no judgement', () => {
    expect(codes(judge([]))).toEqual(['no judgement', 'INCOMPLETE'])
  })

  test('a replayed sequence never: the pack refuses the input', () => {
    const twice = stream([
      [0, 1],
      [1, 2],
    ])
    for (const reading of twice['readings'] as { sequence: number }[]) reading.sequence = 4
    expect(() => judge([[0, 0]], { streams: [twice] })).toThrow(/reading 4 comes twice/)
  })
})
