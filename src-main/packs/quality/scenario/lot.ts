/**
 * A lot of 500 bottles as the quality pack sees it, made from one seed: weights from OPC UA (doubles), torques from Modbus (32-bit floats),
 * temperatures from Modbus (scaled 16-bit integers), a camera's yes and no, and a laboratory's results. Nothing is wrong with it; `plants.ts`
 * puts in what is, and says what must be found.
 */
import type { JsonValue } from '../../../wire/json.ts'
import { seeded } from '../../scenario.ts'
import type { OnLedger } from '../../scenario.ts'

export type Members = { [name: string]: JsonValue }

export const PARTS = 500
export const SECOND_US = 1_000_000
export const DAY_US = 86_400_000_000
/** 2026-03-10T05:00:00Z: the plan is stated; the first bottle follows a minute later, the others every 7 s. */
const PLAN_US = 1_773_118_800_000_000
export const FIRST_US = PLAN_US + 60 * SECOND_US
const CYCLE_US = 7 * SECOND_US
export const COMPLETED_US = FIRST_US + PARTS * CYCLE_US
export const BAD = 0x80000000
export const UNCERTAIN = 0x40000000

export interface PartReading {
  ordinal: number
  sequence: number
  timeUs: number
  stampedUs?: number
  value: number | boolean
  quality: number
  flags: number
}

interface Measurement {
  quantity: string
  unit: string
  kind: 'float' | 'boolean'
  mean: number
  sigma: number
  /** What the wire makes of a value. */
  onWire: (value: number) => number
}

const hundredths = (value: number): number => Math.round(value * 100) / 100
/** Distance of mean and limits is more than the noise below ever gets. */
export const MEASURED: { readonly [name: string]: Measurement } = {
  'net weight': { quantity: 'net-weight', unit: 'g', kind: 'float', mean: 525, sigma: 1.2, onWire: (value) => value },
  'closing torque': {
    quantity: 'torque',
    unit: 'N.m',
    kind: 'float',
    mean: 1.92,
    sigma: 0.12,
    onWire: (value) => Math.fround(hundredths(value)),
  },
  'holding temperature': {
    quantity: 'temperature',
    unit: 'Cel',
    kind: 'float',
    mean: 72.4,
    sigma: 0.09,
    onWire: hundredths,
  },
  'date code': { quantity: 'date-code', unit: '1', kind: 'boolean', mean: 1, sigma: 0, onWire: (value) => value },
}
export const LABORATORY = 'carbon dioxide'

/** As a plan states them. */
const characteristics = (): Members[] => [
  {
    name: 'net weight',
    kind: 'variable',
    quantity: 'net-weight',
    unit: 'g',
    lower: '515.000000',
    upper: '535.000000',
    decimals: 1,
    every: 1,
    accept: 2,
    subgroup: 5,
    instrument: 'KW-3',
  },
  {
    name: 'closing torque',
    kind: 'variable',
    quantity: 'torque',
    unit: 'N.m',
    lower: '1.400000',
    upper: '2.400000',
    decimals: 2,
    every: 10,
    size: 50,
    accept: 0,
    instrument: 'DM-2',
  },
  {
    name: 'holding temperature',
    kind: 'variable',
    quantity: 'temperature',
    unit: 'Cel',
    lower: '71.500000',
    decimals: 2,
    every: 5,
    size: 100,
    accept: 0,
    instrument: 'TE-117',
  },
  {
    name: LABORATORY,
    kind: 'laboratory',
    unit: 'g/l',
    lower: '5.200000',
    upper: '5.800000',
    decimals: 2,
    every: 1,
    size: 3,
    accept: 0,
    instrument: 'LC-1',
  },
  { name: 'date code', kind: 'attribute', quantity: 'date-code', unit: '1', decimals: 0, every: 1, accept: 0 },
]

export interface Signer {
  actor: string
  legalName: string
  role: string
}
export const MAKER: Signer = { actor: 'a1', legalName: 'Quellhof Getränke GmbH', role: 'site-manager' }
export const MAKERS_OTHER: Signer = { actor: 'a2', legalName: 'Quellhof  getränke GmbH', role: 'site-manager' }
export const CUSTOMER: Signer = { actor: 'b1', legalName: 'Markthalle Franken eG', role: 'site-manager' }
export const ORACLE: Signer = { actor: 'c1', legalName: 'Labor Meier', role: 'oracle' }

interface Said extends Signer {
  type: string
  hash: string
  atUs: number
  body: Members
}

export class Lot {
  readonly random: () => number
  /** By characteristic; a plant changes them. */
  readonly readings = new Map<string, PartReading[]>()
  readonly gaps = new Map<string, Members[]>()
  readonly plan: Members = {
    product: 'Apple spritzer 0.5 l',
    order: '4500087713',
    specification: 'QS-10473, revision 7',
    characteristics: characteristics(),
  }
  readonly completed: Members = { lot: 'L26069-2', batch: 'B-118', parts: PARTS }
  readonly parameters: Members = {}
  /** What a stream says that it measures, where that is something else. */
  readonly quantities: { [name: string]: string } = {}
  readonly calibrations: { [instrument: string]: { calibratedUs: number; dueUs: number } } = {}
  /** What is said before the lot is complete, and after. */
  readonly earlier: Said[] = []
  readonly later: Said[] = []
  readonly period = { fromUs: PLAN_US - DAY_US, toUs: COMPLETED_US + 3 * DAY_US }
  planUs: number | null = PLAN_US
  isCompleted = true
  /** Where a ledger comes to something else than the rule alone. */
  onLedger: OnLedger | null = null
  withheld = 0
  #said = 0

