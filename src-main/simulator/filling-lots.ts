/**
 * The lots of the demo: each is registered, and its plan and the scale's calibration are stated, before the machine begins with it; that it is
 * complete is said after it. Nothing of that stops the machine: what is refused is said in one line, and the next lot follows.
 *
 * Nothing is kept beside the ledger. A lot that a stop of the demo cut off stays open there, and the next start goes on with the number behind it.
 */
import { messageOf } from '../wire/plumbline-error.ts'
import type { LotFrom } from '../acquisition/config-lot.ts'
import { BOTTLES_ACCEPTED, WEIGHT_LIMITS, type Checkweigher, type FillingLot } from './checkweigher.ts'

/** How the checkweigher's source describes its lots. What is registered ahead has to be the same. */
export const LOT_FROM = {
  tag: 'lot',
  prefix: 'urn:own:lot-',
  scheme: 'own',
  type: 'lot',
  name: { en: 'Apple spritzer 0.5 l, lot', de: 'Apfelschorle 0,5 l, Los' },
  packs: ['quality'],
} as const satisfies Partial<LotFrom>

/** A test's own lots are named otherwise: four digits or more. */
const LOT_ID = /^urn:own:lot-(\d{4,12})$/
const LOT_DIGITS = 4
/** Of three lots the second fails. */
const CYCLE = 3
const FAILS_AT = 2
/** Just after the start lots are small, so that nobody waits for the first ones; later a quarter of an hour each. */
const SMALL_LOTS = 3
const SMALL_BOTTLES = 80
const BOTTLES = 900
/** While no majority is there, as just after a start. */
const TRIES = 5
const RETRY_MS = 2_000
const LOOK_MS = 500
const INSTRUMENT = 'KW-3'

export interface Said {
  outcome: string
  refused: string | null
  reason: string | null
}

/** Who has it signed. Rejects where nobody could be asked. */
export interface LotClerk {
  /** Ids of what is registered. */
  assets(): Promise<string[]>
  /** By the gateway. */
  register(body: object): Promise<Said>
  /** By a site manager. */
  state(asset: string, type: string, body: object): Promise<Said>
}

export interface FillingLotsOptions {
  checkweigher: Checkweigher
  clerk: LotClerk
  nowUs: () => number
  pause: (ms: number) => Promise<unknown>
  say: (line: string) => void
}

export class FillingLots {
  readonly #o: FillingLotsOptions
  #stopping = false
  /** What was said last: the same is not said for every lot. */
  #said = ''

  constructor(options: FillingLotsOptions) {
    this.#o = options
  }

  /** Until it is stopped. */
  async run(): Promise<void> {
    const { checkweigher, pause } = this.#o
    const first = await this.#next()
    let before: FillingLot | null = null
    for (let number = first; !this.#stopping; number++) {
      const filling = lotOf(number, number - first)
      while (!this.#stopping && !checkweigher.isFree) await pause(LOOK_MS)
      if (this.#stopping) return
      // While the belt is empty: the certificate's period begins with the plan.
      const isPlanned = await this.#try(filling, 'it cannot be judged', () => this.#plan(filling))
      checkweigher.begin(filling)
      const done = before
      if (done !== null) await this.#try(done, 'it stays open', () => this.#complete(done))
      before = isPlanned ? filling : null
    }
  }

  stop(): void {
    this.#stopping = true
  }

  /** The number behind the last one that the ledger knows. */
  async #next(): Promise<number> {
    while (!this.#stopping)
      try {
        const numbers = (await this.#o.clerk.assets()).map((id) => Number(LOT_ID.exec(id)?.[1] ?? 0))
        return numbers.reduce((most, number) => Math.max(most, number), 0) + 1
      } catch (error) {
        this.#sayOnce(`No lot is filled yet: ${messageOf(error)}`)
        await this.#o.pause(RETRY_MS)
      }
    return 1
  }

  async #plan({ lot }: FillingLot): Promise<void> {
    const asset = LOT_FROM.prefix + lot
    await this.#register(asset, lot)
    await this.#state(asset, 'quality.plan-stated', PLAN)
    await this.#state(asset, 'quality.calibration-stated', calibrationAt(this.#o.nowUs()))
  }

  async #complete({ lot, bottles }: FillingLot): Promise<void> {
    const body = { lot, batch: `B-${lot}`, parts: bottles }
    await this.#state(LOT_FROM.prefix + lot, 'quality.lot-completed', body)
  }

  /** Again while it waits: whatever is registered alike twice is registered once. */
  async #register(asset: string, lot: string): Promise<void> {
    const { tag: _tag, prefix: _prefix, name, ...kind } = LOT_FROM
    const names = { name: `${name.en} ${lot}`, names: { de: `${name.de} ${lot}` } }
    const body = { asset, ...kind, ...names, attributes: {}, simulated: true }
    for (let tries = 1; ; tries++) {
      const said = await this.#o.clerk.register(body).catch((error: unknown) => {
        if (tries === TRIES || this.#stopping) throw error
        return null
      })
      if (said !== null && (said.outcome !== 'waiting' || tries === TRIES || this.#stopping)) return settled(said)
      await this.#o.pause(RETRY_MS)
    }
  }

  async #state(asset: string, type: string, body: object): Promise<void> {
    settled(await this.#o.clerk.state(asset, type, body))
  }

  async #try({ lot }: FillingLot, so: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      if (!this.#stopping) this.#sayOnce(`Lot ${lot}: ${so}: ${messageOf(error)}`, messageOf(error))
      return false
    }
  }

  #sayOnce(line: string, about = line): void {
    if (about !== this.#said) this.#o.say(line)
    this.#said = about
  }
}

function settled({ outcome, refused, reason }: Said): void {
  if (outcome !== 'accepted' && outcome !== 'duplicate') throw new Error(reason ?? refused ?? outcome)
}

/** @param since how many were filled since the start */
function lotOf(number: number, since: number): FillingLot {
  return {
    lot: String(number).padStart(LOT_DIGITS, '0'),
    bottles: since < SMALL_LOTS ? SMALL_BOTTLES : BOTTLES,
    fails: number % CYCLE === FAILS_AT,
  }
}

const PLAN = {
  product: 'Apple spritzer 0.5 l',
  order: '4500087713',
  specification: 'QS-10473',
  characteristics: [
    {
      name: 'net weight',
      kind: 'variable',
      quantity: 'net-weight',
      unit: 'g',
      lower: WEIGHT_LIMITS.lower.toFixed(6),
      upper: WEIGHT_LIMITS.upper.toFixed(6),
      decimals: 1,
      every: 1,
      accept: BOTTLES_ACCEPTED,
      subgroup: 5,
      instrument: INSTRUMENT,
    },
  ],
}

/** Each year at its beginning, with two weeks to spare. */
function calibrationAt(nowUs: number): object {
  const year = new Date(nowUs / 1000).getUTCFullYear()
  return {
    instrument: INSTRUMENT,
    number: 'no. 2203117',
    sheet: `K ${year % 100}-0112`,
    calibratedUs: Date.UTC(year, 0, 1) * 1000,
    dueUs: Date.UTC(year + 1, 0, 15) * 1000,
    uncertainty: '0.300000',
    unit: 'g',
  }
}
