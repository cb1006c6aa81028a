/**
 * A channel in memory, just large enough to issue certificates from: entries signed for real, a ledger tree, a state
 * tree at every seal, histories, checkpoints with cosignatures. No store, no consensus.
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { fromHex, sha256, toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import { channelId, streamId } from '../../../src-main/record/channel.ts'
import type { Continues } from '../../../src-main/record/continues.ts'
import { coreKey, encodeCoreValue } from '../../../src-main/record/core-state.ts'
import type {
  CoreKind,
  CoreValues,
  GapsState,
  HistoryState,
  StreamInterval,
} from '../../../src-main/record/core-state.ts'
import {
  assembleEntry,
  encodeProtected,
  issuerOf,
  parseEntry,
  sigStructure,
  statementHash,
  subjectOf,
} from '../../../src-main/wire/entry.ts'
import type { ContentType } from '../../../src-main/wire/entry.ts'
import { encodeBody } from '../../../src-main/record/events.ts'
import type { ActivePack } from '../../../src-main/record/pack-fields.ts'
import type { GenesisMember } from '../../../src-main/record/member-fields.ts'
import type { KeyUse } from '../../../src-main/record/member-key.ts'
import { linkGap } from '../../../src-main/record/gap-chain.ts'
import { CLOCK_AHEAD_US_MAX } from '../../../src-main/wire/limits.ts'
import { actorIdOf, keyId } from '../../../src-main/wire/ids.ts'
import type { ActorId, ChannelId, IncarnationId, StreamId } from '../../../src-main/wire/ids.ts'
import { encodeLeaf, leafHash } from '../../../src-main/wire/reading.ts'
import type { Value } from '../../../src-main/wire/reading.ts'
import { treeKey, treeValue, valueNonce } from '../../../src-main/record/state-keys.ts'
import { encodeBatchHeader, encodeEvent, encodeSeal } from '../../../src-main/record/statements.ts'
import type { EventInput, Gap } from '../../../src-main/record/statements.ts'
import { cosignerName, formatCheckpoint } from '../../../src-main/proof/checkpoint.ts'
import { cosignatureLine } from '../../../src-main/proof/cosignature.ts'
import { inclusionPath, leavesSource, rootOf, rootOfLeaves } from '../../../src-main/proof/merkle.ts'
import { formatNote, signatureLine } from '../../../src-main/proof/note.ts'
import { formatPolicy } from '../../../src-main/proof/policy.ts'
import { StateTree } from '../../../src-main/proof/state-tree.ts'
import { incarnationOf } from '../../support/channel.ts'
import type { LoggedEntry } from '../../../src-main/certificates/material.ts'
import { originOf } from '../../../src-main/wire/origin.ts'

export const DAY_US = 86_400_000_000
export const START_US = 1_735_711_200_000_000

export interface Gateway {
  actor: ActorId
  name: string
  legalName: string
  keys: Record<KeyUse, { secret: Uint8Array; public: Uint8Array }>
}

/** Key pairs that depend only on the name, so that every run gives the same bytes. */
export function gatewayOf(name: string, legalName: string): Gateway {
  const pair = (use: string): { secret: Uint8Array; public: Uint8Array } => {
    const secret = sha256(utf8(`${name}/${use}`))
    return { secret, public: ed25519.getPublicKey(secret) }
  }
  const keys = {
    entry: pair('entry'),
    checkpoint: pair('checkpoint'),
    cosignature: pair('cosignature'),
    tls: pair('tls'),
    credential: pair('credential'),
  }
  return { actor: actorIdOf(sha256(utf8(name)).subarray(0, 16)), name, legalName, keys }
}

export interface StoredLeaf {
  sequence: number
  timeUs: number
  cbor: Uint8Array
  hash: Uint8Array
  batch: number
  position: number
  sealedAtUs: number
}
export interface StoredStream {
  state: CoreValues['stream']
  leaves: StoredLeaf[]
  /** Signed gaps, each with the batch that signed it. */
  gaps: { gap: Gap; batch: number }[]
}
export interface SealAt {
  index: number
  /** First T entries. */
  size: number
  state: ReadonlyMap<string, Uint8Array>
  tree: StateTree
}

export interface ChannelOptions {
  gateways: Gateway[]
  packs: ActivePack[]
  simulated?: boolean
  roles?: string[]
  quorum?: number
  continues?: Continues
}

