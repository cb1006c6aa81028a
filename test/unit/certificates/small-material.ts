/** What a ledger would hand over for a certificate, taken out of a channel in memory. */
import type {
  CertificateMaterial,
  PeriodLeaf,
  StateItem,
  StreamHistory,
} from '../../../src-main/certificates/material.ts'
import { frontierAt, inclusionPath, leavesSource } from '../../../src-main/proof/merkle.ts'
import { toHex } from '../../../src-main/wire/bytes.ts'
import { encodeGap } from '../../../src-main/record/gap-chain.ts'
import { coreKey } from '../../../src-main/record/core-state.ts'
import { parseEntry } from '../../../src-main/wire/entry.ts'
import { keyId } from '../../../src-main/wire/ids.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import { treeKey } from '../../../src-main/record/state-keys.ts'
import type { SealAt, SmallChannel, StoredLeaf, StoredStream } from './small-channel.ts'

export interface MaterialInput {
  asset: string
  pack: { id: string; source: string }
  /** Positions among the channel's seals. */
  newer: number
  older?: number
  fromUs: number
  toUs: number
  withhold?: (leaf: { stream: StreamId; sequence: number }) => boolean
  events?: number[]
  /** Without batches: attested by the quorum only. */
  compact?: boolean
}

export function materialFrom(channel: SmallChannel, input: MaterialInput): CertificateMaterial {
  const newer = channel.seals[input.newer]!
  const older = input.older === undefined ? null : channel.seals[input.older]!
  const streams = [...channel.streams.values()].filter(
    ({ state }) => state.asset === input.asset && state.openedAt < newer.size,
  )
  const histories = streams.flatMap(({ state }) => [
    coreKey.history(input.asset, state.stream),
    coreKey.gaps(input.asset, state.stream),
  ])
  const since = older?.size ?? 0
  const used = [...new Set(streams.flatMap(({ leaves }) => leaves.map((leaf) => leaf.batch)))]
    .filter((index) => index < newer.size && index >= since)
    .sort((a, b) => a - b)
  const bracket = (seal: SealAt, wanted: Uint8Array[]) => ({
    seal: channel.logged(seal.index),
    closed: channel.logged(seal.size - 1),
    state: wanted.map((key) => stateItem(seal, key)),
  })
  return {
    channel: channel.channel,
    asset: input.asset,
    pack: input.pack,
    period: { fromUs: input.fromUs, toUs: input.toUs },
    checkpoint: channel.checkpoint(),
    policy: channel.policy(),
    genesis: channel.logged(0),
    newer: bracket(newer, [...namedKeys(channel, input, streams, input.compact ? [] : used), ...histories]),
    older: older === null ? null : bracket(older, histories),
    batches: input.compact ? null : used.map((index) => channel.logged(index)),
    events: (input.events ?? []).map((index) => channel.logged(index)),
    streams: streams.map((stored) => historyOf(channel, input, stored, [since, newer.size])),
    stated: { number: 'PL-2026-0311-0001', language: 'en' },
  }
}

function stateItem(seal: SealAt, key: Uint8Array): StateItem {
  return { stateKey: key, treeValue: seal.state.get(toHex(key)) ?? null, proof: seal.tree.prove(treeKey(key)) }
}

function namedKeys(
  channel: SmallChannel,
  input: MaterialInput,
  streams: StoredStream[],
  batches: number[],
): Uint8Array[] {
  const issuer = channel.gateways[0]!
  const signed = [...batches, ...(input.events ?? [])].map((index) => parseEntry(channel.entries[index]!))
  const keys = [
    coreKey.channel(),
    coreKey.asset(input.asset),
    coreKey.pack(input.pack.id),
    coreKey.key(keyId(1, issuer.keys.credential.public)),
    coreKey.member(issuer.actor),
    ...signed.flatMap((entry) => [coreKey.key(entry.keyId), coreKey.member(entry.actor)]),
    ...streams.flatMap(({ state }) => [coreKey.stream(state.stream), coreKey.member(state.actor)]),
  ]
  return [...new Map(keys.map((key) => [toHex(key), key])).values()]
}

function historyOf(
  channel: SmallChannel,
  input: MaterialInput,
  { state, leaves, gaps }: StoredStream,
  [since, until]: [number, number],
): StreamHistory {
  const before = leaves.filter((leaf) => leaf.batch < since).length
  const source = leavesSource(leaves.map((leaf) => leaf.hash))
  return {
    stream: state.stream,
    before: [...frontierAt(before, source).hashes],
    leaves: leaves
      .filter((leaf) => leaf.batch < until)
      .slice(before)
      .map((leaf): PeriodLeaf => {
        const { stream } = state
        if (input.withhold?.({ stream, sequence: leaf.sequence })) return { kind: 'withheld', leafHash: leaf.hash }
        return disclosed(channel, leaf)
      }),
    gaps: gaps.filter(({ batch }) => batch >= since && batch < until).map(({ gap }) => encodeGap(gap)),
  }
}

function disclosed(channel: SmallChannel, { cbor, batch, position }: StoredLeaf): PeriodLeaf {
  const leaves = channel.batchLeaves.get(batch)!
  return {
    kind: 'disclosed',
    cbor,
    batch,
    position,
    path: inclusionPath(position, leaves.length, leavesSource(leaves)),
  }
}
