/** Lots of 500 bottles over a ledger: a maker measures and states, its customer agrees to deviations, the customer's laboratory states results. */
import type { PackScenario, PlantedAsset, PlantedEvidence } from '../../scenario.ts'
import { CUSTOMER, MAKER, MAKERS_OTHER, ORACLE, SECOND_US } from './lot.ts'
import { plantedLots } from './plants.ts'
import type { PlantedLot } from './planting.ts'

const named = ({ actor, legalName }: typeof MAKER, name: string): PackScenario['people'][number] => ({
  actor,
  legalName,
  name,
})

export const scenario: PackScenario = {
  people: [
    named(MAKER, 'M. Maker'),
    named(MAKERS_OTHER, 'N. Maker'),
    named(CUSTOMER, 'C. Customer'),
    { ...named(ORACLE, 'L. Laboratory'), legalName: CUSTOMER.legalName },
  ],
  stepUs: 600 * SECOND_US,
  planted: (seed) => plantedLots(seed).map(planted),
}

/** Each lot has an id of its own. A laboratory signs as a technician of its member: a ledger has no role for it. */
function planted({ evidence: given, onLedger, ...lot }: PlantedLot, at: number): PlantedAsset {
  const evidence = given as unknown as PlantedEvidence
  const id = `LOT:L26069-${at + 1}`
  return {
    ...lot,
    evidence: {
      ...evidence,
      asset: { ...evidence.asset, id, name: id.slice(id.indexOf(':') + 1) },
      events: evidence.events.map((event) => (event.role === ORACLE.role ? { ...event, role: 'technician' } : event)),
    },
    ...(onLedger !== null && { onLedger }),
  }
}
