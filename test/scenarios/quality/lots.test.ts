import { describe, expect, test } from 'vitest'
import { plantedLots } from '../../../src-main/packs/quality/scenario/plants.ts'
import type { PlantedLot } from '../../../src-main/packs/quality/scenario/planting.ts'
import type { Reason } from '../../../src-main/packs/verdict.ts'
import { isLong } from '../../support/long.ts'
import { judge, RULE } from '../../unit/packs/quality/rule.ts'

const SEEDS = Number(process.env['PLUMBLINE_LOT_SEEDS'] ?? (isLong ? 10 : 3))

/** A finding as the scenario states it, in one spelling. */
const spelt = ({ text: _text, stream: _stream, entry: _entry, atUs: _atUs, ...said }: Partial<Reason>): string =>
  JSON.stringify(Object.fromEntries(Object.entries(said).toSorted(([a], [b]) => (a < b ? -1 : 1))))

function found(lot: PlantedLot, rule?: string): { verdict: string; findings: string[] } {
  const { verdict, reasons } = judge(lot.evidence, rule)
  return { verdict, findings: reasons.map(spelt).toSorted() }
}
const planted = ({ verdict, findings }: PlantedLot): ReturnType<typeof found> => ({
  verdict,
  findings: findings.map(spelt).toSorted(),
})

test.each(Array.from({ length: SEEDS }, (_, at) => at + 1))(
  'in the lots of seed %i exactly what was planted is found',
  (seed) => {
    for (const lot of plantedLots(seed))
      expect({ lot: lot.name, ...found(lot) }).toEqual({ lot: lot.name, ...planted(lot) })
  },
)

