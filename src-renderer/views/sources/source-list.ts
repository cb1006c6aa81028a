/** Which points stand under which source, what a search and a filter leave of them, and how many are good. */
import { m } from '../../paraglide/messages.js'
import { inLanguage } from '../../words/in-language.ts'
import type { Point, Source } from '../../words/model.ts'
import { viewPoint, type PointView } from '../../words/point.ts'
import { sourceKey } from '../../words/source-key.ts'

export const shows = ['all', 'not-good', 'unauthenticated'] as const
export type Show = (typeof shows)[number]

export interface PointRow {
  point: Point
  view: PointView
}

export interface SourceGroup {
  source: Source
  rows: PointRow[]
}

/** Null: there is no such part of the list. */
export function showOf(text: string | undefined): Show | null {
  return text === undefined ? 'all' : (shows.find((show) => show === text) ?? null)
}

/** Whether the source asks for a decision about its certificate. */
export const waitsForDecision = (source: Source): boolean => source.state === 'untrusted'

/** Only OPC UA servers show a certificate. */
export const hasCertificate = (source: Source): boolean => source.protocol.toLowerCase().startsWith('opc')

/** Every point under its source, in the sources' order, points by name. Points of sources this gateway does not know are left out. */
export function groupPoints(
  sources: readonly Source[],
  points: Iterable<Point>,
  nowUs: number,
  lost: boolean,
  intl: string,
): SourceGroup[] {
  const order = new Intl.Collator(intl, { numeric: true })
  const nameIn = ({ point }: PointRow): string => inLanguage(point.label, point.labels)
  const groups = new Map(sources.map((source): [string, SourceGroup] => [sourceKey(source), { source, rows: [] }]))
  for (const point of points) {
    const group = groups.get(sourceKey({ gateway: point.gateway ?? '', id: point.source }))
    if (group) group.rows.push({ point, view: asWritten(point, viewPoint(point, group.source, nowUs, lost)) })
  }
  for (const { rows } of groups.values()) rows.sort((a, b) => order.compare(nameIn(a), nameIn(b)))
  return [...groups.values()]
}

/**
 * Text that happens to be digits (a lot, a serial number) is no figure: it gets no thousands separators. A reading without a
 * value, as a lost connection leaves it, reads "none".
 */
function asWritten(point: Point, view: PointView): PointView {
  if (point.value?.kind === 'null') return { ...view, text: m.value_none(), missing: true, struck: false }
  return (point.kind === 'text' || point.kind === 'bytes') && point.text !== null ? { ...view, text: point.text } : view
}

/** Good means: arrived in time, of good quality, and its device asks for nothing. */
export function countNotGood(groups: readonly SourceGroup[]): number {
  return groups.reduce((sum, { rows }) => sum + rows.filter(({ view }) => !view.good).length, 0)
}

export function filterGroups(groups: readonly SourceGroup[], show: Show, find: string): SourceGroup[] {
  const words = find.trim().toLowerCase().split(/\s+/).filter(Boolean)
  return groups.flatMap(({ source, rows }) => {
    if (show === 'unauthenticated' && source.trust !== 'unauthenticated') return []
    const kept = rows.filter(({ point, view }) => (show !== 'not-good' || !view.good) && fits(words, source, point))
    const whole = words.length === 0 && (show === 'all' || (show === 'not-good' && waitsForDecision(source)))
    return kept.length > 0 || whole ? [{ source, rows: kept }] : []
  })
}

function fits(words: readonly string[], source: Source, point: Point): boolean {
  if (words.length === 0) return true
  const names = [inLanguage(point.label, point.labels), inLanguage(source.name, source.names)]
  const text = [...names, point.tag, source.address, source.gateway, source.protocol].join('\n').toLowerCase()
  return words.every((word) => text.includes(word))
}

export function trustWord(source: Source): string {
  const words: Record<Source['trust'], () => string> = {
    unauthenticated: m.sources_trust_none,
    'authenticated channel': m.sources_trust_channel,
    'signed by device': m.sources_trust_device,
  }
  return words[source.trust]()
}

/** Why the table is empty although there are sources. */
export function whyEmpty(show: Show, find: string): string {
  if (find.trim() !== '') return m.sources_nothing_fits({ text: find.trim() })
  return show === 'unauthenticated' ? m.sources_none_unauthenticated() : m.sources_all_good()
}
