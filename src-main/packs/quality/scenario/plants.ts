/** What is planted in lots, kind by kind, each with the verdict and every finding that must follow, for any seed. */
import { Lot } from './lot.ts'
import { COVERAGE, LIMITS, SENSORS } from './measured.ts'
import type { Plant, PlantedLot } from './planting.ts'
import { CONCESSIONS, STATEMENTS } from './stated.ts'

const PLANTS: readonly Plant[] = [...LIMITS, ...SENSORS, ...COVERAGE, ...CONCESSIONS, ...STATEMENTS]

/** One lot of each kind. */
export function plantedLots(seed: number): PlantedLot[] {
  return PLANTS.map(([name, verdict, plant], at) => {
    const lot = new Lot(seed * PLANTS.length + at)
    const findings = plant(lot)
    if (!lot.later.some(({ type }) => type === 'quality.result-stated')) lot.results()
    return { name, evidence: lot.evidence(), verdict, findings, onLedger: lot.onLedger }
  })
}
