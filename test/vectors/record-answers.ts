/** What this implementation makes of `record.json`, as plain JSON; the same module runs in Node and, bundled, in a browser. */
import { rootOfLeaves } from '../../src-main/proof/merkle.ts'
import { StateTree } from '../../src-main/proof/state-tree.ts'
import { encodeAssetEvent } from '../../src-main/record/asset-history.ts'
import { linkChange } from '../../src-main/record/change-chain.ts'
import type { StreamChanges } from '../../src-main/record/change-chain.ts'
import {
  coreKeyOf,
  decodeCoreId,
  decodeCoreValue,
  encodeCoreValue,
  isCoreKind,
} from '../../src-main/record/core-state.ts'
import { keyProof } from '../../src-main/record/kinds/key.ts'
import { parseTreeValue, treeKey, treeValue, valueNonce } from '../../src-main/record/state-keys.ts'
import { fromHex, toHex } from '../../src-main/wire/bytes.ts'
import { decodeCbor } from '../../src-main/wire/cbor.ts'
import { keyIdOf, parseActorId, parseChannelId } from '../../src-main/wire/ids.ts'
import type { LeafIndex } from '../../src-main/wire/ids.ts'
import { leafHash } from '../../src-main/wire/reading.ts'

export interface RecordVectors {
  eventLeaves: { index: LeafIndex; type: string; actor: string; logLeaf: string; cbor: string; hash: string }[]
  /** Of one stream, one after the other. */
  changes: { body: string; count: number; hash: string }[]
  keyProofs: { channel: string; actor: string; replaces: string; bytes: string }[]
  values: { kind: string; key: string; treeKey: string; entryNonce: string; treeValue: string }[]
  /** Of the tree of all event leaves, and of the state that has all values. */
  eventRoot: string
  stateRoot: string
}

/** The vectors with all that follows computed anew. */
export function recordAnswers({ eventLeaves, changes, keyProofs, values }: RecordVectors): RecordVectors {
  let state: StreamChanges | null = null
  const tree = new StateTree()
  for (const value of values) tree.set(fromHex(value.treeKey), fromHex(value.treeValue))
  return {
    eventRoot: toHex(rootOfLeaves(eventLeaves.map((leaf) => fromHex(leaf.hash)))),
    stateRoot: toHex(tree.root()),
    eventLeaves: eventLeaves.map((vector) => {
      const { index, type, actor, logLeaf } = vector
      const leaf = encodeAssetEvent({
        index,
        type,
        actor: parseActorId(actor),
        outcome: 'done',
        logLeaf: fromHex(logLeaf),
      })
      return { ...vector, cbor: toHex(leaf), hash: toHex(leafHash(leaf)) }
    }),
    changes: changes.map(({ body }) => {
      state = linkChange(state, fromHex(body))
      return { body, count: state.count, hash: toHex(state.hash) }
    }),
    keyProofs: keyProofs.map(({ channel, actor, replaces }) => {
      const bytes = keyProof(parseChannelId(channel), parseActorId(actor), keyIdOf(fromHex(replaces)))
      return { channel, actor, replaces, bytes: toHex(bytes) }
    }),
    values: values.map(({ kind, key, entryNonce, treeValue: stored }) => {
      if (!isCoreKind(kind)) throw new TypeError(`${kind} is no kind of a core value`)
      const named = decodeCbor(fromHex(key), { maxBytes: 1_024, maxDepth: 4 })
      if (!Array.isArray(named) || named[2] === undefined) throw new TypeError(`${key} is no state key`)
      const again = coreKeyOf(kind, decodeCoreId(kind, named[2]))
      const value = encodeCoreValue(kind, decodeCoreValue(kind, parseTreeValue(fromHex(stored)).value))
      return {
        kind,
        key: toHex(again),
        treeKey: toHex(treeKey(again)),
        entryNonce,
        treeValue: toHex(treeValue(valueNonce(fromHex(entryNonce), again), value)),
      }
    }),
  }
}
