import { array, assert, constantFrom, dictionary, jsonValue, oneof, property, tuple } from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CUSTOMER, DAY_US, FIRST_US, LABORATORY, Lot, MAKER } from '../../../../src-main/packs/quality/scenario/lot.ts'
import type { Members, PartReading } from '../../../../src-main/packs/quality/scenario/lot.ts'
import { plantedLots } from '../../../../src-main/packs/quality/scenario/plants.ts'
import type { JsonValue } from '../../../../src-main/wire/json.ts'
import { judge, PACK, RULE } from './rule.ts'

const WEIGHT = 'net weight'

function lotOf(change: (lot: Lot) => void = () => {}): Lot {
  const lot = new Lot(7)
  change(lot)
  lot.results()
  return lot
}
const rows = (lot: Lot, table: string): Members[] =>
  ((judge(lot.evidence()).figures['tables'] as Members)[table] ?? []) as Members[]
const row = (lot: Lot, name: string): Members =>
  rows(lot, 'characteristics').find((one) => one['characteristic'] === name)!
const told = (lot: Lot): string[] => {
  const { verdict, reasons } = judge(lot.evidence())
  return [verdict, ...reasons.map(({ code }) => code)]
}
const weights = (lot: Lot, value: (one: PartReading) => number): void =>
  lot.readings.get(WEIGHT)!.forEach((one) => (one.value = value(one)))

describe('the indices of a characteristic are not stated where they would promise too much:', () => {
  const unstated = (change: (lot: Lot) => void, name = WEIGHT): JsonValue => {
    const { unstated: why, cp, cpk, pp, ppk } = row(lotOf(change), name)
    if (why !== null) expect([cp, cpk, pp, ppk]).toEqual([null, null, null, null])
    return why!
  }
  test('an honest one states them', () => {
    expect(unstated(() => {})).toBeNull()
  })
  test('values in doubt', () => {
    expect(unstated((lot) => delete lot.calibrations['KW-3'])).toBe('capability-in-doubt')
  })
  test('fewer values than the parameter says', () => {
    expect(unstated(() => {}, LABORATORY)).toBe('capability-too-few')
    expect(unstated((lot) => (lot.parameters['capabilityMin'] = 501))).toBe('capability-too-few')
    expect(unstated((lot) => (lot.parameters['capabilityMin'] = 500))).toBeNull()
  })
  test('equal values', () => {
    const equal = (lot: Lot): void => {
      weights(lot, () => 525)
      lot.characteristic(WEIGHT)['stuckRun'] = 1000
    }
    expect(unstated(equal)).toBe('capability-no-spread')
  })
  test('values that follow each other', () => {
    let value = 0
    const following = (lot: Lot): void => weights(lot, () => 525 + (value = 0.97 * value + 0.2 * lot.noise()))
    expect(unstated(following)).toBe('capability-correlated')
  })
  test('yes and no', () => {
    expect(unstated(() => {}, 'date code')).toBe('capability-attribute')
  })
})

describe('a drift', () => {
  const wander = (lot: Lot): void =>
    weights(lot, ({ ordinal }) => 525 + (ordinal / 500) * 8 + Math.sin(ordinal / 3) * 0.5)
  test('of values that follow each other is looked for only where the plan says how far they may go', () => {
    expect(told(lotOf(wander))).toEqual(['pass'])
    expect(told(lotOf((lot) => (wander(lot), (lot.characteristic(WEIGHT)['driftMost'] = '3.500000'))))).toEqual([
      'no-judgement',
      'drift-up',
    ])
    expect(told(lotOf((lot) => (wander(lot), (lot.characteristic(WEIGHT)['driftMost'] = '4.500000'))))).toEqual([
      'pass',
    ])
  })
})

describe('values', () => {
  test('that JSON cannot carry as numbers are numbers all the same, and what is none is left out', () => {
    const lot = lotOf()
    const evidence = structuredClone(lot.evidence()) as { streams: { readings: { value: JsonValue }[] }[] }
    const { readings } = evidence.streams[0]!
    readings[30]!.value = { kind: 'integer', value: '525' }
    readings[31]!.value = { kind: 'float', value: 'NaN' }
    readings[32]!.value = { kind: 'text', value: '525' }
    readings[33]!.value = { kind: 'null', value: null }
    readings[34]!.value = { kind: 'float', value: '-0' }
    const { reasons } = judge(evidence)
    expect(reasons.map(({ code, count }) => [code, count])).toEqual([
      ['nonconforming-accepted', 1],
      ['bad-readings', 3],
    ])
  })

  test('are held against the limits as the plan rounds them', () => {
    const near = (value: number): string[] => told(lotOf((lot) => (lot.at('holding temperature', 21).value = value)))
    expect([near(71.495), near(71.4949)]).toEqual([['pass'], ['fail', 'nonconforming']])
  })
})