  constructor(seed: number) {
    this.random = seeded(seed)
    for (const [name, measured] of Object.entries(MEASURED)) {
      const first = this.between(0, 100_000)
      this.readings.set(
        name,
        Array.from({ length: PARTS }, (_, at) => this.#reading(measured, at, first)),
      )
      this.gaps.set(name, [])
    }
    // At its limits a value is within them, whatever the wire makes of it.
    this.at('closing torque', 1).value = Math.fround(1.4)
    this.at('closing torque', 11).value = Math.fround(2.4)
    this.at('net weight', 250).value = 535
    for (const instrument of ['KW-3', 'DM-2', 'TE-117', 'LC-1']) {
      const calibratedUs = PLAN_US - this.between(10, 100) * DAY_US
      this.calibrations[instrument] = { calibratedUs, dueUs: calibratedUs + 365 * DAY_US }
    }
  }

  #reading({ mean, sigma, kind, onWire }: Measurement, at: number, first: number): PartReading {
    const value = kind === 'boolean' ? true : onWire(mean + sigma * this.noise())
    return { ordinal: at + 1, sequence: first + at, timeUs: FIRST_US + at * CYCLE_US, value, quality: 0, flags: 0 }
  }

  /** Mean 0, standard deviation 1, never beyond 3.47: the sum of four uniform numbers. */
  noise(): number {
    return (this.random() + this.random() + this.random() + this.random() - 2) * Math.sqrt(3)
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1))
  }

  /** Different ordinals out of `from`, ascending. */
  some(count: number, from: readonly number[]): number[] {
    const left = [...from]
    const taken = Array.from({ length: count }, () => left.splice(this.between(0, left.length - 1), 1)[0]!)
    return taken.toSorted((a, b) => a - b)
  }

  at(name: string, ordinal: number): PartReading {
    return this.readings.get(name)!.find((one) => one.ordinal === ordinal)!
  }

  characteristic(name: string): Members {
    return (this.plan['characteristics'] as Members[]).find((one) => one['name'] === name)!
  }

  /** @returns the statement's hash */
  say(type: string, body: Members, by: Signer, when: 'earlier' | 'later' = 'later'): string {
    const hash = (++this.#said).toString(16).padStart(64, '0')
    const atUs = when === 'earlier' ? FIRST_US + this.#said * SECOND_US : COMPLETED_US + this.#said * SECOND_US
    this[when].push({ type: `quality.${type}`, hash, atUs, body, ...by })
    return hash
  }

  /** A laboratory's three values; the hash of what states them. */
  results(values: readonly string[] = ['5.470000', '5.430000', '5.510000']): string {
    return this.say(
      'result-stated',
      {
        characteristic: LABORATORY,
        unit: 'g/l',
        takenUs: FIRST_US + 600 * SECOND_US,
        sample: 'S-1',
        method: 'EN 1139',
        values: [...values],
      },
      ORACLE,
    )
  }

  #stream(name: string, at: number): Members {
    const { quantity, unit, kind } = MEASURED[name]!
    const stream = String(at + 1).repeat(32)
    const readings = this.readings
      .get(name)!
      .map(({ ordinal: _ordinal, value, ...one }): Members => ({ stream, ...one, value: { kind, value } }))
    const recorded = { fromUs: FIRST_US, toUs: COMPLETED_US }
    return {
      stream,
      quantity: this.quantities[name] ?? quantity,
      unit,
      kind,
      label: name,
      trust: 'unauthenticated',
      simulated: true,
      gateway: MAKER.actor,
      withheld: at === 0 ? this.withheld : 0,
      recorded,
      gaps: this.gaps.get(name)!,
      readings,
    }
  }

  #events(): Members[] {
    const maker = (type: string, atUs: number, body: Members): Said => ({
      type: `quality.${type}`,
      hash: `${type}${JSON.stringify(body['instrument'] ?? '')}`,
      atUs,
      body,
      ...MAKER,
    })
    const calibrated = Object.entries(this.calibrations).map(([instrument, times]) =>
      maker('calibration-stated', PLAN_US - SECOND_US, {
        instrument,
        number: `no. ${instrument}`,
        sheet: `K ${instrument}`,
        uncertainty: '0.050000',
        unit: '1',
        ...times,
      }),
    )
    const planned = this.planUs === null ? [] : [maker('plan-stated', this.planUs, this.plan)]
    const completed = this.isCompleted ? [maker('lot-completed', COMPLETED_US, this.completed)] : []
    return [...calibrated, ...planned, ...this.earlier, ...completed, ...this.later].map((one, index) => ({
      index,
      ...one,
    }))
  }

  /** What `judge` is given. */
  evidence(): Members {
    return {
      asset: { id: 'LOT:L26069-2', scheme: 'LOT', type: 'lot', name: 'L26069-2' },
      parameters: this.parameters,
      period: this.period,
      streams: [...this.readings.keys()].map((name, at) => this.#stream(name, at)),
      events: this.#events(),
    }
  }
}
