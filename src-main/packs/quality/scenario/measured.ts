/** Lots in which something is wrong with what was measured. */
import { BAD, DAY_US, FIRST_US, PARTS, UNCERTAIN } from './lot.ts'
import {
  WEIGHT,
  TORQUE,
  TEMPERATURE,
  CODE,
  inner,
  sampled,
  passedOver,
  find,
  placed,
  spoil,
  WEIGHT_PLAN,
  badTorques,
  drift,
  stick,
  expire,
  lose,
  GAPS_WITHOUT_NUMBERS,
} from './planting.ts'
import type { Plant } from './planting.ts'

export const LIMITS: Plant[] = [
  ['nothing', 'pass', () => []],
  [
    'as many outside the limits as the plan accepts',
    'pass',
    (lot) => [
      find('nonconforming-accepted', 'note', {
        ...spoil(lot, WEIGHT, lot.some(lot.between(1, 2), inner)),
        ...WEIGHT_PLAN,
      }),
    ],
  ],
  [
    'more outside the limits than the plan accepts',
    'fail',
    (lot) => [
      find('nonconforming', 'fail', { ...spoil(lot, WEIGHT, lot.some(lot.between(3, 20), inner)), ...WEIGHT_PLAN }),
    ],
  ],
  [
    'one below the only limit',
    'fail',
    (lot) => [
      find('nonconforming', 'fail', { ...spoil(lot, TEMPERATURE, lot.some(1, sampled(5))), size: 100, accept: 0 }),
    ],
  ],
  ['sampled torques outside the limits', 'fail', (lot) => [find('nonconforming', 'fail', badTorques(lot).finding)]],
  [
    'torques outside the limits that no sample holds',
    'pass',
    (lot) => [
      find('nonconforming-outside-sample', 'note', spoil(lot, TORQUE, lot.some(lot.between(1, 4), passedOver(10)))),
    ],
  ],
  [
    'a code that cannot be read',
    'fail',
    (lot) => [find('nonconforming', 'fail', { ...spoil(lot, CODE, lot.some(1, inner)), size: PARTS, accept: 0 })],
  ],
]

export const SENSORS: Plant[] = [
  ['a drift', 'no-judgement', (lot) => [find(drift(lot), 'incomplete', { characteristic: WEIGHT, count: PARTS })]],
  ['a stuck sensor', 'no-judgement', (lot) => [find('stuck', 'incomplete', stick(lot, TORQUE))]],
  [
    'an overdue calibration',
    'no-judgement',
    (lot) => [find('calibration-overdue', 'incomplete', expire(lot, 'KW-3', WEIGHT, lot.between(2, PARTS)))],
  ],
  [
    'an overdue calibration within the days of grace',
    'pass',
    (lot) => {
      lot.parameters['calibrationGraceDays'] = 1
      return [find('calibration-in-grace', 'note', expire(lot, 'KW-3', WEIGHT, lot.between(2, PARTS)))]
    },
  ],
  [
    'readings whose gateway knew of an overdue calibration',
    'no-judgement',
    (lot) => {
      const ordinals = lot.some(lot.between(1, 9), inner)
      for (const ordinal of ordinals) lot.at(TEMPERATURE, ordinal).flags = 1024
      const first = placed(lot, TEMPERATURE, ordinals[0]!)
      return [
        find('calibration-overdue', 'incomplete', {
          ...first,
          named: 'TE-117',
          count: ordinals.length,
          fromUs: first['timeUs']!,
        }),
      ]
    },
  ],
  [
    'no calibration',
    'no-judgement',
    (lot) => {
      delete lot.calibrations['TE-117']
      return [
        find('calibration-missing', 'incomplete', {
          ...placed(lot, TEMPERATURE, 1),
          named: 'TE-117',
          count: PARTS,
          fromUs: FIRST_US,
        }),
      ]
    },
  ],
  [
    'weights outside the limits from an overdue scale only',
    'no-judgement',
    (lot) => {
      const ordinal = lot.between(30, 200)
      const overdue = expire(lot, 'KW-3', WEIGHT, ordinal)
      spoil(
        lot,
        WEIGHT,
        lot.some(
          5,
          inner.filter((one) => one >= ordinal),
        ),
      )
      return [find('calibration-overdue', 'incomplete', overdue)]
    },
  ],
  [
    'a drift, a stuck and an overdue sensor',
    'no-judgement',
    (lot) => [
      find(drift(lot), 'incomplete', { characteristic: WEIGHT, count: PARTS }),
      find('stuck', 'incomplete', stick(lot, TORQUE)),
      find('calibration-overdue', 'incomplete', expire(lot, 'TE-117', TEMPERATURE, lot.between(2, PARTS))),
    ],
  ],
  [
    'a stuck sensor beside values outside the limits',
    'fail',
    (lot) => [
      find('stuck', 'incomplete', stick(lot, TORQUE)),
      find('nonconforming', 'fail', { ...spoil(lot, WEIGHT, lot.some(3, inner)), ...WEIGHT_PLAN }),
    ],
  ],
]