export class SmallChannel {
  readonly gateways: Gateway[]
  readonly channel: ChannelId
  readonly entries: Uint8Array[] = []
  readonly streams = new Map<StreamId, StoredStream>()
  readonly batchLeaves = new Map<number, Uint8Array[]>()
  readonly #state = new Map<string, Uint8Array>()
  readonly seals: SealAt[] = []
  readonly #chains = new Map<ActorId, { sequence: number; previous: Uint8Array | null }>()
  readonly #assets = new Map<string, CoreValues['asset']>()
  readonly #quorum: number
  #nonce = 0
  nowUs = START_US
  #lastSealState: { tree: StateTree; state: ReadonlyMap<string, Uint8Array> }

  constructor(options: ChannelOptions) {
    this.gateways = options.gateways
    this.#quorum = options.quorum ?? Math.floor(options.gateways.length / 2) + 1
    const members = options.gateways.map((gateway, at): GenesisMember => ({
      actor: gateway.actor,
      raftId: at + 1,
      name: gateway.name,
      legalName: gateway.legalName,
      voter: true,
      roles: options.roles ?? ['gateway', 'site-manager'],
      keys: Object.entries(gateway.keys).map(([use, key]) => ({
        use: use as KeyUse,
        alg: 1 as const,
        public: key.public,
      })),
    }))
    const opened = {
      name: 'Hall 2',
      site: 'Kulmbach',
      simulated: options.simulated ?? false,
      nonce: this.#random(),
      quorum: this.#quorum,
      members,
      packs: options.packs,
      ...(options.continues && { continues: options.continues }),
    }
    const founder = options.gateways[0]!
    const genesis: Omit<EventInput, 'channel'> = {
      v: 1,
      actor: founder.actor,
      incarnation: incarnationOf(founder.name),
      nonce: this.#random(),
      sequence: 0,
      previous: null,
      type: 'channel.opened',
      assets: [],
      consumes: [],
      role: 'member-admin',
      occurredAtUs: this.nowUs,
      body: encodeBody('channel.opened', opened),
      evidence: [],
    }
    this.channel = channelId(genesis)
    const index = this.#append('event', founder, encodeEvent({ ...genesis, channel: this.channel }))
    const { members: _members, packs, ...channel } = opened
    this.put('channel', coreKey.channel(), channel)
    for (const { actor, keys, ...member } of members) {
      this.put('member', coreKey.member(actor), member)
      for (const key of keys)
        this.put('key', coreKey.key(keyId(key.alg, key.public)), { ...key, actor, from: index, to: null })
    }
    for (const { id, ...pack } of packs) this.put('pack', coreKey.pack(id), { ...pack, from: index })
    this.#lastSealState = this.#snapshot()
  }

  /** Writes a state value as the newest entry would. */
  put<K extends CoreKind>(kind: K, key: Uint8Array, value: CoreValues[K]): void {
    const nonce = valueNonce(sha256(utf8(`entry ${this.entries.length}`)).subarray(0, 16), key)
    this.#state.set(toHex(key), treeValue(nonce, encodeCoreValue(kind, value)))
  }

  registerAsset(asset: string, more: Partial<CoreValues['asset']> = {}): void {
    const value = {
      scheme: 'VIN',
      type: 'vehicle',
      name: 'Test vehicle',
      attributes: {},
      packs: ['odometer'],
      simulated: false,
      streams: [],
      ...more,
    }
    const { streams: _, ...registered } = value
    this.event(this.gateways[0]!, 'asset.registered', encodeBody('asset.registered', { asset, ...registered }), [asset])
    this.#assets.set(asset, value)
    this.put('asset', coreKey.asset(asset), value)
  }

