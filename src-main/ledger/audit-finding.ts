import { equalBytes, toHex } from '../wire/bytes.ts'
import type { LeafIndex, StreamId } from '../wire/ids.ts'

/** The first place at which the record is not what it was. */
export interface FirstBad {
  /** Ledger index; of what belongs to no entry, the entry it comes after. */
  entry: LeafIndex
  /** Position in the batch, from 0; null where no single reading is meant. */
  reading: number | null
  stream?: StreamId
  sequence?: number
  /** What differs, in words. */
  what: string
  /** Hashes in hex, numbers and texts as they are. */
  expected: string
  actual: string
  /** Follows from the entries, which are not touched by it: it can be made anew. */
  derived?: true
}

/** Unwinds the audit to its report. */
export class Found extends Error {
  readonly bad: FirstBad
  constructor(bad: FirstBad) {
    super(bad.what)
    this.bad = bad
  }
}

/** What a comparison of rows that follow from the entries finds is said to be such. */
export function comparingDerived<T>(compare: () => T): T {
  try {
    return compare()
  } catch (cause) {
    if (cause instanceof Found) throw new Found({ ...cause.bad, derived: true })
    throw cause
  }
}

export type Comparable = Uint8Array | number | string | boolean | null | undefined

/** Compares what was computed with what is stored. Throws Found. */
export function same(entry: LeafIndex, what: string, expected: Comparable, actual: Comparable): void {
  if (expected instanceof Uint8Array && actual instanceof Uint8Array) {
    if (equalBytes(expected, actual)) return
  } else if ((expected ?? null) === (actual ?? null)) return
  differs(entry, what, expected, actual)
}

export function differs(entry: LeafIndex, what: string, expected: Comparable, actual: Comparable): never {
  throw new Found({ entry, reading: null, what, expected: textOf(expected), actual: textOf(actual) })
}

/** Longest text of a value in a report, in characters. */
const TEXT_MAX = 256

function textOf(value: Comparable): string {
  if (value === null || value === undefined) return 'nothing'
  const text = value instanceof Uint8Array ? toHex(value) : String(value)
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}… (${text.length} characters)` : text
}
