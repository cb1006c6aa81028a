/**
 * A channel in memory for tests: members with real keys, a genesis, and statements signed as gateways sign them. Keys follow
 * from the member's number, so that every run has the same ones; nonces and times are counters.
 */
import { plainMeaning } from '../../src-main/record/stream-fields.ts'
import { createPrivateKey, sign as cryptoSign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import type { Addon, LogEntry } from '../../native/addon.ts'
import { compressPayload } from '../../src-main/ledger/payload-frame.ts'
import { sha256, utf8 } from '../../src-main/wire/bytes.ts'
import { channelId, streamId } from '../../src-main/record/channel.ts'
import type { Continues } from '../../src-main/record/continues.ts'
import { assembleEntry, encodeProtected, issuerOf, sigStructure, subjectOf } from '../../src-main/wire/entry.ts'
import type { ContentType } from '../../src-main/wire/entry.ts'
import { assetsOf, encodeBody } from '../../src-main/record/events.ts'
import { KEY_USES } from '../../src-main/record/member-key.ts'
import type { ActivePack } from '../../src-main/record/pack-fields.ts'
import type { CoreEvents, CoreEventType } from '../../src-main/record/kinds.ts'
import type { StreamOpened } from '../../src-main/record/stream-fields.ts'
import type { KeyUse } from '../../src-main/record/member-key.ts'
import { actorIdOf, incarnationIdOf, keyId, streamIdOf } from '../../src-main/wire/ids.ts'
import type { ActorId, ChannelId, IncarnationId, KeyId, StreamId } from '../../src-main/wire/ids.ts'
import { encodeProposal } from '../../src-main/wire/proposal.ts'
import type { Proposed } from '../../src-main/wire/proposal.ts'
import type { Value } from '../../src-main/wire/reading.ts'
import { RowWriter } from '../../src-main/wire/rows.ts'
import { encodeBatchHeader, encodeEvent, encodeSeal } from '../../src-main/record/statements.ts'
import type { BatchHeader, EventInput, Gap } from '../../src-main/record/statements.ts'

/** 2026-01-01T00:00:00Z, when the test channels begin, in microseconds. */
export const TEST_EPOCH_US = 1_767_225_600_000_000

export interface TestKey {
  use: KeyUse
  alg: 1
  public: Uint8Array
  keyId: KeyId
  sign(bytes: Uint8Array): Uint8Array
}

export interface TestMember {
  actor: ActorId
  raftId: number
  name: string
  voter: boolean
  keys: Record<KeyUse, TestKey>
  /** Where its chain stands; signing moves it on. */
  incarnation: IncarnationId
  sequence: number
  previous: Uint8Array | null
}

export interface SignedStatement {
  incarnation: IncarnationId
  sequence: number
  entry: Uint8Array
  payload: Uint8Array | null
  statementHash: Uint8Array
  readings: number
}

export interface TestReading {
  stream: StreamId
  sequence: number
  sourceTimeUs: number
  value: Value
  quality?: number
  flags?: number
  evidence?: Uint8Array
}

export interface TestChannelOptions {
  members?: number
  /** Members beyond this number have no vote. */
  voters?: number
  packs?: ActivePack[]
  /** Roles of every member. */
  roles?: string[]
  simulated?: boolean
  seed?: string
  /** Each member answers to somebody else; to one owner otherwise. */
  severalOwners?: boolean
  /** In place of `members`: what each is called, and the legal name of its owner. */
  called?: readonly { name: string; legalName: string }[]
  /** How many must cosign; most of the voters otherwise. */
  quorum?: number
  continues?: Continues
  /** When it is founded. */
  startUs?: number
}

/** Fields of a statement that a test puts in place of what was computed. */
type Change<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

export class TestChannel {
  readonly addon: Addon
  readonly channel: ChannelId
  readonly genesis: Uint8Array
  readonly members: TestMember[]
  #nonces = 0
  #timeUs: number

  constructor(addon: Addon, options: TestChannelOptions = {}) {
    const {
      members = 3,
      packs = [],
      roles = ['gateway', 'site-manager'],
      simulated = true,
      seed = 'test',
      severalOwners = false,
      called = Array.from({ length: members }, (_, i) => {
        const name = `gateway-${i + 1}`
        return { name, legalName: severalOwners ? `${name} GmbH` : 'Test GmbH' }
      }),
      voters = called.length,
      quorum = Math.floor(voters / 2) + 1,
      startUs = TEST_EPOCH_US,
      continues,
    } = options
    this.addon = addon
    this.#timeUs = startUs
    this.members = called.map(({ name }, i) => testMember(seed, name, i + 1, i < voters))
    const founder = this.members[0] as TestMember
    const event: Omit<EventInput, 'channel'> = {
      v: 1,
      actor: founder.actor,
      incarnation: founder.incarnation,
      nonce: this.nonce(),
      sequence: 0,
      previous: null,
      type: 'channel.opened',
      assets: [],
      consumes: [],
      role: 'gateway',
      occurredAtUs: this.#timeUs,
      body: encodeBody('channel.opened', {
        name: 'Test hall',
        site: 'Test site',
        simulated,
        nonce: sha256(utf8(seed)).slice(0, 16),
        quorum,
        rules: 1,
        members: this.members.map(({ actor, raftId, name, voter, keys }, i) => ({
          actor,
          raftId,
          name,
          legalName: called[i]?.legalName ?? '',
          voter,
          roles,
          keys: KEY_USES.map((use) => ({ use, alg: 1 as const, public: keys[use].public })),
        })),
        packs,
        ...(continues && { continues }),
      }),
      evidence: [],
    }
    this.channel = channelId(event)
    const signed = this.#chain(founder, 'event', encodeEvent({ ...event, channel: this.channel }), null, 0)
    this.genesis = signed.entry
  }

  member(index: number): TestMember {
    const member = this.members[index]
    if (member === undefined)
      throw new RangeError(`the test channel has ${this.members.length} members, no number ${index}`)
    return member
  }

  /** 16 bytes that no earlier call gave. */
  nonce(): Uint8Array {
    return sha256(utf8(`nonce ${++this.#nonces}`)).slice(0, 16)
  }

  /** A microsecond later than the last one. */
  nowUs(): number {
    return (this.#timeUs += 1_000)
  }

  streamOf(member: TestMember, source: string, tag: string): StreamId {
    return streamId(this.channel, member.actor, source, tag)
  }

  event<T extends CoreEventType>(
    member: TestMember,
    type: T,
    body: CoreEvents[T],
    change: Change<EventInput> = {},
  ): SignedStatement {
    const event: EventInput = {
      v: 1,
      channel: this.channel,
      actor: member.actor,
      incarnation: member.incarnation,
      nonce: this.nonce(),
      sequence: member.sequence,
      previous: member.previous,
      type,
      assets: assetsOf(type, body),
      consumes: [],
      role: 'gateway',
      occurredAtUs: this.nowUs(),
      body: encodeBody(type, body),
      evidence: [],
      ...change,
    }
    return this.#chain(member, 'event', encodeEvent(event), null, 0)
  }

  /** stream.opened of (source, tag); `change` replaces fields of the body. */
  openStream(
    member: TestMember,
    source: string,
    tag: string,
    change: Partial<StreamOpened> = {},
  ): SignedStatement & { stream: StreamId } {
    const stream = this.streamOf(member, source, tag)
    const body: StreamOpened = {
      stream,
      source,
      tag,
      label: `${source} ${tag}`,
      unit: 'Cel',
      kind: 'float',
      quantity: 'temperature',
      meaning: plainMeaning('opcua'),
      trust: 'authenticated channel',
      simulated: true,
      range: null,
      cadenceMs: 1_000,
      fromSequence: 0,
      ...change,
    }
    return { stream, ...this.event(member, 'stream.opened', body) }
  }

  bindStream(member: TestMember, stream: StreamId, asset: string, fromSequence = 0): SignedStatement {
    return this.event(member, 'stream.bound', { stream, asset, fromSequence })
  }

  registerAsset(member: TestMember, asset: string, packs: string[] = []): SignedStatement {
    return this.event(member, 'asset.registered', {
      asset,
      scheme: 'own',
      type: 'vehicle',
      name: asset,
      attributes: {},
      packs,
      simulated: true,
    })
  }

  /** A batch as a gateway seals it; `change` replaces header fields after they were computed. */
  batch(
    member: TestMember,
    readings: readonly TestReading[],
    options: { gaps?: Gap[]; change?: Change<BatchHeader> } = {},
  ): SignedStatement {
    const streams = [...new Set(readings.map((reading) => reading.stream))]
    const writer = new RowWriter(streams)
    for (const { stream, sequence, sourceTimeUs, value, quality = 0, flags = 0, evidence } of readings) {
      writer.push(streams.indexOf(stream), sequence, sourceTimeUs, value, quality, flags, evidence)
    }
    const rows = writer.take()
    const sealed = this.addon.closeBatch(rows.streams, rows.rows, rows.heap, sha256(utf8(`secret ${++this.#nonces}`)))
    const payload = new Uint8Array(compressPayload(sealed.payload))
    const header: BatchHeader = {
      v: 1,
      channel: this.channel,
      actor: member.actor,
      incarnation: member.incarnation,
      nonce: this.nonce(),
      sequence: member.sequence,
      previous: member.previous,
      // Never before what it holds was read: a reading far ahead of its sealing has no time.
      sealedAtUs: Math.max(this.nowUs(), ...readings.map((reading) => reading.sourceTimeUs)),
      clock: { state: 'synchronised', errorUs: 500 },
      count: readings.length,
      firstTimeUs: sealed.firstTimeUs,
      lastTimeUs: sealed.lastTimeUs,
      root: new Uint8Array(sealed.root),
      payloadHash: sha256(payload),
      payloadLength: payload.length,
      runs: unpackRuns(sealed.runs),
      qualities: unpackQualities(sealed.qualities),
      gaps: options.gaps ?? [],
      ...options.change,
    }
    return this.#chain(member, 'batch', encodeBatchHeader(header), payload, readings.length)
  }

  /** `count` float readings of one stream, a second apart. */
  floats(
    stream: StreamId,
    firstSequence: number,
    values: readonly number[],
    firstTimeUs = TEST_EPOCH_US,
  ): TestReading[] {
    return values.map((value, i) => ({
      stream,
      sequence: firstSequence + i,
      sourceTimeUs: firstTimeUs + (firstSequence + i) * 1_000_000,
      value: { kind: 'float', value },
    }))
  }

  seal(
    member: TestMember,
    draft: { height: number; size: number; stateRoot: Uint8Array; packsHash: Uint8Array },
    timeUs: number,
  ): SignedStatement {
    const { height, size, stateRoot, packsHash } = draft
    const statement = encodeSeal({
      v: 1,
      channel: this.channel,
      nonce: this.nonce(),
      height,
      timeUs,
      size,
      stateRoot,
      packsHash,
    })
    const { incarnation } = member
    return {
      ...signEntry(this.channel, member, 'seal', statement),
      incarnation,
      sequence: -1,
      payload: null,
      readings: 0,
    }
  }

  #chain(
    member: TestMember,
    type: ContentType,
    statement: Uint8Array,
    payload: Uint8Array | null,
    readings: number,
  ): SignedStatement {
    const { incarnation, sequence } = member
    const signed = { ...signEntry(this.channel, member, type, statement), incarnation, sequence, payload, readings }
    member.sequence += 1
    member.previous = signed.statementHash
    return signed
  }
}

/** Signs any statement bytes as an entry of a member. */
export function signEntry(
  channel: ChannelId,
  member: TestMember,
  contentType: ContentType,
  statement: Uint8Array,
  key: TestKey = member.keys.entry,
): { entry: Uint8Array; statementHash: Uint8Array } {
  const protectedBytes = encodeProtected({
    alg: 1,
    contentType,
    keyId: key.keyId,
    issuer: issuerOf(member.actor),
    subject: subjectOf(channel),
    iatSeconds: Math.floor(TEST_EPOCH_US / 1_000_000),
  })
  const signed = sigStructure(protectedBytes, statement)
  return { entry: assembleEntry(protectedBytes, statement, key.sign(signed)), statementHash: sha256(signed) }
}

/** A Raft log entry that proposes these statements. */
export function proposal(index: number, statements: readonly Proposed[], term = 1): LogEntry {
  const bytes = encodeProposal(statements)
  return { index, term, kind: 0, data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) }
}

