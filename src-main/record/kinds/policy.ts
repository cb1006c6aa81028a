/** What the channel asks of acts that one must not do alone. */
import { noAssets } from '../kind.ts'
import type { Kind } from '../kind.ts'
import { ADMINS } from '../person-fields.ts'
import { policyState } from '../policy-state.ts'
import type { PolicyState } from '../policy-state.ts'
import { byAllOwners, couldApprove } from '../requirement.ts'
import { hasSeveralOwners } from '../speaker.ts'

/** A policy that nobody could meet would lock everything up, itself too. */
export const channelPolicy: Kind<PolicyState> = {
  form: policyState,
  byHand: true,
  by: 'admin',
  roles: ADMINS,
  contracts: 'note',
  approvals: (_policy, view) => byAllOwners(view),
  consumes: () => [{ kind: 'policy', id: '' }],
  assets: noAssets,
  codes: ['approvers-few'],
  decide(view, { signer }, policy) {
    const others = couldApprove(view, { count: policy.approvals, roles: ADMINS }, signer, [])
    const canPass = !hasSeveralOwners(view) || couldApprove(view, byAllOwners(view), signer, []) > 0
    return others < policy.approvals || !canPass ? 'approvers-few' : [{ kind: 'policy', id: '', value: policy }]
  },
  example: { approvals: 1, openDays: 14 },
}
