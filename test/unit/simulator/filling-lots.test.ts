/** The demo's lots as they are signed for and weighed, without a ledger and without a clock; the shipped rule judges what came of it. */
import { expect, test } from 'vitest'
import { Checkweigher } from '../../../src-main/simulator/checkweigher.ts'
import { FillingLots, LOT_FROM, type LotClerk, type Said } from '../../../src-main/simulator/filling-lots.ts'
import type { JsonValue } from '../../../src-main/wire/json.ts'
import { judge } from '../packs/quality/rule.ts'

const SECOND_US = 1_000_000
const ACCEPTED: Said = { outcome: 'accepted', refused: null, reason: null }

interface Weighed {
  timeUs: number
  weight: number
}

/** A plant whose time passes only where it is waited for, until as many lots have begun. */
class Plant {
  readonly said: { asset: string; type: string; body: JsonValue; atUs: number }[] = []
  readonly weighed = new Map<string, Weighed[]>()
  readonly lines: string[] = []
  registered: string[] = []
  #nowUs = Date.UTC(2026, 11, 1) * 1000
  #pauses = 0
  readonly #clerk: Partial<LotClerk>

  constructor(clerk: Partial<LotClerk> = {}) {
    this.#clerk = clerk
  }

  async run(lots: number): Promise<void> {
    const checkweigher = new Checkweigher(2026)
    const filling = new FillingLots({
      checkweigher,
      clerk: {
        assets: async () => this.registered,
        register: async (body) => {
          this.registered.push((body as { asset: string }).asset)
          return ACCEPTED
        },
        state: async (asset, type, body) => {
          this.#nowUs++
          this.said.push({ asset, type, body: body as JsonValue, atUs: this.#nowUs })
          return ACCEPTED
        },
        ...this.#clerk,
      },
      nowUs: () => this.#nowUs,
      pause: async () => {
        // No lot takes as long as this many: it hangs.
        if (this.weighed.size > lots || this.#pauses++ > lots * 1_000) return filling.stop()
        this.#nowUs += SECOND_US
        for (const line of checkweigher.lines()) this.#weigh(line)
      },
      say: (line) => this.lines.push(line),
    })
    await filling.run()
  }

  #weigh(line: string): void {
    const [, lot = '', weight] = /^\$PLCKW,(\d+),([\d.]+)\*[0-9A-F]{2}$/.exec(line) ?? []
    this.weighed.set(lot, [...(this.weighed.get(lot) ?? []), { timeUs: this.#nowUs, weight: Number(weight) }])
  }

  judged(lot: string): [verdict: string, reasons: string[]] {
    const said = this.said.filter(({ asset }) => asset === LOT_FROM.prefix + lot)
    const signed = { actor: 'aa', legalName: 'Quellhof GmbH', role: 'site-manager' }
    const readings = (this.weighed.get(lot) ?? []).map(({ timeUs, weight }, sequence) => ({
      stream: 'cc',
      sequence,
      timeUs,
      value: { kind: 'float', value: weight },
      quality: 0,
      flags: 0,
    }))
    const { verdict, reasons } = judge({
      period: { fromUs: said[0]?.atUs ?? 0, toUs: said.at(-1)?.atUs ?? 0 },
      streams: [{ stream: 'cc', quantity: 'net-weight', unit: 'g', withheld: 0, gaps: [], readings }],
      events: said.map(({ asset: _asset, ...one }, index) => ({ ...one, ...signed, index, hash: String(index) })),
    })
    return [verdict, reasons.map(({ code }) => code)]
  }
}

test('of three lots the second fails, and nothing else is found with any', async () => {
  const plant = new Plant()
  await plant.run(6)
  expect([...plant.weighed.keys()].slice(0, 6).map((lot) => [lot, ...plant.judged(lot)])).toEqual([
    ['0001', 'pass', []],
    ['0002', 'fail', ['nonconforming']],
    ['0003', 'pass', []],
    ['0004', 'pass', []],
    ['0005', 'fail', ['nonconforming']],
    ['0006', 'pass', []],
  ])
  expect(plant.weighed.get('0001')).toHaveLength(80)
  expect(plant.lines).toEqual([])
})

test('a start goes on behind the last lot that the ledger knows, and takes no other asset for one', async () => {
  const plant = new Plant()
  plant.registered = ['urn:own:lot-7', 'urn:own:lot-0041', 'urn:own:lot-0039', 'WPLUMB42TEST00017', 'urn:own:lot-9999x']
  await plant.run(1)
  expect([...plant.weighed.keys()][0]).toBe('0042')
})

test('what is refused is said once, and the machine goes on', async () => {
  const reason = 'nobody of that name signs on this ledger'
  const plant = new Plant({ state: async () => ({ outcome: 'invalid', refused: 'signer-unknown', reason }) })
  await plant.run(3)
  expect(plant.weighed.size).toBeGreaterThan(3)
  expect(plant.lines).toEqual([`Lot 0001: it cannot be judged: ${reason}`])
})

test('a gateway that is away, or has no majority, is asked again', async () => {
  let [looks, tries] = [0, 0]
  const plant = new Plant({
    assets: async () => {
      if (++looks < 3) throw new Error('not there')
      return []
    },
    register: async () => {
      if (++tries === 1) throw new Error('not there')
      return tries === 2 ? { outcome: 'waiting', refused: null, reason: 'no majority is there' } : ACCEPTED
    },
  })
  await plant.run(1)
  expect(plant.lines).toEqual(['No lot is filled yet: not there'])
  expect(plant.judged('0001')).toEqual(['pass', []])
})
