/** Which version of the rules is in force, and which ones the gateways know. */
import { noAssets } from '../kind.ts'
import type { Kind } from '../kind.ts'
import { ADMINS } from '../person-fields.ts'
import { MAX_RULES_CHANGES } from '../../wire/limits.ts'
import { rulesKnown, rulesVersion } from '../gateway-state.ts'
import { checked, record, refuse, text } from '../schema.ts'

/** A gateway started: what runs there, and the versions of the rules that it knows. */
export interface GatewayStarted {
  readonly version: string
  readonly rules: readonly number[]
}

export const gatewayStarted: Kind<GatewayStarted> = {
  form: checked(record({ version: text(), rules: rulesKnown }), ({ rules }, where) => {
    if (rules.length === 0) refuse(where, 'lists no version of the rules')
    if (rules.some((version, i) => i > 0 && version <= (rules[i - 1] as number)))
      refuse(where, 'does not list versions of the rules in ascending order')
  }),
  assets: noAssets,
  contracts: 'note',
  codes: [],
  decide: (view, { actor }, body) => [{ kind: 'gateway', id: actor, value: { ...body, startedAt: view.index } }],
  example: { version: '0.1.0', rules: [1] },
}

/** From behind the next seal on another version of the rules is in force. */
export interface ChannelRules {
  readonly version: number
}

/**
 * Accepted only once every voter has started with a release that knows the version: whoever lacks it could not follow. A release
 * that lacks it decides this all the same.
 */
export const channelRules: Kind<ChannelRules> = {
  form: record({ version: rulesVersion }),
  byHand: true,
  roles: ADMINS,
  by: 'voter',
  consumes: () => [{ kind: 'rules', id: '' }],
  assets: noAssets,
  contracts: 'note',
  codes: ['rules-not-later', 'rules-too-many', 'not-ready'],
  decide(view, _event, { version }) {
    const members = view.get('members', '')?.actors ?? []
    const voters = members.filter((member) => view.get('member', member)?.voter === true)
    const changes = view.get('rules', '')?.changes ?? []
    if (version <= (changes.at(-1)?.version ?? 0)) return 'rules-not-later'
    if (changes.length >= MAX_RULES_CHANGES) return 'rules-too-many'
    const isReady = voters.every((voter) => view.get('gateway', voter)?.rules.includes(version) === true)
    if (!isReady) return 'not-ready'
    const change = { fromHeight: view.height + 1, version }
    return [{ kind: 'rules', id: '', value: { changes: [...changes, change] } }]
  },
  example: { version: 2 },
}
