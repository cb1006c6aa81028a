/** What the screen shows, as it stands in the address: points, span, view, cursor. */
export const maxPoints = 8
export const spans = ['15min', '1h', '8h', '24h', 'custom'] as const
export type SpanName = (typeof spans)[number]
export const views = ['curves', 'table'] as const
export type ViewName = (typeof views)[number]

const hourUs = 3_600_000_000
const lengths: Record<Exclude<SpanName, 'custom'>, number> = {
  '15min': hourUs / 4,
  '1h': hourUs,
  '8h': 8 * hourUs,
  '24h': 24 * hourUs,
}
const longestUs = 31 * 24 * hourUs

export interface TrendQuery {
  points: string[]
  span: SpanName
  view: ViewName
  /** Null: follows the clock. Always set while `span` is custom. */
  toUs: number | null
  lengthUs: number
  /** Where the cursor is pinned; null: at the newest reading. */
  atUs: number | null
  /** The point that is stepped and proven. */
  picked: string | null
}

const time = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : null

/** What is shown when nobody asked: an hour, or less where the record (since `sinceUs`) would be a sliver at its edge. */
export function usualSpan(sinceUs: number | null, nowUs: number): SpanName {
  return sinceUs !== null && nowUs - sinceUs < lengths['15min'] ? '15min' : '1h'
}

export function readQuery(query: Readonly<Record<string, string>>, nowUs: number, usual: SpanName): TrendQuery {
  const points = [...new Set((query['points'] ?? '').split(',').filter((id) => /^[0-9a-f]{32}$/.test(id)))].slice(
    0,
    maxPoints,
  )
  const asked = spans.find((name) => name === query['span']) ?? usual
  const view = views.find((name) => name === query['view']) ?? 'curves'
  const toUs = time(query['to'])
  const picked = points.find((id) => id === query['pick']) ?? points[0] ?? null
  const rest = { points, view, atUs: time(query['at']), picked }
  if (asked !== 'custom') return { ...rest, span: asked, toUs, lengthUs: lengths[asked] }
  const end = toUs ?? Math.floor(nowUs / 1e6) * 1e6
  const from = time(query['from']) ?? end - hourUs
  return { ...rest, span: 'custom', toUs: end, lengthUs: Math.min(longestUs, Math.max(1_000_000, end - from)) }
}

/** Back into the address; what is usual is left out. */
export function writeQuery(query: TrendQuery, usual: SpanName): Record<string, string | number | undefined> {
  const custom = query.span === 'custom'
  return {
    points: query.points.length > 0 ? query.points.join(',') : undefined,
    span: query.span === usual ? undefined : query.span,
    view: query.view === 'curves' ? undefined : query.view,
    from: custom && query.toUs !== null ? query.toUs - query.lengthUs : undefined,
    to: query.toUs ?? undefined,
    at: query.atUs ?? undefined,
    pick: query.picked === null || query.picked === query.points[0] ? undefined : query.picked,
  }
}