export function testKey(seed: string, use: KeyUse): TestKey {
  const secret = sha256(utf8(`${seed} ${use}`))
  const privateKey: KeyObject = createPrivateKey({
    key: Buffer.concat([PKCS8_ED25519, secret]),
    format: 'der',
    type: 'pkcs8',
  })
  const publicKey = ed25519.getPublicKey(secret)
  return {
    use,
    alg: 1,
    public: publicKey,
    keyId: keyId(1, publicKey),
    sign: (bytes) => new Uint8Array(cryptoSign(null, bytes, privateKey)),
  }
}

/** An incarnation that follows from its name. */
export function incarnationOf(name: string): IncarnationId {
  return incarnationIdOf(sha256(utf8(`incarnation ${name}`)).slice(0, 16))
}

export function testMember(seed: string, name: string, raftId: number, voter: boolean): TestMember {
  const keys = Object.fromEntries(KEY_USES.map((use) => [use, testKey(`${seed} ${name}`, use)])) as Record<
    KeyUse,
    TestKey
  >
  return {
    actor: actorIdOf(sha256(utf8(`${seed} ${name}`)).slice(0, 16)),
    raftId,
    name,
    voter,
    keys,
    incarnation: incarnationOf(`${seed} ${name}`),
    sequence: 0,
    previous: null,
  }
}

function unpackRuns(packed: Buffer): BatchHeader['runs'] {
  return Array.from({ length: packed.length / 28 }, (_, i) => ({
    stream: streamIdOf(packed.subarray(28 * i, 28 * i + 16)),
    firstSequence: Number(packed.readBigUInt64LE(28 * i + 16)),
    count: packed.readUInt32LE(28 * i + 24),
  }))
}

function unpackQualities(packed: Buffer): BatchHeader['qualities'] {
  return Array.from(
    { length: packed.length / 8 },
    (_, i) => [packed.readUInt32LE(8 * i), packed.readUInt32LE(8 * i + 4)] as const,
  )
}
