/** A checkweigher behind the filler: it says of each bottle which lot it is of and what it weighs. Nothing but seed, lot and bottle decides that. */
import { randomAt, resolve } from './random.ts'
import { nmeaSentence } from './nmea-sentence.ts'
import type { SerialPoint } from './point.ts'

const SENTENCE = 'PLCKW'
const WEIGHT_G = 525
const NOISE_G = 2.4
/** What a lot has to keep to, in grams. */
export const WEIGHT_LIMITS = { lower: 515, upper: 535 }
/** So many bottles outside the limits are let pass; a lot that fails has more. */
export const BOTTLES_ACCEPTED = 1
/** Where in a lot that fails a valve fills too little, as shares of it: far from its ends. */
const UNDERFILLED_AT = [0.3, 0.4, 0.5, 0.6]
const UNDERFILLED_G = 15
/** Seconds, one bottle each, in which the belt is empty between two lots. */
const CHANGE_OVER = 7

/** The lot comes first: what follows in a line is of it. */
export const checkweigherPoints: readonly SerialPoint[] = [
  { id: 'lot', label: 'Lot', unit: '1', kind: 'text', quantity: 'lot', sentence: SENTENCE, field: 1 },
  {
    id: 'net-weight',
    label: 'Net weight',
    unit: 'g',
    kind: 'float',
    quantity: 'net-weight',
    range: [0, 1000],
    normal: [WEIGHT_LIMITS.lower, WEIGHT_LIMITS.upper],
    sentence: SENTENCE,
    field: 2,
  },
]

export interface FillingLot {
  /** As the machine shows it. */
  lot: string
  bottles: number
  fails: boolean
}

export class Checkweigher {
  readonly #seed: number
  #filling: FillingLot | null = null
  #bottle = 0
  #idle = CHANGE_OVER

  constructor(seed: number) {
    this.#seed = seed
  }

  /** Whether the next lot can begin: the one before is through, and the belt was empty for a while. */
  get isFree(): boolean {
    return this.#idle >= CHANGE_OVER
  }

  begin(filling: FillingLot): void {
    this.#filling = filling
    this.#bottle = 0
    this.#idle = 0
  }

  /** What it sends in the next second: a bottle, or nothing while the belt is empty. */
  lines(): string[] {
    const filling = this.#filling
    if (filling === null) return []
    if (this.#bottle === filling.bottles) {
      this.#idle++
      return []
    }
    const weight = weightOf(this.#seed, filling, ++this.#bottle)
    return [nmeaSentence(`${SENTENCE},${filling.lot},${weight.toFixed(1)}`)]
  }
}

/** Of a bottle, counted from 1. */
function weightOf(seed: number, { lot, bottles, fails }: FillingLot, bottle: number): number {
  // The sum of three is near enough to normal, and never far from its middle.
  const noise = ['a', 'b', 'c'].reduce((sum, name) => sum + randomAt(seed, `${lot} ${name}`, bottle) - 0.5, 0)
  const isUnderfilled = fails && UNDERFILLED_AT.some((share) => Math.floor(share * bottles) === bottle)
  return resolve(WEIGHT_G + NOISE_G * noise - (isUnderfilled ? UNDERFILLED_G : 0), 1)
}
