/** Founding a channel: the genesis event that names the first members, their keys, the quorum and the packs in force. */
import type { KeyStore } from '../../keys/key-store.ts'
import { newestRules } from '../../record/rules.ts'
import { shippedPacks } from './shipped-packs.ts'
import { defaultParameters } from '../../packs/manifest.ts'
import type { Pack } from '../../packs/pack.ts'
import { sha256 } from '../../wire/bytes.ts'
import { channelId } from '../../record/channel.ts'
import { assembleEntry, encodeProtected, issuerOf, sigStructure, subjectOf } from '../../wire/entry.ts'
import { encodeBody } from '../../record/events.ts'
import type { ActivePack } from '../../record/pack-fields.ts'
import type { ChannelOpened } from '../../record/kinds/channel.ts'
import type { GenesisMember } from '../../record/member-fields.ts'
import { KEY_USES, type MemberKey } from '../../record/member-key.ts'
import { incarnationIdOf, KEY_ALGORITHM } from '../../wire/ids.ts'
import { ID_BYTES, NONCE_BYTES } from '../../wire/limits.ts'
import { encodeEvent } from '../../record/statements.ts'

export interface FoundingMember {
  name: string
  legalName: string
  keys: KeyStore
}

/** What a genesis says of a member whose keys may be elsewhere. */
export type NamedMember = Pick<GenesisMember, 'actor' | 'name' | 'legalName' | 'keys'>

export interface Founding {
  name: string
  site: string
  simulated: boolean
  /** At least one; the first signs. All are voters, numbered from 1 in this order. */
  members: FoundingMember[]
  /** Bytes of the rule engine that the packs are activated for. */
  engine: Uint8Array
  nowUs: number
  random(bytes: number): Uint8Array
}

/** The signed genesis entry of members whose keys are all here. */
export function foundChannel(founding: Founding): Uint8Array {
  const founder = founding.members[0]
  if (founder === undefined) throw new TypeError('members: a channel needs a founder')
  const members = founding.members.map(({ name, legalName, keys }) => ({
    actor: keys.actorId,
    name,
    legalName,
    keys: publicKeysOf(keys),
  }))
  return signGenesis(founder.keys, genesisBody({ ...founding, members }), founding)
}

/** The public key of each use. */
export function publicKeysOf(keys: KeyStore): MemberKey[] {
  return KEY_USES.map((use) => ({ use, alg: KEY_ALGORITHM.ed25519, public: keys.public(use) }))
}

/** The genesis entry with that body, signed by one of its members. Its payload's hash, without the field `channel`, becomes the channel's id. */
export function signGenesis(
  founder: KeyStore,
  body: ChannelOpened,
  { nowUs, random }: Pick<Founding, 'nowUs' | 'random'>,
): Uint8Array {
  const event = {
    v: 1 as const,
    actor: founder.actorId,
    incarnation: incarnationIdOf(random(ID_BYTES)),
    nonce: random(NONCE_BYTES),
    sequence: 0,
    previous: null,
    type: 'channel.opened',
    assets: [],
    consumes: [],
    role: 'gateway',
    occurredAtUs: nowUs,
    body: encodeBody('channel.opened', body),
    evidence: [],
  }
  const channel = channelId(event)
  const payload = encodeEvent({ ...event, channel })
  const protectedBytes = encodeProtected({
    alg: KEY_ALGORITHM.ed25519,
    contentType: 'event',
    keyId: founder.keyId('entry'),
    issuer: issuerOf(founder.actorId),
    subject: subjectOf(channel),
    iatSeconds: Math.floor(nowUs / 1_000_000),
  })
  return assembleEntry(protectedBytes, payload, founder.sign('entry', sigStructure(protectedBytes, payload)))
}

/** How many of so many voters must cosign. */
export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1
}

/** The packs of this release, in force from the beginning for this engine. */
export function foundingPacks(engine: Uint8Array): ActivePack[] {
  const engineHash = sha256(engine)
  return shippedPacks().map((pack) => activated(pack, engineHash))
}

/** A pack as a channel activates it, with its own parameters. */
export function activated({ manifest, hash, ruleHash }: Pack, engineHash: Uint8Array): ActivePack {
  const { id, version } = manifest
  return { id, version, hash, ruleHash, engineHash, parameters: defaultParameters(manifest) }
}

/** All are voters, numbered from 1 in this order. `quorum`: the majority of them where it is not given. */
export function genesisBody(
  founding: Omit<Founding, 'members'> & { members: readonly NamedMember[]; quorum?: number },
): ChannelOpened {
  return {
    name: founding.name,
    site: founding.site,
    simulated: founding.simulated,
    nonce: founding.random(NONCE_BYTES),
    quorum: founding.quorum ?? majorityOf(founding.members.length),
    rules: newestRules,
    members: founding.members.map(({ actor, name, legalName, keys }, i) => ({
      actor,
      raftId: i + 1,
      name,
      legalName,
      voter: true,
      roles: ['gateway', 'issuer'],
      keys,
    })),
    packs: foundingPacks(founding.engine),
  }
}