export const COVERAGE: Plant[] = [
  [
    'a short gap',
    'pass',
    (lot) => {
      const count = lot.between(1, 25)
      lose(lot, WEIGHT, lot.between(20, 200), count)
      lot.onLedger = { why: GAPS_WITHOUT_NUMBERS, findings: [] }
      return [find('gaps', 'note', { characteristic: WEIGHT, count, gaps: 1 })]
    },
  ],
  [
    'a long gap',
    'no-judgement',
    (lot) => {
      const count = lot.between(26, 150)
      lose(lot, WEIGHT, lot.between(20, 80), count)
      const percent = Math.floor((PARTS - count) * 2) / 10
      const low = find('coverage-low', 'incomplete', { characteristic: WEIGHT, count, percent })
      lot.onLedger = { why: GAPS_WITHOUT_NUMBERS, findings: [low] }
      return [low, find('gaps', 'note', { characteristic: WEIGHT, count, gaps: 1 })]
    },
  ],
  [
    'bad readings, each stood for by the next',
    'pass',
    (lot) => {
      const ordinals = lot.some(lot.between(1, 10), sampled(5))
      for (const ordinal of ordinals) lot.at(TEMPERATURE, ordinal).quality = BAD
      return [find('bad-readings', 'note', { characteristic: TEMPERATURE, count: ordinals.length })]
    },
  ],
  [
    'bad readings where a whole stretch is one',
    'no-judgement',
    (lot) => {
      const first = lot.some(1, sampled(5))[0]!
      for (let at = 0; at < 5; at++) lot.at(TEMPERATURE, first + at).quality = BAD + 0x8c0000
      return [
        find('sample-short', 'incomplete', { characteristic: TEMPERATURE, count: 1, size: 100 }),
        find('bad-readings', 'note', { characteristic: TEMPERATURE, count: 5 }),
      ]
    },
  ],
  [
    'uncertain readings',
    'pass',
    (lot) => {
      const ordinals = lot.some(lot.between(1, 30), inner)
      for (const ordinal of ordinals) lot.at(WEIGHT, ordinal).quality = UNCERTAIN
      return [find('uncertain-readings', 'note', { characteristic: WEIGHT, count: ordinals.length })]
    },
  ],
  [
    'times that do not fit their order',
    'pass',
    (lot) => {
      const ordinals = lot.some(lot.between(1, 5), inner)
      for (const ordinal of ordinals) lot.at(WEIGHT, ordinal).stampedUs = FIRST_US - DAY_US
      return [find('time-impossible', 'note', { characteristic: WEIGHT, count: ordinals.length })]
    },
  ],
  [
    'more readings than parts',
    'pass',
    (lot) => {
      lot.completed['parts'] = PARTS - 10
      return [WEIGHT, TORQUE, TEMPERATURE, CODE].map((characteristic) =>
        find('more-readings', 'note', { characteristic, count: 10 }),
      )
    },
  ],
  [
    'a characteristic that nothing measured',
    'no-judgement',
    (lot) => {
      lot.readings.delete(TORQUE)
      return [find('characteristic-missing', 'incomplete', { characteristic: TORQUE })]
    },
  ],
  [
    'a characteristic that two streams measured',
    'no-judgement',
    (lot) => {
      lot.quantities[TEMPERATURE] = 'torque'
      return [
        find('stream-ambiguous', 'incomplete', { characteristic: TORQUE }),
        find('characteristic-missing', 'incomplete', { characteristic: TEMPERATURE }),
      ]
    },
  ],
  [
    'a stream that the plan names among two',
    'no-judgement',
    (lot) => {
      lot.quantities[TEMPERATURE] = 'torque'
      lot.characteristic(TORQUE)['stream'] = '2'.repeat(32)
      return [find('characteristic-missing', 'incomplete', { characteristic: TEMPERATURE })]
    },
  ],
  [
    'a stream in another unit than the plan',
    'no-judgement',
    (lot) => {
      lot.characteristic(WEIGHT)['unit'] = 'kg'
      return [find('unit-differs', 'incomplete', { characteristic: WEIGHT })]
    },
  ],
  [
    'withheld readings over values outside the limits',
    'no-judgement',
    (lot) => {
      spoil(lot, WEIGHT, lot.some(9, inner))
      lot.withheld = lot.between(1, 9)
      lot.onLedger = {
        why: 'A gateway withholds nothing: it has no way to issue such a certificate.',
        isRuleAlone: true,
      }
      return [find('withheld', 'incomplete', { count: lot.withheld })]
    },
  ],
]