describe('who says how the lot is measured', () => {
  test('a plan that says nothing usable is none', () => {
    const broken: ((one: Members) => unknown)[] = [
      (one) => (one['lower'] = '536.000000'),
      (one) => (one['lower'] = 'Infinity'),
      (one) => delete (one as { lower?: unknown; upper?: unknown })['lower'] && delete one['upper'],
      (one) => (one['name'] = 'closing torque'),
      (one) => (one['every'] = 0),
      (one) => ((one['size'] = 5), (one['accept'] = 5)),
      (one) => (one['subgroup'] = 26),
      (one) => (one['kind'] = 'guess'),
      (one) => (one['driftMost'] = '0.000000'),
    ]
    for (const change of broken)
      expect(told(lotOf((lot) => void change(lot.characteristic(WEIGHT))))).toEqual([
        'no-judgement',
        'plan-missing',
        'statement-unusable',
      ])
  })

  test('of two plans before the first bottle the later one counts', () => {
    const lot = lotOf()
    const evidence = lot.evidence() as { events: Members[] }
    const plan = evidence.events.find(({ type }) => type === 'quality.plan-stated')!
    const tighter = structuredClone(plan) as { body: { characteristics: Members[] } }
    tighter.body.characteristics[0]!['upper'] = '525.000000'
    expect(
      judge({
        ...evidence,
        events: [plan, tighter as unknown as Members, ...evidence.events.filter((one) => one !== plan)],
      }).verdict,
    ).toBe('fail')
    expect(
      judge({
        ...evidence,
        events: [tighter as unknown as Members, plan, ...evidence.events.filter((one) => one !== plan)],
      }).verdict,
    ).toBe('pass')
  })

  test('the calibration that was in force when a value was taken counts, not the newest', () => {
    const two = (lot: Lot): void => {
      lot.calibrations['KW-3']!.dueUs = lot.at(WEIGHT, 100).timeUs
      const said = { instrument: 'KW-3', number: 'no. 1', sheet: 'K 2', uncertainty: '0.300000', unit: 'g' }
      lot.say(
        'calibration-stated',
        { ...said, calibratedUs: lot.at(WEIGHT, 200).timeUs, dueUs: FIRST_US + 365 * DAY_US },
        MAKER,
        'earlier',
      )
    }
    const { reasons } = judge(lotOf(two).evidence())
    expect(reasons.map(({ code, count }) => [code, count])).toEqual([['calibration-overdue', 99]])
  })
})

describe('whatever is in a body, and whoever signed it,', () => {
  const body = dictionary(
    constantFrom(
      'names',
      'code',
      'number',
      'parts',
      'values',
      'unit',
      'characteristic',
      'characteristics',
      'instrument',
      'dueUs',
      'calibratedUs',
      'takenUs',
      '__proto__',
      'lower',
    ),
    jsonValue() as Arbitrary<JsonValue>,
  )
  const type = constantFrom(
    'plan-stated',
    'lot-completed',
    'calibration-stated',
    'result-stated',
    'result-withdrawn',
    'concession-asked',
    'concession-agreed',
    'concession-declined',
    'verdict-stated',
    'lot-released',
    'unknown',
  )

  test('the rule comes to a verdict, and to no friendlier one', () => {
    const bad = lotOf((lot) => (lot.at('closing torque', 21).value = 0.5)).evidence() as { events: Members[] }
    assert(
      property(array(tuple(type, oneof(body, jsonValue() as Arbitrary<JsonValue>)), { maxLength: 5 }), (said) => {
        const events = said.map(([name, given], at) => ({
          ...CUSTOMER,
          role: 'site-manager',
          type: `quality.${name}`,
          index: 100 + at,
          hash: String(at),
          atUs: FIRST_US + at,
          body: given,
        }))
        expect(['fail', 'no-judgement']).toContain(judge({ ...bad, events: [...bad.events, ...events] }).verdict)
      }),
      { numRuns: 60, seed: 1 },
    )
  })

  test('no signer without a legal name is a second party', () => {
    const lot = lotOf((one) => {
      one.at('closing torque', 21).value = 0.5
      const asked = one.say(
        'concession-asked',
        { number: 'SK-1', characteristic: 'closing torque', code: 'nonconforming', parts: 1, deviation: 'D', done: '' },
        MAKER,
      )
      one.say('concession-agreed', { names: asked, number: 'SK-1' }, { ...CUSTOMER, legalName: ' ' })
    })
    expect(told(lot)).toEqual(['fail', 'nonconforming', 'concession-one-party'])
  })
})

