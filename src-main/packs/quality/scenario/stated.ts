/** Lots in which something is wrong with what was said of them, or was let pass. */
import { COMPLETED_US, CUSTOMER, FIRST_US, LABORATORY, MAKER, MAKERS_OTHER, ORACLE, PARTS, SECOND_US } from './lot.ts'
import type { Lot, Members } from './lot.ts'
import {
  WEIGHT,
  TORQUE,
  TEMPERATURE,
  CODE,
  inner,
  sampled,
  find,
  placed,
  spoil,
  WEIGHT_PLAN,
  TORQUE_PLAN,
  badTorques,
  drift,
  ask,
  agree,
  conceding,
} from './planting.ts'
import type { Expected, Plant } from './planting.ts'

/** What is found besides where no part counts that was measured after the period. */
function cutOff(lot: Lot): Expected[] {
  const parts = lot.readings.get(WEIGHT)!.filter(({ timeUs }) => timeUs <= lot.period.toUs).length
  const samples: [characteristic: string, every: number, size: number][] = [
    [TORQUE, 10, 50],
    [TEMPERATURE, 5, 100],
  ]
  const short = samples.flatMap(([characteristic, every, size]) => {
    const count = size - Math.ceil(parts / every)
    return count === 0 ? [] : [find('sample-short', 'incomplete', { characteristic, count, size })]
  })
  if (parts * 100 >= PARTS * 95) return short
  const low = { count: PARTS - parts, percent: (parts * 2) / 10 }
  const all = [WEIGHT, TORQUE, TEMPERATURE, CODE]
  return [...short, ...all.map((characteristic) => find('coverage-low', 'incomplete', { characteristic, ...low }))]
}

export const CONCESSIONS: Plant[] = [
  [
    'a concession by the customer',
    'concession',
    (lot) => {
      const { finding, parts } = badTorques(lot)
      agree(lot, ask(lot, 'nonconforming', TORQUE, parts, { lower: '1.000000', upper: '2.800000' }), CUSTOMER)
      return [find('nonconforming', 'conceded', { ...finding, concession: 'SK-0042' })]
    },
  ],
  [
    'a concession for a drift',
    'concession',
    (lot) => {
      const code = drift(lot)
      agree(lot, ask(lot, code, WEIGHT, PARTS), CUSTOMER)
      return [find(code, 'conceded', { characteristic: WEIGHT, count: PARTS, concession: 'SK-0042' })]
    },
  ],
  [
    'a concession for one of two deviations',
    'fail',
    (lot) => {
      const { finding, parts } = badTorques(lot)
      agree(lot, ask(lot, 'nonconforming', TORQUE, parts), CUSTOMER)
      return [
        find('nonconforming', 'conceded', { ...finding, concession: 'SK-0042' }),
        find('nonconforming', 'fail', { ...spoil(lot, WEIGHT, lot.some(3, inner)), ...WEIGHT_PLAN }),
      ]
    },
  ],
  [
    'a concession that its own party agreed to',
    'fail',
    (lot) => {
      const { finding, parts } = badTorques(lot)
      const by = lot.random() < 0.5 ? MAKERS_OTHER : MAKER
      const agreed = agree(lot, ask(lot, 'nonconforming', TORQUE, parts), by)
      const failed = find('nonconforming', 'fail', finding)
      if (by === MAKER)
        lot.onLedger = {
          why: 'The ledger refuses the agreement of whoever asked: nobody answered.',
          refused: { [agreed]: 'quality/concession-one-party' },
          findings: [failed, conceding('open', TORQUE)],
        }
      return [failed, conceding('one-party', TORQUE)]
    },
  ],
  [
    'a concession for fewer parts',
    'fail',
    (lot) => {
      const ordinals = lot.some(lot.between(2, 4), sampled(10))
      const finding = { ...spoil(lot, TORQUE, ordinals), ...TORQUE_PLAN }
      agree(lot, ask(lot, 'nonconforming', TORQUE, ordinals.length - 1), CUSTOMER)
      return [find('nonconforming', 'fail', finding), conceding('exceeded', TORQUE)]
    },
  ],
  [
    'a concession within limits that a part is beyond',
    'fail',
    (lot) => {
      const { finding, parts } = badTorques(lot)
      agree(lot, ask(lot, 'nonconforming', TORQUE, parts, { lower: '1.395000', upper: '2.405000' }), CUSTOMER)
      return [find('nonconforming', 'fail', finding), conceding('exceeded', TORQUE)]
    },
  ],
  [
    'a concession asked before the lot was complete',
    'fail',
    (lot) => {
      const { finding, parts } = badTorques(lot)
      agree(lot, ask(lot, 'nonconforming', TORQUE, parts, {}, 'earlier'), CUSTOMER)
      return [find('nonconforming', 'fail', finding), conceding('early', TORQUE)]
    },
  ],
  [
    'a concession agreed and declined',
    'fail',
    (lot) => {
      const { finding, parts } = badTorques(lot)
      const asked = ask(lot, 'nonconforming', TORQUE, parts)
      agree(lot, asked, CUSTOMER)
      lot.say('concession-declined', { names: asked }, CUSTOMER)
      return [find('nonconforming', 'fail', finding), conceding('declined', TORQUE)]
    },
  ],
  [
    'a concession that nobody answered',
    'fail',
    (lot) => {
      const { finding, parts } = badTorques(lot)
      ask(lot, 'nonconforming', TORQUE, parts)
      return [find('nonconforming', 'fail', finding), conceding('open', TORQUE)]
    },
  ],
  [
    'a concession for nothing',
    'pass',
    (lot) => {
      agree(lot, ask(lot, 'nonconforming', TORQUE, 1), CUSTOMER)
      return [conceding('unused', TORQUE)]
    },
  ],
  [
    'a concession for a characteristic that nothing measured',
    'no-judgement',
    (lot) => {
      lot.readings.delete(TORQUE)
      agree(lot, ask(lot, 'characteristic-missing', TORQUE, PARTS), CUSTOMER)
      return [find('characteristic-missing', 'incomplete', { characteristic: TORQUE }), conceding('unused', TORQUE)]
    },
  ],
]

