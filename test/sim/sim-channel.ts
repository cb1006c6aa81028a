/**
 * The channel of every simulation: three founding gateways with keys from fixed seeds, and for each the chain of what it says,
 * signed once and shared by all seeds, because signing is what a simulation would otherwise spend its time on.
 */
import { plainMeaning } from '../../src-main/record/stream-fields.ts'
import { sign, type KeyObject } from 'node:crypto'
import type { Addon } from '../../native/addon.ts'
import { StatementChain, type SignedStatement } from '../../src-main/gateway/signing/statement-chain.ts'
import { privateKeyFromSeed, rawPublicKey } from '../../src-main/keys/ed25519-pem.ts'
import { channelId, streamId } from '../../src-main/record/channel.ts'
import {
  assembleEntry,
  encodeProtected,
  issuerOf,
  sigStructure,
  statementHash,
  subjectOf,
} from '../../src-main/wire/entry.ts'
import { encodeBody } from '../../src-main/record/events.ts'
import type { GenesisMember } from '../../src-main/record/member-fields.ts'
import { type MemberKey } from '../../src-main/record/member-key.ts'
import {
  keyId,
  parseActorId,
  type ActorId,
  type ChannelId,
  type IncarnationId,
  type StreamId,
} from '../../src-main/wire/ids.ts'
import { RowWriter } from '../../src-main/wire/rows.ts'
import { encodeEvent } from '../../src-main/record/statements.ts'
import { Prng } from './prng.ts'

export const NODE_IDS = [1, 2, 3] as const
/** Virtual time 0 as wall time. */
export const EPOCH_US = 1_800_000_000_000_000
/** Statements are stamped this far apart, about as fast as a simulation asks for them. */
const STATEMENT_EVERY_US = 300_000
const READINGS_PER_BATCH = 3
const ED25519 = 1
const KEY_USES = ['entry', 'checkpoint', 'cosignature', 'tls', 'credential'] as const

export interface SimGateway {
  id: number
  actor: ActorId
  /** Of its entry key. */
  publicKey: Uint8Array
  /** Signs seals with a simulation's own nonces and time, so that its trace does not depend on other simulations. */
  sealer(random: (length: number) => Uint8Array, nowUs: () => number): StatementChain
  /** Its statement with this sequence; made in order, and the same in every simulation of this process. */
  statement(sequence: number): SignedStatement
}

export interface SimChannel {
  genesis: Uint8Array
  genesisHash: Uint8Array
  channel: ChannelId
  gateways: ReadonlyMap<number, SimGateway>
}

let shared: SimChannel | null = null

export function simChannel(addon: Addon): SimChannel {
  shared ??= makeChannel(addon)
  return shared
}

function makeChannel(addon: Addon): SimChannel {
  const members = NODE_IDS.map(makeMember)
  const founder = members[0] as Member
  const { entry, hash, channel } = makeGenesis(members)
  const gateways = new Map<number, SimGateway>()
  for (const member of members)
    gateways.set(member.id, makeGateway(addon, member, channel, member === founder ? hash : null))
  return { genesis: entry, genesisHash: hash, channel, gateways }
}

interface Member {
  id: number
  actor: ActorId
  entryKey: KeyObject
  keys: MemberKey[]
}

function makeMember(id: number): Member {
  const privateKeys = KEY_USES.map((_, use) =>
    privateKeyFromSeed(Uint8Array.from({ length: 32 }, (_unused, i) => 16 * id + use + i)),
  )
  const keys = KEY_USES.map((use, i): MemberKey => ({
    use,
    alg: ED25519,
    public: rawPublicKey(privateKeys[i] as KeyObject),
  }))
  return { id, actor: parseActorId(`${id}${id}`.repeat(16)), entryKey: privateKeys[0] as KeyObject, keys }
}