describe('what is said', () => {
  test('is the worst first, and no more than the parameter allows', () => {
    const lot = lotOf((one) => {
      for (const name of ['KW-3', 'DM-2', 'TE-117']) delete one.calibrations[name]
      one.at('date code', 60).value = false
      one.parameters['findingsMax'] = 2
    })
    expect(told(lot)).toEqual(['fail', 'nonconforming', 'calibration-missing', 'more'])
  })

  test('is the same whatever the lot is asked before', () => {
    const [one, other] = plantedLots(9)
    const first = judge(one!.evidence)
    judge(other!.evidence)
    expect(judge(one!.evidence)).toEqual(first)
  })

  test('has on paper order, product, lot and batch, each characteristic, instrument, gap and concession', () => {
    const lot = lotOf((one) => {
      one.at('closing torque', 21).value = 1.3
      const { sequence, timeUs } = one.at(WEIGHT, 40)
      one.readings.set(
        WEIGHT,
        one.readings.get(WEIGHT)!.filter(({ ordinal }) => ordinal !== 40),
      )
      one.gaps
        .get(WEIGHT)!
        .push({ fromSequence: sequence, toSequence: sequence, fromTimeUs: timeUs, toTimeUs: timeUs, reason: 'cable' })
      one.calibrations['TE-117']!.dueUs = FIRST_US - DAY_US
      const asked = one.say(
        'concession-asked',
        {
          number: 'SK-1',
          characteristic: 'closing torque',
          code: 'nonconforming',
          parts: 1,
          deviation: 'D-1',
          done: 'scrapped',
        },
        MAKER,
      )
      one.say('concession-agreed', { names: asked, number: 'SK-1', letter: 'ab' }, CUSTOMER)
    })
    const { figures } = judge(lot.evidence())
    expect(figures).toMatchObject({
      parts: 500,
      characteristics: 5,
      nonconforming: 1,
      conceded: 1,
      coveragePercent: 99.8,
    })
    expect(figures['about']).toMatchObject({
      order: '4500087713',
      product: 'Apple spritzer 0.5 l',
      lot: 'L26069-2',
      batch: 'B-118',
      madeFromUs: FIRST_US,
    })
    expect(
      rows(lot, 'characteristics').map((one) => [
        one['number'],
        one['characteristic'],
        one['n'],
        one['result'],
        one['findings'],
      ]),
    ).toEqual([
      [1, WEIGHT, 499, 'result-within', ['gaps']],
      [2, 'closing torque', 50, 'result-conceded', ['nonconforming']],
      [3, 'holding temperature', 100, 'result-not-judged', ['calibration-overdue']],
      [4, LABORATORY, 3, 'result-within', []],
      [5, 'date code', 500, 'result-within', []],
    ])
    expect(rows(lot, 'instruments').map((one) => [one['instrument'], one['state'], one['overdueDays']])).toEqual([
      ['KW-3', 'calibration-in-time', 0],
      ['DM-2', 'calibration-in-time', 0],
      ['TE-117', 'calibration-overdue', 2],
      ['LC-1', 'calibration-in-time', 0],
    ])
    expect(rows(lot, 'gaps')).toMatchObject([{ characteristic: WEIGHT, lost: 1, reason: 'cable' }])
    expect(rows(lot, 'deviations')).toMatchObject([
      {
        number: 'SK-1',
        state: 'agreed',
        deviation: 'D-1',
        done: 'scrapped',
        askedBy: MAKER.legalName,
        agreedBy: CUSTOMER.legalName,
        letter: 'ab',
      },
    ])
  })
})

describe('words', () => {
  const { manifest, words } = PACK
  const literal = new Set([...RULE.matchAll(/'([a-z]+(?:-[a-z]+)*)'/g)].map((one) => one[1]!))

  test('stand for every code that the rule gives, and for no other', () => {
    const made = [
      ...['open', 'declined', 'one-party', 'early', 'exceeded', 'unused'].map((state) => `concession-${state}`),
      ...[...manifest.verdicts, 'lot'].map((what) => `release-${what}`),
    ]
    expect(manifest.codes.filter((code) => !literal.has(code) && !made.includes(code))).toEqual([])
    const given = new Set(plantedLots(2).flatMap(({ evidence }) => judge(evidence).reasons.map(({ code }) => code)))
    expect([...given].filter((code) => !manifest.codes.includes(code))).toEqual([])
  })

  test('name every event that the rule reads, and the bodies of the scenario are what it says', () => {
    const types = [...new Set([...RULE.matchAll(/'(quality\.[a-z-]+)': \[/g)].map((one) => one[1]!))]
    expect(types.toSorted()).toEqual(Object.keys(manifest.events).toSorted())
    const said = plantedLots(1).flatMap(({ evidence }) => evidence['events'] as { type: string; body: JsonValue }[])
    expect(new Set(said.map(({ type }) => type))).toEqual(new Set(types))
    for (const { type, body } of said) expect(() => manifest.events[type]!.body.fromJson(body, type)).not.toThrow()
  })

  test('print verdicts in capitals', () => {
    for (const { strong } of Object.values(words.verdicts))
      for (const text of Object.values(strong)) expect(text).toBe(text.toUpperCase())
  })

  test('have a value for each that a sentence of a finding names, in the first or second of them', () => {
    for (const { evidence } of [...plantedLots(3), ...plantedLots(4)])
      for (const reason of judge(evidence).reasons) {
        const sentences = words.reasons[reason.code]!.map(({ en }) => en)
        const whole = sentences.find((text) =>
          [...text.matchAll(/\{(\w+)\}/g)].every((one) => reason[one[1]!] !== undefined),
        )!
        // The last one is for findings of which nothing more is known; here everything is.
        expect([reason.code, sentences.length === 1 || whole !== sentences.at(-1)]).toEqual([reason.code, true])
        if (reason['severity'] === 'conceded') expect(whole).toContain('{concession}')
      }
  })
})
