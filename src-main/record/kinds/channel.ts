import { keyId, actorIdOf } from '../../wire/ids.ts'
import type { CborInput } from '../../wire/cbor.ts'
import type { Fields } from '../../wire/fields.ts'
import { MAX_MEMBERS, MAX_PACKS, NONCE_BYTES } from '../../wire/limits.ts'
import { encodeContinues, readContinues } from '../continues.ts'
import type { MayContinue } from '../continues.ts'
import { noAssets } from '../kind.ts'
import type { Kind } from '../kind.ts'
import { encodeMember, readMember } from '../member-fields.ts'
import type { GenesisMember } from '../member-fields.ts'
import { encodePack, readPack } from '../pack-fields.ts'
import type { ActivePack } from '../pack-fields.ts'
import type { StateChange } from '../state-view.ts'

export interface ChannelOpened extends MayContinue {
  readonly name: string
  readonly site: string
  readonly simulated: boolean
  readonly nonce: Uint8Array
  /** How many cosigning gateways a checkpoint needs. */
  readonly quorum: number
  readonly members: readonly GenesisMember[]
  readonly packs: readonly ActivePack[]
}

/** The genesis. It founds a ledger (`founded`) and is never accepted by one. */
export const channelOpened: Kind<ChannelOpened> = {
  encode: (body): { [key: string]: CborInput } => ({
    name: body.name,
    site: body.site,
    simulated: body.simulated,
    nonce: body.nonce,
    quorum: body.quorum,
    members: body.members.map(encodeMember),
    packs: body.packs.map(encodePack),
    ...encodeContinues(body),
  }),
  decode: readChannelOpened,
  assets: noAssets,
  decide: () => 'channel-opened-already',
  example: {
    name: 'Hall 1',
    site: 'Example site',
    simulated: true,
    nonce: new Uint8Array(NONCE_BYTES),
    quorum: 1,
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

function readChannelOpened(fields: Fields): ChannelOpened {
  const opened = {
    name: fields.text('name'),
    site: fields.text('site'),
    simulated: fields.boolean('simulated'),
    nonce: fields.bytes('nonce', NONCE_BYTES),
    quorum: fields.integer('quorum', 1, MAX_MEMBERS),
    members: fields.list('members', MAX_MEMBERS, readMember),
    packs: fields.list('packs', MAX_PACKS, readPack),
    ...readContinues(fields),
  }
  const { members, quorum } = opened
  if (members.length === 0) fields.fail('lists no member')
  if (quorum > members.length) fields.fail(`asks for ${quorum} cosigners of ${members.length} members`)
  if (new Set(members.map((member) => member.actor)).size !== members.length) fields.fail('lists an actor twice')
  if (new Set(members.map((member) => member.raftId)).size !== members.length) fields.fail('lists a raftId twice')
  return opened
}

/** The state that a genesis founds. */
export function founded({ members, packs, ...channel }: ChannelOpened): StateChange[] {
  const changes: StateChange[] = [{ kind: 'channel', id: '', value: channel }]
  for (const { actor, keys, ...member } of members) {
    changes.push({ kind: 'member', id: actor, value: member })
    for (const key of keys)
      changes.push({ kind: 'key', id: keyId(key.alg, key.public), value: { ...key, actor, from: 0, to: null } })
  }
  for (const { id, ...pack } of packs) changes.push({ kind: 'pack', id, value: { ...pack, from: 0 } })
  return changes
}
