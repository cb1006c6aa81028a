/**
 * What packs say to an event before it becomes part of the ledger (docs/FORMATS.md, "Contracts"). Acts may be refused; facts are only
 * noted, so that no pack can keep evidence from being recorded.
 */
import { compareBytes, utf8 } from '../wire/bytes.ts'
import type { ActorId } from '../wire/ids.ts'
import type { JsonValue } from '../wire/json.ts'
import type { CoreRefusalCode } from './refusals.ts'
import type { StateChange, StateView } from './state-view.ts'
import type { EventStatement } from './statements.ts'

/** A value that a pack keeps under its own id; null takes it away. */
export interface KeptValue {
  readonly owner: string
  readonly kind: string
  readonly id: string
  readonly value: JsonValue | null
}

/** The state as the statements before left it, with what packs keep. */
export interface ContractView extends StateView {
  /** null where there is none. */
  kept(owner: string, kind: string, id: string): JsonValue | null
}

export interface AskedEvent {
  /** Packs that are asked, ascending by the bytes of their ids. */
  readonly packs: readonly string[]
  readonly event: EventStatement
  /** Who agreed to it: people, of an act that takes effect. */
  readonly approvals: readonly ActorId[]
  /** Of an event of the core's; what stands in a pack's own one that pack says. */
  readonly core: { readonly body: JsonValue; readonly mayRefuse: boolean } | null
}

export interface ContractsSaid {
  /** `pack/code`, in the order in which the packs were asked. */
  readonly findings: readonly string[]
  readonly kept: readonly KeptValue[]
}

export const NOTHING_SAID: ContractsSaid = { findings: [], kept: [] }

export type ContractsDecision = ContractsSaid | CoreRefusalCode | `${string}/${string}`

export interface Contracts {
  /** Pure: every replica comes to the same. What it throws is no decision, and ends the channel on this gateway. */
  decide(view: ContractView, asked: AskedEvent): ContractsDecision
}

/** Packs of the assets that an event names: as they were bound before it, and as it binds them. */
export function packsAsked(
  view: Pick<StateView, 'get'>,
  { assets }: Pick<EventStatement, 'assets'>,
  changes: readonly StateChange[],
): readonly string[] {
  const packs = new Set<string>()
  for (const asset of assets) for (const pack of view.get('asset', asset)?.packs ?? []) packs.add(pack)
  for (const change of changes)
    if (change.kind === 'asset' && assets.includes(change.id)) for (const pack of change.value.packs) packs.add(pack)
  // A retired pack decides nothing any more.
  for (const pack of packs) if ((view.get('pack', pack)?.retired ?? null) !== null) packs.delete(pack)
  return packs.size < 2 ? [...packs] : [...packs].sort((a, b) => compareBytes(utf8(a), utf8(b)))
}
