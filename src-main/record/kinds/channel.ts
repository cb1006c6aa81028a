import { KEY_ALGORITHM, keyId, actorIdOf } from '../../wire/ids.ts'
import { MAX_MEMBERS, MAX_PACKS, NONCE_BYTES } from '../../wire/limits.ts'
import { continuesForm } from '../continues.ts'
import type { MayContinue } from '../continues.ts'
import { noAssets } from '../kind.ts'
import type { Kind } from '../kind.ts'
import { rulesVersion } from '../gateway-state.ts'
import { memberForm } from '../member-fields.ts'
import type { GenesisMember } from '../member-fields.ts'
import { checkPackId, packForm } from '../pack-fields.ts'
import type { ActivePack } from '../pack-fields.ts'
import { boolean, bytes, checked, integer, list, optional, record, refuse, text } from '../schema.ts'
import { withStanding } from '../standing.ts'
import type { StateChange } from '../state-view.ts'

export interface ChannelOpened extends MayContinue {
  readonly name: string
  readonly site: string
  readonly simulated: boolean
  readonly nonce: Uint8Array
  /** How many cosigning gateways a checkpoint needs. */
  readonly quorum: number
  /** Version of the rules by which the ledger begins, and by which this event itself is read. */
  readonly rules: number
  readonly members: readonly GenesisMember[]
  readonly packs: readonly ActivePack[]
}

/** The genesis. It founds a ledger (`founded`) and is never accepted by one. */
export const channelOpened: Kind<ChannelOpened> = {
  form: checked(
    record({
      name: text(),
      site: text(),
      simulated: boolean,
      nonce: bytes(NONCE_BYTES),
      quorum: integer(1, MAX_MEMBERS),
      rules: rulesVersion,
      members: list(memberForm, MAX_MEMBERS),
      packs: list(packForm, MAX_PACKS),
      continues: optional(continuesForm),
    }),
    checkGenesis,
  ),
  assets: noAssets,
  contracts: 'note',
  codes: ['channel-opened-already'],
  decide: () => 'channel-opened-already',
  example: {
    name: 'Hall 1',
    site: 'Example site',
    simulated: true,
    nonce: new Uint8Array(NONCE_BYTES),
    quorum: 1,
    rules: 1,
    members: [
      {
        actor: actorIdOf(new Uint8Array(16)),
        raftId: 1,
        name: 'gateway-1',
        legalName: 'Example GmbH',
        voter: true,
        roles: ['gateway'],
        keys: [{ use: 'entry', alg: 1, public: new Uint8Array(32) }],
      },
    ],
    packs: [],
  },
}

function checkGenesis({ members, quorum, packs }: ChannelOpened, where: string): void {
  if (members.length === 0) refuse(where, 'lists no member')
  if (quorum > members.length) refuse(where, `asks for ${quorum} cosigners of ${members.length} members`)
  if (new Set(members.map((member) => member.actor)).size !== members.length) refuse(where, 'lists an actor twice')
  if (new Set(members.map((member) => member.raftId)).size !== members.length) refuse(where, 'lists a raftId twice')
  // Notes of heads, policies and certificates know no other.
  if (members.some(({ keys }) => keys.some(({ alg }) => alg !== KEY_ALGORITHM.ed25519)))
    refuse(where, 'lists a key that is none of Ed25519')
  if (new Set(packs.map(({ id }) => id)).size !== packs.length) refuse(where, 'lists a pack twice')
  for (const { id } of packs) checkPackId(id, where)
}

/** The state that a genesis founds. */
export function founded({ members, packs, rules, ...channel }: ChannelOpened): StateChange[] {
  const changes: StateChange[] = [
    { kind: 'channel', id: '', value: channel },
    { kind: 'rules', id: '', value: { changes: [{ fromHeight: 0, version: rules }] } },
  ]
  for (const { actor, keys, ...member } of members) {
    changes.push({ kind: 'member', id: actor, value: member })
    for (const key of keys)
      changes.push({ kind: 'key', id: keyId(key.alg, key.public), value: { ...key, actor, from: 0, to: null } })
  }
  for (const { id, ...pack } of packs)
    changes.push({ kind: 'pack', id, value: { ...pack, from: 0, retired: null, before: [] } })
  return withStanding({ get: () => undefined }, changes)
}
