import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadEngine } from '../../../src-main/documents/engine.ts'
import { createPackHost } from '../../../src-main/packs/host.ts'
import type { PackHost } from '../../../src-main/packs/host.ts'
import { defaultParameters } from '../../../src-main/packs/manifest.ts'
import { scenario } from '../../../src-main/packs/odometer/scenario/scenario.ts'
import { speltFindings } from '../../../src-main/packs/scenario.ts'
import type { PlantedAsset } from '../../../src-main/packs/scenario.ts'
import { shippedPacks } from '../../../src-main/gateway/folder/shipped-packs.ts'
import { parseVerdict } from '../../../src-main/packs/verdict.ts'
import type { PackVerdict } from '../../../src-main/packs/verdict.ts'
import type { JsonValue } from '../../../src-main/wire/json.ts'

interface Expected {
  seed: number
  cars: number
  readingsPerCar: number
  illogical: { vin: string; code: string; sequence: number }[]
  noted: { vin: string; code: string; sequence?: number }[]
}

const expected = JSON.parse(readFileSync(new URL('./expected.json', import.meta.url), 'utf8')) as Expected
const { files, manifest } = shippedPacks().find((one) => one.manifest.id === 'odometer')!
const parameters = defaultParameters(manifest)
let host: PackHost
const verdicts = new Map<string, PackVerdict>()
const judge = ({ evidence }: PlantedAsset): PackVerdict =>
  parseVerdict(host.run(files.rule, 'judge', { ...evidence, parameters } as unknown as JsonValue))

beforeAll(async () => {
  host = await createPackHost(loadEngine())
  for (const car of scenario.planted(expected.seed)) verdicts.set(car.evidence.asset.id, judge(car))
})

describe('a hundred vehicles over a year', () => {
  test('are as many as the scenario says', () => {
    const cars = scenario.planted(expected.seed)
    expect(cars).toHaveLength(expected.cars)
    for (const { evidence } of cars) expect(evidence.streams[0]!.readings).toHaveLength(expected.readingsPerCar)
  })

  test('exactly the three planted frauds are found, each for its reason and at its reading', () => {
    const found = [...verdicts].flatMap(([vin, { verdict, reasons }]) => {
      if (verdict !== 'illogical') return []
      const frauds = reasons.filter((one) => one['severity'] === 'fraud')
      return frauds.map((one) => ({ vin, code: one.code, sequence: one['sequence'] }))
    })
    expect(found).toEqual(expected.illogical)
  })

  test('every other vehicle is logical', () => {
    const frauds = new Set(expected.illogical.map((one) => one.vin))
    const others = [...verdicts].filter(([vin]) => !frauds.has(vin))
    expect(others).toHaveLength(expected.cars - frauds.size)
    for (const [vin, { verdict, reasons }] of others)
      expect([vin, verdict, reasons.length < 2]).toEqual([vin, 'logical', true])
  })

  test('what honest vehicles do oddly is noted and excused', () => {
    for (const { vin, code, sequence } of expected.noted) {
      const reasons = verdicts.get(vin)!.reasons
      expect(reasons.map((one) => one.code)).toEqual([code])
      if (sequence !== undefined) expect(reasons[0]!['sequence']).toBe(sequence)
    }
  })

  test.each([1, 77])('of seed %i each vehicle says itself what is found of it', (seed) => {
    const found = (car: PlantedAsset): unknown => {
      const { verdict, reasons } = judge(car)
      return [car.evidence.asset.id, verdict, speltFindings(reasons)]
    }
    const cars = scenario.planted(seed)
    expect(cars.map(found)).toEqual(
      cars.map(({ evidence, verdict, findings }) => [evidence.asset.id, verdict, speltFindings(findings)]),
    )
    const illogical = cars.filter(({ verdict }) => verdict === 'illogical')
    expect(illogical.map(({ evidence }) => evidence.asset.id)).toEqual(expected.illogical.map(({ vin }) => vin))
  })
})
