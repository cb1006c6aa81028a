/** Real material that tells less than there is, as an issuer may. */
import type { CertificateMaterial, PeriodEvent, StateItem } from '../../../src-main/certificates/material.ts'
import { encodeAssetEvent } from '../../../src-main/record/asset-history.ts'
import { decodeCoreId, decodeCoreValue } from '../../../src-main/record/core-state.ts'
import { parseTreeValue } from '../../../src-main/record/state-keys.ts'
import { decodeEvent } from '../../../src-main/record/statements.ts'
import { decodeCbor } from '../../../src-main/wire/cbor.ts'
import type { CborValue } from '../../../src-main/wire/cbor.ts'
import { parseEntry } from '../../../src-main/wire/entry.ts'
import type { ActorId, StreamId } from '../../../src-main/wire/ids.ts'
import { MAX_STATE_KEY_BYTES } from '../../../src-main/wire/limits.ts'
import { decodeLeaf, leafHash } from '../../../src-main/wire/reading.ts'

/** Without some readings: their hashes stay. */
export function withholding(
  material: CertificateMaterial,
  isWithheld: (reading: { stream: StreamId; sequence: number }) => boolean,
): CertificateMaterial {
  const streams = material.streams.map((stream) => ({
    ...stream,
    leaves: stream.leaves.map((leaf) => {
      if (leaf.kind === 'withheld' || !isWithheld(decodeLeaf(leaf.cbor))) return leaf
      return { kind: 'withheld' as const, leafHash: leafHash(leaf.cbor) }
    }),
  }))
  return { ...material, streams }
}

/** With some events told by their leaf alone. */
export function closing(
  material: CertificateMaterial,
  isClosed: (event: { index: number; type: string }) => boolean,
): CertificateMaterial {
  const leaves = material.events.leaves.map((event): PeriodEvent => {
    if (event.kind === 'closed') return event
    const { index, outcome, entry } = event
    const { type, actor } = decodeEvent(parseEntry(entry).payload)
    if (!isClosed({ index, type })) return event
    return { kind: 'closed', leaf: encodeAssetEvent({ index, type, actor, outcome, logLeaf: leafHash(entry) }) }
  })
  return ofSigners({ ...material, events: { ...material.events, leaves } })
}

/** Attested by the quorum only. */
export function compact(material: CertificateMaterial): CertificateMaterial {
  return ofSigners({ ...material, batches: null })
}

/** Without keys of those who signed nothing that is shown, and without members of whom nothing is. */
function ofSigners(material: CertificateMaterial): CertificateMaterial {
  const shown = material.events.leaves.flatMap((event) => (event.kind === 'shown' ? [event.entry] : []))
  const signed = [...shown, ...(material.batches ?? []).map(({ entry }) => entry)]
  const signers = new Set(signed.map((entry) => parseEntry(entry).keyId))
  const actors = new Set<ActorId>()
  const items = material.newer.state.map((item) => ({ item, ...namedBy(item) }))
  const kept = items.filter(({ item: { treeValue }, kind, id }) => {
    if (treeValue === null) return true
    const { value } = parseTreeValue(treeValue)
    if (kind === 'stream') actors.add(decodeCoreValue('stream', value).actor)
    if (kind !== 'key') return true
    const { use, actor } = decodeCoreValue('key', value)
    if (use === 'entry' && !signers.has(decodeCoreId('key', id))) return false
    actors.add(actor)
    return true
  })
  const state = kept
    .filter(({ kind, id }) => kind !== 'member' || actors.has(decodeCoreId('member', id)))
    .map(({ item }) => item)
  return { ...material, newer: { ...material.newer, state } }
}

function namedBy({ stateKey }: StateItem): { kind: unknown; id: CborValue } {
  const [, kind, id] = decodeCbor(stateKey, { maxBytes: MAX_STATE_KEY_BYTES, maxDepth: 3 }) as CborValue[]
  return { kind, id: id as CborValue }
}