  openStream(gateway: Gateway, asset: string, tag: string, more: Partial<CoreValues['stream']> = {}): StreamId {
    const stream = streamId(this.channel, gateway.actor, 'vehicle', tag)
    const opened = {
      stream,
      source: 'vehicle',
      tag,
      label: tag,
      unit: 'km',
      kind: 'float' as const,
      quantity: 'odometer',
      protocol: 'serial line',
      trust: 'unauthenticated' as const,
      simulated: false,
      range: null,
      cadenceMs: 86_400_000,
      asset,
      fromSequence: 0,
      ...more,
    }
    const { actor: _a, openedAt: _o, ...body } = opened as CoreValues['stream']
    const index = this.event(gateway, 'stream.opened', encodeBody('stream.opened', body), [asset])
    const state = { ...opened, actor: gateway.actor, openedAt: index }
    this.streams.set(stream, { state, leaves: [], gaps: [] })
    this.put('stream', coreKey.stream(stream), state)
    const interval: StreamInterval = {
      stream,
      firstSequence: 0,
      lastSequence: null,
      quantity: state.quantity,
      actor: gateway.actor,
    }
    const value = this.#assets.get(asset)!
    this.#assets.set(asset, { ...value, streams: [...value.streams, interval] })
    this.put('asset', coreKey.asset(asset), this.#assets.get(asset)!)
    return stream
  }

  event(gateway: Gateway, type: string, body: EventInput['body'], assets: string[]): number {
    return this.#append(
      'event',
      gateway,
      encodeEvent({
        ...this.#link(gateway),
        type,
        assets,
        consumes: [],
        role: 'technician',
        occurredAtUs: this.nowUs,
        body,
        evidence: [],
      }),
    )
  }

  statementHashOf(index: number): Uint8Array {
    return statementHash(parseEntry(this.entries[index]!))
  }

