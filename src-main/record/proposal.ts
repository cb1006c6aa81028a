/** What a proposal leaves behind: an act that waits for others. docs/FORMATS.md, "Acts". */
import { equalBytes, toHex } from '../wire/bytes.ts'
import { encodeCbor } from '../wire/cbor.ts'
import { MAX_ACTOR_ACTS, MAX_ASSET_ACTS } from '../wire/limits.ts'
import type { ActHash, ActState } from './act-state.ts'
import type { Effect } from './kind.ts'
import { lapsesUs } from './kinds/person.ts'
import type { CoreRefusalCode } from './refusals.ts'
import type { StateChange, StateView } from './state-view.ts'
import type { EventStatement } from './statements.ts'

/** @param hash the proposing statement's, by which the act is named */
export function proposed(view: StateView, event: EventStatement, hash: Uint8Array): Effect | CoreRefusalCode {
  const { type, actor: proposer, role, assets } = event
  const body = encodeCbor(event.body)
  const own = view.get('open-acts', proposer)?.acts ?? []
  if (own.length >= MAX_ACTOR_ACTS) return 'acts-many'
  const isSame = (act: ActState | undefined): boolean => act?.type === type && equalBytes(act.body, body)
  if (own.some((one) => isSame(view.get('act', one)))) return 'act-open-already'
  const actsOf = (asset: string): readonly ActHash[] => view.get('asset-acts', asset)?.acts ?? []
  if (assets.some((asset) => actsOf(asset).length >= MAX_ASSET_ACTS)) return 'asset-acts-many'
  const act = toHex(hash) as ActHash
  const value: ActState = {
    type,
    proposer,
    role,
    proposedAt: view.index,
    deadlineUs: lapsesUs(view),
    assets,
    consumes: event.consumes.map(([key, was]) => ({ key, hash: was })),
    body,
    approvals: [],
    declines: [],
    end: null,
  }
  const changes: StateChange[] = [
    { kind: 'act', id: act, value },
    { kind: 'open-acts', id: proposer, value: { acts: [...own, act] } },
    ...assets.map((asset): StateChange => ({
      kind: 'asset-acts',
      id: asset,
      value: { acts: [...actsOf(asset), act] },
    })),
  ]
  return { changes, outcome: 'pending' }
}
