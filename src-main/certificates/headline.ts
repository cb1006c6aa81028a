/** The one stream whose curve and readings a page prints, and its readings in the period. */
import type { NamedRule } from '../packs/words.ts'
import { decodeLeaf } from '../wire/reading.ts'
import type { JsonObject } from './credential.ts'
import { listAt, numberAt, objectAt, textAt } from './json-access.ts'
import type { CertificateMaterial, StreamHistory } from './material.ts'

export interface Point {
  sequence: number
  timeUs: number
  value: number
}

export interface Headline {
  /** As the subject tells of it. */
  stream: JsonObject
  id: string
  /** Usable numbers, in the order in which they were recorded. */
  points: Point[]
}

const BAD_QUALITY = 0x8000_0000

/**
 * Among the streams of the quantity that the pack judges: the one whose first and last readings are the pack's own figures, else the
 * one with most readings. Without words, any stream of numbers. Null where none has a number to show.
 */
export function headlineOf(material: CertificateMaterial, subject: JsonObject, { words }: NamedRule): Headline | null {
  const figures = objectAt(subject, 'figures')
  const found = listAt(subject, 'streams').flatMap((stream): Headline[] => {
    if (words !== null && textAt(stream, 'quantity') !== words.headline.quantity) return []
    const history = material.streams.find((one) => one.stream === textAt(stream, 'stream'))
    if (history === undefined) return []
    const points = pointsOf(history, material.period)
    return points.length === 0 ? [] : [{ stream, id: history.stream, points }]
  })
  const isTold = ({ points }: Headline): boolean =>
    words !== null &&
    points[0]?.value === numberAt(figures, words.headline.first) &&
    points.at(-1)?.value === numberAt(figures, words.headline.last)
  return found.toSorted((a, b) => Number(isTold(b)) - Number(isTold(a)) || b.points.length - a.points.length)[0] ?? null
}

function pointsOf(history: StreamHistory, { fromUs, toUs }: CertificateMaterial['period']): Point[] {
  return history.leaves.flatMap((leaf): Point[] => {
    if (leaf.kind === 'withheld') return []
    const { sequence, sourceTimeUs: timeUs, value, quality } = decodeLeaf(leaf.cbor)
    if (timeUs < fromUs || timeUs > toUs || quality >= BAD_QUALITY) return []
    if (value.kind === 'integer') return [{ sequence, timeUs, value: Number(value.value) }]
    return value.kind === 'float' && Number.isFinite(value.value) ? [{ sequence, timeUs, value: value.value }] : []
  })
}

/** The newest value of any stream in the period, number or text; null where nothing is disclosed. */
export function newestOf(material: CertificateMaterial, id: string): { timeUs: number; value: number | string } | null {
  const { fromUs, toUs } = material.period
  const leaves = material.streams.find((one) => one.stream === id)?.leaves ?? []
  for (const leaf of leaves.toReversed()) {
    if (leaf.kind === 'withheld') continue
    const { sourceTimeUs: timeUs, value, quality } = decodeLeaf(leaf.cbor)
    if (timeUs < fromUs || timeUs > toUs || quality >= BAD_QUALITY) continue
    if (value.kind === 'text') return { timeUs, value: value.value }
    if (value.kind === 'integer') return { timeUs, value: Number(value.value) }
    if (value.kind === 'float' && Number.isFinite(value.value)) return { timeUs, value: value.value }
  }
  return null
}
