/** Rows of the table of entries. */
import type { CameTo } from '../record/asset-history.ts'
import type { BatchHeader, EventStatement, SealStatement } from '../record/statements.ts'
import type { Entry } from '../wire/entry.ts'
import type { LeafIndex } from '../wire/ids.ts'
import { HASH_BYTES } from '../wire/limits.ts'
import type { EntryRow } from './effects.ts'

/** The first byte of each leaf hash: enough to name the reading that changed. */
export function marksOf(leafHashes: Uint8Array): Uint8Array {
  const marks = new Uint8Array(leafHashes.length / HASH_BYTES)
  for (let i = 0; i < marks.length; i++) marks[i] = leafHashes[i * HASH_BYTES] as number
  return marks
}

export function rowOfBatch(index: LeafIndex, entry: Entry, header: BatchHeader, marks: Uint8Array): EntryRow {
  const { incarnation, sequence, sealedAtUs: timeUs, firstTimeUs, lastTimeUs, count: readings, payloadHash } = header
  return {
    index,
    kind: 'batch',
    actor: entry.actor,
    incarnation,
    sequence,
    timeUs,
    firstTimeUs,
    lastTimeUs,
    readings,
    payloadHash,
    type: null,
    marks,
    assets: [],
    cameTo: null,
    findings: [],
    bytes: entry.bytes,
  }
}

const noReadings = {
  marks: null,
  assets: [],
  findings: [],
  firstTimeUs: null,
  lastTimeUs: null,
  readings: 0,
  payloadHash: null,
} as const

export function rowOfEvent(index: LeafIndex, entry: Entry, event: EventStatement, cameTo: CameTo): EntryRow {
  const { incarnation, sequence, occurredAtUs: timeUs, type } = event
  return {
    index,
    kind: 'event',
    actor: entry.actor,
    incarnation,
    sequence,
    timeUs,
    ...noReadings,
    type,
    assets: event.assets,
    cameTo,
    bytes: entry.bytes,
  }
}

export function rowOfSeal(index: LeafIndex, entry: Entry, seal: SealStatement): EntryRow {
  return {
    index,
    kind: 'seal',
    actor: entry.actor,
    incarnation: null,
    sequence: null,
    timeUs: seal.timeUs,
    ...noReadings,
    type: null,
    cameTo: null,
    bytes: entry.bytes,
  }
}
