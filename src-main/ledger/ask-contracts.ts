/** Asks the contracts of an event's assets, between what its kind decides and the state that it leaves. */
import { NOTHING_SAID, packsAsked } from '../record/contracts.ts'
import type { Contracts, ContractsDecision, ContractView } from '../record/contracts.ts'
import { decodeKind } from '../record/events.ts'
import type { Kind } from '../record/kind.ts'
import type { Rules } from '../record/rules.ts'
import type { StateChange } from '../record/state-view.ts'
import type { EventStatement } from '../record/statements.ts'
import type { ActorId } from '../wire/ids.ts'
import { LedgerError } from './errors.ts'

/** `changes`: what its kind decided. Throws LedgerError `pack_host_missing` where there is somebody to ask and nobody to ask them. */
export function askContracts(
  contracts: Contracts | null,
  rules: Rules,
  view: ContractView,
  event: EventStatement,
  changes: readonly StateChange[],
  approvals: readonly ActorId[] = [],
): ContractsDecision {
  const kind = Object.hasOwn(rules.kinds, event.type) ? (rules.kinds[event.type] as Kind<unknown>) : null
  const packs = packsAsked(view, event, changes)
  if (kind !== null && packs.length === 0) return NOTHING_SAID
  if (contracts === null)
    throw new LedgerError(
      'pack_host_missing',
      `entry ${view.index} is for packs to decide (${packs.join(', ') || event.type}): open the ledger with contracts`,
    )
  const core =
    kind === null
      ? null
      : { body: kind.form.toJson(decodeKind(kind, event.type, event.body)), mayRefuse: kind.contracts === 'refuse' }
  return contracts.decide(view, { packs, event, approvals, core })
}