test('the lots hold every verdict, and a finding of every code that a verdict rests on', () => {
  const lots = plantedLots(1)
  expect([...new Set(lots.map(({ verdict }) => verdict))].toSorted()).toEqual([
    'concession',
    'fail',
    'no-judgement',
    'pass',
  ])
  const codes = new Set(
    [1, 2, 3, 4].flatMap((seed) => plantedLots(seed)).flatMap(({ findings }) => findings.map(({ code }) => code)),
  )
  const given = [...RULE.matchAll(/\b(?:finding|unmeasured)\((?:characteristic, )?'([a-z-]+[a-z])'/g)].map(
    (one) => one[1]!,
  )
  expect(given.length).toBeGreaterThan(15)
  // A lot never has more findings than are listed; `more` has a test of its own.
  expect(given.filter((code) => !codes.has(code))).toEqual(['more'])
})

/** Each switches one rule off; a lot that tells. */
const MUTATIONS: [rule: string, lot: string, from: string, to: string][] = [
  [
    'limits',
    'one below the only limit',
    '(lower === null || value >= lower) && (upper === null || value <= upper)\n}',
    'true\n}',
  ],
  ['rounding to the plan’s decimals', 'nothing', '? rounded(raw, decimals) : raw', '? raw : raw'],
  ['attributes', 'a code that cannot be read', 'return value === true', 'return true'],
  [
    'the number that is accepted',
    'as many outside the limits as the plan accepts',
    'inside.length > accept\n',
    'inside.length > 0\n',
  ],
  [
    'the number that is not accepted',
    'more outside the limits than the plan accepts',
    'inside.length > accept\n',
    'false\n',
  ],
  ['the sample', 'sampled torques outside the limits', 'part.raw === null || own === stretch', 'part.raw === null'],
  [
    'parts outside of the sample',
    'torques outside the limits that no sample holds',
    'if (outside.length > 0)',
    'if (false)',
  ],
  ['the sample’s size', 'bad readings where a whole stretch is one', 'if (sample.length < (size ?? 1))', 'if (false)'],
  ['stuck sensors', 'a stuck sensor', 'if (to - from >= least)', 'if (false)'],
  ['overdue calibrations', 'an overdue calibration', "by['calibration-overdue'].push(part)", 'void part'],
  ['days of grace', 'an overdue calibration within the days of grace', '+ settings.calibrationGraceDays * DAY_US', ''],
  [
    'what a gateway knew',
    'readings whose gateway knew of an overdue calibration',
    '(part.flags & FLAG_CALIBRATION_OVERDUE) !== 0',
    'false',
  ],
  ['missing calibrations', 'no calibration', "by['calibration-missing'].push(part)", 'void part'],
  [
    'values in doubt',
    'weights outside the limits from an overdue scale only',
    "part.doubt = part.doubt ?? 'calibration'",
    'void part',
  ],
  ['drifts', 'a drift', 'return Math.abs(by) >= least ? by : null', 'return null'],
  ['the way of a drift', 'a drift', "by > 0 ? 'drift-up' : 'drift-down'", "by < 0 ? 'drift-up' : 'drift-down'"],
  ['coverage', 'a long gap', 'if (usable * 100 < expected * settings.coverageMinPercent)', 'if (false)'],
  ['gaps', 'a short gap', 'gaps: lost,', 'gaps: 0,'],
  ['bad readings', 'bad readings, each stood for by the next', "'bad-readings': parts", "'bad-readings': []"],
  ['uncertain readings', 'uncertain readings', "'uncertain-readings': readings", "'uncertain-readings': []"],
  ['impossible times', 'times that do not fit their order', "'time-impossible': readings", "'time-impossible': []"],
  ['more readings than parts', 'more readings than parts', 'count < 0', 'false'],
  [
    'missing characteristics',
    'a characteristic that nothing measured',
    "unmeasured(characteristic, 'characteristic-missing')",
    "unmeasured(characteristic, 'unit-differs')",
  ],
  ['ambiguous streams', 'a characteristic that two streams measured', 'if (own.length > 1)', 'if (false)'],
  [
    'the stream that a plan names',
    'a stream that the plan names among two',
    '(characteristic.stream === null || one.stream === characteristic.stream)',
    'true',
  ],
  ['units of streams', 'a stream in another unit than the plan', 'if (stream.unit !== unit)', 'if (false)'],
  ['units of results', 'a result in another unit', 'if (stated.some((one) => one.unit !== unit))', 'if (false)'],
  [
    'missing results',
    'no result of the laboratory',
    "if (stated.length === 0) return unmeasured(characteristic, 'result-missing')",
    '',
  ],
  [
    'who withdraws a result',
    'a result that somebody else withdraws',
    'names === hash && event.actor === actor',
    'names === hash',
  ],
  ['withdrawn results', 'no result of the laboratory', 'if (withdrawn.some(', 'if (false && withdrawn.some('],
  [
    'the second party',
    'a concession that its own party agreed to',
    "one.actor !== other.actor && party !== '' && second !== '' && party !== second",
    'true',
  ],
  [
    'how a party spells its name',
    'a concession that its own party agreed to',
    ".trim().replace(/\\s+/g, ' ').toLowerCase()",
    '',
  ],
  ['declined concessions', 'a concession agreed and declined', 'if (declined.some(', 'if (false && declined.some('],
  [
    'unanswered concessions',
    'a concession that nobody answered',
    "state: answers.length > 0 ? 'one-party' : 'open'",
    "state: 'agreed'",
  ],
  [
    'early concessions',
    'a concession asked before the lot was complete',
    'one.event.index < completed.event.index',
    'false',
  ],
  ['the number of parts of a concession', 'a concession for fewer parts', 'if (count > parts) return false', ''],
  ['the limits of a concession', 'a concession within limits that a part is beyond', '!isNonconforming ||', 'true ||'],
  [
    'needless concessions',
    'a concession for nothing',
    'if (about.length === 0) return',
    'if (about.length === 0) return [] ; if (false) return',
  ],
  [
    'what no concession excuses',
    'a concession for a characteristic that nothing measured',
    '!EXCUSABLE.includes(concession.code)',
    'false',
  ],
  ['concessions', 'a concession by the customer', 'for (const one of about) covering.set(one, number)', ''],
  [
    'late plans',
    'a plan stated when the first bottle was measured',
    'plans.filter(({ event }) => event.atUs <= startUs)',
    'plans',
  ],
  ['plans after the start', 'wider limits stated later', 'late.map(({ event }) =>', '[].map(({ event }) =>'],
  [
    'open lots',
    'a lot that is not complete',
    "if (completed === null) return [finding('lot-open', 'incomplete')]",
    'if (completed === null) return []',
  ],
  [
    'the borders of the period',
    'a period that leaves out the end of the lot',
    'period.fromUs <= plan.event.atUs && period.toUs >= completed.event.atUs',
    'true',
  ],
  ['withheld readings', 'withheld readings over values outside the limits', 'if (withheld > 0)', 'if (false)'],
  ['roles', 'statements that do not count', 'if (!SIGNED_AS[event.type].includes(event.role))', 'if (false)'],
  ['statements that cannot be used', 'statements that do not count', 'calibratedUs < dueUs', 'true'],
  ['that what fails fails', 'a stuck sensor beside values outside the limits', "if (has('fail')) return 'fail'", ''],
  ['that doubt forbids a judgement', 'a drift', "if (has('incomplete')) return 'no-judgement'", ''],
]

describe('with a rule switched off a lot tells', () => {
  const lots = [1, 2, 3].flatMap((seed) => plantedLots(seed))
  test.each(MUTATIONS)('%s: %s', (_rule, name, from, to) => {
    expect(RULE.split(from)).toHaveLength(2)
    const mutant = RULE.replace(from, () => to)
    const told = lots
      .filter((lot) => lot.name === name)
      .map((lot) => JSON.stringify(found(lot, mutant)) !== JSON.stringify(planted(lot)))
    expect(told).toHaveLength(3)
    expect(told).toContain(true)
  })
})