function makeGenesis(members: readonly Member[]): { entry: Uint8Array; hash: Uint8Array; channel: ChannelId } {
  const founder = members[0] as Member
  const nonce = new Uint8Array(16).fill(7)
  const body = encodeBody('channel.opened', {
    name: 'simulated',
    site: 'nowhere',
    simulated: true,
    nonce,
    quorum: 2,
    rules: 1,
    members: members.map(({ id, actor, keys }): GenesisMember => ({
      actor,
      raftId: id,
      name: `node-${id}`,
      legalName: `Owner ${id}`,
      voter: true,
      roles: ['gateway'],
      keys,
    })),
    packs: [],
  })
  const event = {
    v: 1,
    actor: founder.actor,
    incarnation: incarnationOf(founder.id),
    nonce,
    sequence: 0,
    previous: null,
    type: 'channel.opened',
    assets: [],
    consumes: [],
    role: 'gateway',
    occurredAtUs: EPOCH_US,
    body,
    evidence: [],
  } as const
  const channel = channelId(event)
  const protectedBytes = encodeProtected({
    alg: ED25519,
    contentType: 'event',
    keyId: entryKeyId(founder),
    issuer: issuerOf(founder.actor),
    subject: subjectOf(channel),
    iatSeconds: EPOCH_US / 1_000_000,
  })
  const payload = encodeEvent({ ...event, channel })
  const signed = sigStructure(protectedBytes, payload)
  const entry = assembleEntry(protectedBytes, payload, sign(null, signed, founder.entryKey))
  return { entry, hash: statementHash({ sigStructure: signed }), channel }
}

function makeGateway(addon: Addon, member: Member, channel: ChannelId, genesisHash: Uint8Array | null): SimGateway {
  const prng = new Prng(member.id, 99)
  const made: SignedStatement[] = []
  const first = genesisHash === null ? 0 : 1
  const place = { incarnation: incarnationOf(member.id), sequence: first, previous: genesisHash }
  const options = {
    addon,
    actor: member.actor,
    channel,
    key: () => ({
      keyId: entryKeyId(member),
      sign: (bytes: Uint8Array) => new Uint8Array(sign(null, bytes, member.entryKey)),
    }),
    random: (length: number) => Uint8Array.from({ length }, () => prng.int(0, 255)),
    nowUs: () => EPOCH_US + made.length * STATEMENT_EVERY_US,
    clock: () => ({ state: 'unknown' as const, errorUs: null }),
  }
  const chain = new StatementChain(options, place)
  const stream = streamId(channel, member.actor, 'simulated', 'level')
  const next = (): SignedStatement =>
    made.length === 0 ? openStream(chain, stream) : nextBatch(chain, stream, made.length - 1, options.nowUs())
  const statement = (sequence: number): SignedStatement => {
    while (made.length + first <= sequence) made.push(next())
    return made[sequence - first] as SignedStatement
  }
  const sealer: SimGateway['sealer'] = (random, nowUs) => new StatementChain({ ...options, random, nowUs }, place)
  return { id: member.id, actor: member.actor, publicKey: (member.keys[0] as MemberKey).public, sealer, statement }
}

function openStream(chain: StatementChain, stream: StreamId): SignedStatement {
  return chain.event('stream.opened', {
    stream,
    source: 'simulated',
    tag: 'level',
    label: 'Level',
    unit: 'm',
    kind: 'float',
    quantity: 'level',
    meaning: plainMeaning('simulated'),
    trust: 'unauthenticated',
    simulated: true,
    range: null,
    cadenceMs: 100,
    fromSequence: 0,
  })
}

function nextBatch(chain: StatementChain, stream: StreamId, batch: number, nowUs: number): SignedStatement {
  const writer = new RowWriter([stream])
  for (let i = 0; i < READINGS_PER_BATCH; i++) {
    const sequence = batch * READINGS_PER_BATCH + i
    writer.push(
      0,
      sequence,
      nowUs + i * 1000,
      { kind: 'float', value: Math.round(Math.sin(sequence) * 1000) / 100 },
      0,
      0,
    )
  }
  return chain.batch(writer.take(), () => [])
}

function incarnationOf(id: number): IncarnationId {
  return `${id}${id}`.repeat(16) as IncarnationId
}

function entryKeyId(member: Member): ReturnType<typeof keyId> {
  return keyId(ED25519, (member.keys[0] as MemberKey).public)
}