  /** One signed batch; rows by stream, in sequence order. */
  batch(
    gateway: Gateway,
    rows: { stream: StreamId; readings: { timeUs: number; value: Value; sequence?: number }[] }[],
    gaps: Gap[] = [],
  ): number {
    const ordered = [...rows].sort((a, b) => (a.stream < b.stream ? -1 : 1))
    const index = this.entries.length
    const leaves: Uint8Array[] = []
    const runs = ordered.map(({ stream, readings }) => {
      const stored = this.streams.get(stream)!
      const next = (stored.leaves.at(-1)?.sequence ?? -1) + 1
      const first = readings[0]?.sequence ?? next
      for (const [at, reading] of readings.entries()) {
        const sequence = reading.sequence ?? first + at
        const salt = this.#random()
        const cbor = encodeLeaf({
          salt,
          stream,
          sequence,
          sourceTimeUs: reading.timeUs,
          value: reading.value,
          quality: 0,
          flags: 0,
        })
        const hash = leafHash(cbor)
        const place = { batch: index, position: leaves.length, sealedAtUs: this.nowUs }
        stored.leaves.push({ sequence, timeUs: reading.timeUs, cbor, hash, ...place })
        leaves.push(hash)
      }
      return { stream, firstSequence: first, count: readings.length }
    })
    const times = ordered.flatMap((row) => row.readings.map((reading) => reading.timeUs))
    const payload = sha256(utf8(`payload ${index}`))
    this.#append(
      'batch',
      gateway,
      encodeBatchHeader({
        ...this.#link(gateway),
        sealedAtUs: this.nowUs,
        clock: { state: 'synchronised', errorUs: 1000 },
        count: leaves.length,
        firstTimeUs: times.length === 0 ? 0 : Math.min(...times),
        lastTimeUs: times.length === 0 ? 0 : Math.max(...times),
        root: rootOfLeaves(leaves),
        payloadHash: payload,
        payloadLength: 100,
        runs,
        qualities: leaves.length === 0 ? [] : [[0, leaves.length]],
        gaps,
      }),
    )
    this.batchLeaves.set(index, leaves)
    for (const { stream } of ordered) this.#putHistory(stream)
    for (const gap of gaps) this.#putGap(gap, index)
    return index
  }

  #putGap(gap: Gap, batch: number): void {
    const { gaps, state } = this.streams.get(gap.stream)!
    gaps.push({ gap, batch })
    const chain = gaps.reduce<GapsState | null>((before, one) => linkGap(before, one.gap), null)
    this.put('gaps', coreKey.gaps(state.asset!, gap.stream), chain!)
  }

  #putHistory(stream: StreamId): void {
    const { leaves, state } = this.streams.get(stream)!
    const first = leaves[0]!
    const last = leaves.at(-1)!
    // As the ledger keeps it: a time further ahead of its batch's sealing than a clock may be says nothing.
    const believed = leaves.filter((leaf) => leaf.timeUs <= leaf.sealedAtUs + CLOCK_AHEAD_US_MAX)
    const history: HistoryState = {
      size: leaves.length,
      root: rootOfLeaves(leaves.map((leaf) => leaf.hash)),
      firstSequence: first.sequence,
      lastSequence: last.sequence,
      firstTimeUs: first.timeUs,
      lastTimeUs: believed.at(-1)?.timeUs ?? first.timeUs,
      newestTimeUs: Math.max(...believed.map((leaf) => leaf.timeUs)),
    }
    this.put('history', coreKey.history(state.asset!, stream), history)
  }

  /** Seals what is there; commits to the state that the seal before it closed. Returns its position among the seals. */
  seal(): number {
    this.nowUs += 1_000_000
    const size = (this.seals.at(-1)?.index ?? 0) + 1
    const { tree, state } = this.#lastSealState
    const index = this.#append(
      'seal',
      this.gateways[0]!,
      encodeSeal({
        v: 1,
        channel: this.channel,
        nonce: this.#random(),
        height: this.seals.length + 1,
        timeUs: this.nowUs,
        size,
        stateRoot: tree.root(),
        packsHash: sha256(utf8('packs')),
      }),
    )
    this.seals.push({ index, size, state, tree })
    this.#lastSealState = this.#snapshot()
    return this.seals.length - 1
  }

  #snapshot(): { tree: StateTree; state: ReadonlyMap<string, Uint8Array> } {
    const tree = new StateTree()
    for (const [key, value] of this.#state) tree.set(treeKey(fromHex(key)), value)
    return { tree, state: new Map(this.#state) }
  }

  #link(gateway: Gateway): {
    v: 1
    channel: ChannelId
    actor: ActorId
    incarnation: IncarnationId
    nonce: Uint8Array
    sequence: number
    previous: Uint8Array | null
  } {
    const chain = this.#chains.get(gateway.actor) ?? { sequence: 0, previous: null }
    const { actor, name } = gateway
    return { v: 1, channel: this.channel, actor, incarnation: incarnationOf(name), nonce: this.#random(), ...chain }
  }

  #append(contentType: ContentType, gateway: Gateway, payload: Uint8Array): number {
    const header = encodeProtected({
      alg: 1,
      contentType,
      keyId: keyId(1, gateway.keys.entry.public),
      issuer: issuerOf(gateway.actor),
      subject: subjectOf(this.channel),
      iatSeconds: Math.floor(this.nowUs / 1e6),
    })
    const structure = sigStructure(header, payload)
    this.entries.push(assembleEntry(header, payload, ed25519.sign(structure, gateway.keys.entry.secret)))
    if (contentType !== 'seal') {
      const sequence = (this.#chains.get(gateway.actor)?.sequence ?? 0) + 1
      this.#chains.set(gateway.actor, { sequence, previous: sha256(structure) })
    }
    return this.entries.length - 1
  }

  #random(): Uint8Array {
    return sha256(utf8(`random ${this.#nonce++}`)).slice(0, 16)
  }

  policy(quorum = this.#quorum): string {
    return formatPolicy({
      origin: originOf(this.channel),
      logKeys: this.gateways.map((gateway) => gateway.keys.checkpoint.public),
      quorum,
      cosigners: this.gateways.map((gateway) => ({
        name: cosignerName(this.channel, gateway.name),
        publicKey: gateway.keys.cosignature.public,
      })),
    })
  }

  /** A checkpoint over everything, cosigned by the first `cosigners` gateways. */
  checkpoint(cosigners = this.gateways.length): string {
    const text = formatCheckpoint({
      origin: originOf(this.channel),
      size: this.entries.length,
      root: rootOf(this.entries.length, this.log()),
    })
    const founder = this.gateways[0]!.keys.checkpoint
    const log = signatureLine({
      text,
      name: originOf(this.channel),
      publicKey: founder.public,
      sign: (message) => ed25519.sign(message, founder.secret),
    })
    const lines = this.gateways.slice(0, cosigners).map((gateway) =>
      cosignatureLine({
        text,
        name: cosignerName(this.channel, gateway.name),
        timeSeconds: Math.floor(this.nowUs / 1e6),
        publicKey: gateway.keys.cosignature.public,
        sign: (message) => ed25519.sign(message, gateway.keys.cosignature.secret),
      }),
    )
    return formatNote(text, [log, ...lines])
  }

  log() {
    return leavesSource(this.entries.map((entry) => leafHash(entry)))
  }

  logged(index: number): LoggedEntry {
    return { index, entry: this.entries[index]!, path: inclusionPath(index, this.entries.length, this.log()) }
  }
}