export const STATEMENTS: Plant[] = [
  [
    'no plan',
    'no-judgement',
    (lot) => {
      lot.planUs = null
      return [find('plan-missing', 'incomplete')]
    },
  ],
  [
    'a plan stated when the first bottle was measured',
    'no-judgement',
    (lot) => {
      lot.planUs = FIRST_US + 1
      return [find('plan-late', 'incomplete')]
    },
  ],
  [
    'wider limits stated later',
    'fail',
    (lot) => {
      const { finding } = badTorques(lot)
      const characteristics = (lot.plan['characteristics'] as Members[]).map((one) =>
        one['name'] === TORQUE ? { ...one, lower: '0.500000', upper: '9.000000' } : one,
      )
      lot.say('plan-stated', { ...lot.plan, characteristics }, MAKER, 'earlier')
      return [find('nonconforming', 'fail', finding), find('plan-after-start', 'note')]
    },
  ],
  [
    'a lot that is not complete',
    'no-judgement',
    (lot) => {
      lot.isCompleted = false
      return [find('lot-open', 'incomplete')]
    },
  ],
  [
    'a period that leaves out the end of the lot',
    'no-judgement',
    (lot) => {
      lot.period.toUs = COMPLETED_US - lot.between(1, 3_000) * SECOND_US
      const short = find('period-short', 'incomplete', { fromUs: lot.planUs!, toUs: COMPLETED_US })
      lot.onLedger = {
        why: 'A certificate judges the readings of its period alone: the parts that were measured after it are missing, too.',
        findings: [short, ...cutOff(lot)],
      }
      return [short]
    },
  ],
  [
    'no result of the laboratory',
    'no-judgement',
    (lot) => {
      const stated = lot.results()
      lot.say('result-withdrawn', { names: stated, reason: 'wrong sample' }, ORACLE)
      return [
        find('result-missing', 'incomplete', { characteristic: LABORATORY }),
        find('result-withdrawn', 'note', { characteristic: LABORATORY }),
      ]
    },
  ],
  [
    'a result that somebody else withdraws',
    'fail',
    (lot) => {
      const values = ['5.470000', '5.190000', '5.510000']
      lot.say('result-withdrawn', { names: lot.results(values), reason: 'does not suit us' }, MAKER)
      const finding = {
        characteristic: LABORATORY,
        timeUs: FIRST_US + 600 * SECOND_US,
        count: 1,
        parts: '2',
        size: 3,
        accept: 0,
      }
      return [find('nonconforming', 'fail', finding)]
    },
  ],
  [
    'a result in another unit',
    'no-judgement',
    (lot) => {
      lot.characteristic(LABORATORY)['unit'] = 'mg/l'
      return [find('unit-differs', 'incomplete', { characteristic: LABORATORY })]
    },
  ],
  [
    'a laboratory that states too few values',
    'no-judgement',
    (lot) => {
      lot.results(['5.470000'])
      return [find('sample-short', 'incomplete', { characteristic: LABORATORY, count: 2, size: 3 })]
    },
  ],
  [
    'statements that do not count',
    'no-judgement',
    (lot) => {
      delete lot.calibrations['DM-2']
      const said = { instrument: 'DM-2', number: 'no. 1', sheet: 'K 1', uncertainty: '0.050000', unit: '1' }
      lot.say(
        'calibration-stated',
        { ...said, calibratedUs: 0, dueUs: COMPLETED_US * 2 },
        { ...MAKER, role: 'auditor' },
        'earlier',
      )
      lot.say('calibration-stated', { ...said, calibratedUs: COMPLETED_US, dueUs: 0 }, MAKER, 'earlier')
      return [
        find('calibration-missing', 'incomplete', {
          ...placed(lot, TORQUE, 1),
          named: 'DM-2',
          count: PARTS,
          fromUs: FIRST_US,
        }),
        find('signer-not-entitled', 'note', { named: 'calibration-stated' }),
        find('statement-unusable', 'note', { named: 'calibration-stated' }),
      ]
    },
  ],
  [
    'a lot that was released',
    'pass',
    (lot) => {
      lot.results()
      for (const by of [MAKER, CUSTOMER]) lot.say('verdict-stated', { verdict: 'pass', rows: 'ab'.repeat(32) }, by)
      lot.say('lot-released', {}, MAKER)
      return []
    },
  ],
]
