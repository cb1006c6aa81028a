/**
 * What gateways that lie together could hand over, though no honest one would decide so: real material with entries and state values of
 * their own, sealed, logged and cosigned anew with all their keys.
 */
import type { BracketingSeal, CertificateMaterial, LoggedEntry } from '../../../src-main/certificates/material.ts'
import { inclusionPath, leavesSource, rootOf } from '../../../src-main/proof/merkle.ts'
import { StateTree } from '../../../src-main/proof/state-tree.ts'
import { coreKeyOf, encodeCoreValue } from '../../../src-main/record/core-state.ts'
import type { CoreIds, CoreKind, CoreValues, GapsState } from '../../../src-main/record/core-state.ts'
import { encodeGap, linkGap } from '../../../src-main/record/gap-chain.ts'
import { treeKey, treeValue } from '../../../src-main/record/state-keys.ts'
import { encodeSeal, statementOf } from '../../../src-main/record/statements.ts'
import type { Gap } from '../../../src-main/record/statements.ts'
import { toHex } from '../../../src-main/wire/bytes.ts'
import { parseEntry } from '../../../src-main/wire/entry.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import { leafHash } from '../../../src-main/wire/reading.ts'
import { signEntry } from '../../support/channel.ts'
import type { TestMember } from '../../support/channel.ts'
import { cosignedNote } from '../../support/cosigned-checkpoint.ts'
import type { RealChannel } from './real-channel.ts'

/** A value that the newer state has, or one that it has not (null), whatever was decided. */
export interface Claimed {
  key: Uint8Array
  value: Uint8Array | null
}

export function claimed<K extends CoreKind>(kind: K, id: CoreIds[K], value: CoreValues[K] | null): Claimed {
  const bytes = value === null ? null : treeValue(new Uint8Array(16), encodeCoreValue(kind, value))
  return { key: coreKeyOf(kind, id), value: bytes }
}

export function lying(
  channel: RealChannel,
  material: CertificateMaterial,
  { values = [], entries = new Map() }: { values?: Claimed[]; entries?: Map<number, Uint8Array> },
): CertificateMaterial {
  const newer = restated(material.newer, values)
  const seal = statementOf(parseEntry(newer.seal.entry))
  if (seal.kind !== 'seal') throw new Error(`entry ${newer.seal.index} is no seal`)
  const founder = channel.members[0] as TestMember
  const { signing } = channel
  const sealed = signEntry(signing.channel, founder, 'seal', encodeSeal({ ...seal, stateRoot: newer.root })).entry
  const changed = new Map([...entries, [newer.seal.index, sealed]])
  const { size } = channel.tree()
  const entryOf = (index: number): Uint8Array => changed.get(index) ?? channel.reader.entries.require(index).bytes
  const log = leavesSource(Array.from({ length: size }, (_, index) => leafHash(entryOf(index))))
  const logged = ({ index }: LoggedEntry): LoggedEntry => ({
    index,
    entry: entryOf(index),
    path: inclusionPath(index, size, log),
  })
  const bracket = ({ seal: by, closed, state }: BracketingSeal): BracketingSeal => ({
    seal: logged(by),
    closed: logged(closed),
    state,
  })
  const timeSeconds = Math.floor(channel.nowUs / 1e6)
  return {
    ...material,
    checkpoint: cosignedNote(signing, { size, root: rootOf(size, log) }, { timeSeconds }),
    genesis: logged(material.genesis),
    newer: bracket(newer),
    older: material.older === null ? null : bracket(material.older),
    batches: material.batches?.map(logged) ?? null,
  }
}

/** As if other gaps of the stream had been signed. */
export function lyingGaps(
  channel: RealChannel,
  material: CertificateMaterial,
  stream: StreamId,
  gaps: readonly Gap[],
): CertificateMaterial {
  const chain = gaps.reduce<GapsState | null>(linkGap, null)
  const values = [claimed('gaps', [material.asset, stream], chain)]
  const streams = material.streams.map((one) =>
    one.stream === stream ? { ...one, gaps: gaps.map((gap) => encodeGap(gap)) } : one,
  )
  return lying(channel, { ...material, streams }, { values })
}

/** A tree of nothing but what is shown, which is all that anybody can look at. */
function restated(bracket: BracketingSeal, values: readonly Claimed[]): BracketingSeal & { root: Uint8Array } {
  const shown = new Map(bracket.state.map(({ stateKey, treeValue: value }) => [toHex(stateKey), { stateKey, value }]))
  for (const { key, value } of values) shown.set(toHex(key), { stateKey: key, value })
  const tree = new StateTree()
  for (const { stateKey, value } of shown.values()) if (value !== null) tree.set(treeKey(stateKey), value)
  const state = [...shown.values()].map(({ stateKey, value }) => ({
    stateKey,
    treeValue: value,
    proof: tree.prove(treeKey(stateKey)),
  }))
  return { ...bracket, state, root: tree.root() }
}
