/** How faults are put into a lot, each with what must be found of it. */
import { MAKER, MEASURED, PARTS, SECOND_US } from './lot.ts'
import type { Members, Signer, Lot } from './lot.ts'
import type { OnLedger } from '../../scenario.ts'

/** A finding without its text, stream and entry. */
export type Expected = Members & { code: string; severity: 'fail' | 'incomplete' | 'note' | 'conceded' }

export interface PlantedLot {
  name: string
  evidence: Members
  verdict: 'pass' | 'fail' | 'concession' | 'no-judgement'
  /** In any order. */
  findings: Expected[]
  onLedger: OnLedger | null
}

export const WEIGHT = 'net weight'
export const TORQUE = 'closing torque'
export const TEMPERATURE = 'holding temperature'
export const CODE = 'date code'
const OUTSIDE: { readonly [name: string]: (lot: Lot) => number | boolean } = {
  [WEIGHT]: (lot) => (lot.random() < 0.5 ? 514.9 - lot.random() : 535.06 + lot.random()),
  [TORQUE]: (lot) =>
    Math.fround(lot.random() < 0.5 ? 1.39 - lot.between(0, 30) / 100 : 2.41 + lot.between(0, 30) / 100),
  [TEMPERATURE]: (lot) => (7149 - lot.between(0, 200)) / 100,
  [CODE]: () => false,
}

const all = Array.from({ length: PARTS }, (_, at) => at + 1)
/** Ordinals that nothing else is at. */
export const inner = all.filter((ordinal) => ordinal > 20 && ordinal !== 250 && ordinal < 480)
export const sampled = (every: number): number[] => inner.filter((ordinal) => ordinal % every === 1)
export const passedOver = (every: number): number[] => inner.filter((ordinal) => ordinal % every !== 1)
export const find = (code: string, severity: Expected['severity'], values: Members = {}): Expected => ({
  code,
  severity,
  ...values,
})

export function placed(lot: Lot, characteristic: string, ordinal: number): Members {
  const { sequence, timeUs } = lot.at(characteristic, ordinal)
  return { characteristic, sequence, timeUs }
}

export function spoil(lot: Lot, name: string, ordinals: readonly number[]): Members {
  for (const ordinal of ordinals) lot.at(name, ordinal).value = OUTSIDE[name]!(lot)
  return { ...placed(lot, name, ordinals[0]!), count: ordinals.length, parts: ordinals.join(', ') }
}

export const WEIGHT_PLAN = { size: PARTS, accept: 2 }
export const TORQUE_PLAN = { size: 50, accept: 0 }

/** One to three sampled torques outside the limits. */
export function badTorques(lot: Lot): { finding: Members; parts: number } {
  const ordinals = lot.some(lot.between(1, 3), sampled(10))
  return { finding: { ...spoil(lot, TORQUE, ordinals), ...TORQUE_PLAN }, parts: ordinals.length }
}

/** From two fifths of the lot on, or all along it, by more than its values scatter. */
export function drift(lot: Lot): Expected['code'] {
  const { sigma } = MEASURED[WEIGHT]!
  const sign = lot.random() < 0.5 ? -1 : 1
  const [isSteady, steep] = [lot.random() < 0.5, lot.random()]
  const rise = sigma * (isSteady ? 8 + steep : 4 + 3 * steep)
  const [from, to] = isSteady ? [0, 1] : [0.4, 0.6]
  for (const one of lot.readings.get(WEIGHT)!) {
    const along = Math.min(1, Math.max(0, ((one.ordinal - 1) / (PARTS - 1) - from) / (to - from)))
    if (one.ordinal !== 250) one.value = (one.value as number) + sign * rise * (along - 0.5)
  }
  return sign > 0 ? 'drift-up' : 'drift-down'
}

export function stick(lot: Lot, name: string): Members {
  const [count, from] = [lot.between(10, 60), lot.between(30, 150)]
  const value = lot.at(name, from).value as number
  for (let at = 0; at < count; at++) lot.at(name, from + at).value = value
  // A neighbour that is equal by chance would belong to the run.
  for (const ordinal of [from - 1, from + count])
    lot.at(name, ordinal).value = value > MEASURED[name]!.mean ? value - 0.05 : value + 0.05
  return {
    ...placed(lot, name, from),
    count,
    fromUs: lot.at(name, from).timeUs,
    toUs: lot.at(name, from + count - 1).timeUs,
  }
}

/** The calibration ends between two parts; what is measured from `ordinal` on is overdue. */
export function expire(lot: Lot, instrument: string, name: string, ordinal: number): Members {
  lot.calibrations[instrument]!.dueUs = lot.at(name, ordinal).timeUs - SECOND_US
  return {
    ...placed(lot, name, ordinal),
    named: instrument,
    count: PARTS - ordinal + 1,
    fromUs: lot.at(name, ordinal).timeUs,
  }
}

/** A gap counts the parts only that it has numbers of. */
export const GAPS_WITHOUT_NUMBERS =
  'The source says when it delivered nothing, and not how many: its gateway signs the gap without numbers, and the lot is only short of parts.'

export function lose(lot: Lot, name: string, from: number, count: number): void {
  const own = lot.readings.get(name)!
  const lost = own.filter(({ ordinal }) => ordinal >= from && ordinal < from + count)
  lot.readings.set(
    name,
    own.filter((one) => !lost.includes(one)),
  )
  lot.gaps.get(name)!.push({
    fromSequence: lost[0]!.sequence,
    toSequence: lost.at(-1)!.sequence,
    fromTimeUs: lost[0]!.timeUs,
    toTimeUs: lost.at(-1)!.timeUs,
    reason: 'connection lost',
  })
}

export function ask(
  lot: Lot,
  code: string,
  characteristic: string,
  parts: number,
  more: Members = {},
  when: 'earlier' | 'later' = 'later',
): string {
  const number = 'SK-0042'
  return lot.say(
    'concession-asked',
    { number, characteristic, code, parts, deviation: 'D-0117', done: 'Head 9 sorted out.', ...more },
    { ...MAKER, role: 'technician' },
    when,
  )
}
export const agree = (lot: Lot, names: string, by: Signer): string =>
  lot.say('concession-agreed', { names, number: 'SK-0042' }, by)
export const conceding = (state: string, characteristic: string): Expected =>
  find(`concession-${state}`, 'note', { characteristic, named: 'SK-0042' })

export type Plant = [name: string, verdict: PlantedLot['verdict'], plant: (lot: Lot) => Expected[]]
