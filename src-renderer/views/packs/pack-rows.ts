/** The list of the packs screen: one row for what decides, was proposed, comes with the release, or decides no more. */
import { m } from '../../paraglide/messages.js'
import type { Packs } from '../../words/model.ts'
import { count } from '../../words/number.ts'
import { day } from '../../words/time.ts'

export type PackRow = { hash: string; id: string; version: string; small: string; at: string } & (
  | { kind: 'active' | 'retired'; pack: Packs['packs'][number] }
  | { kind: 'proposed'; proposed: Packs['proposed'][number] }
  | { kind: 'shipped' }
)

export interface PackGroup {
  title: string
  note?: string
  rows: PackRow[]
}

export function groupsOf({ packs, proposed, shipped }: Packs): PackGroup[] {
  const decided = packs.flatMap((pack): PackRow[] => {
    const [now] = pack.versions
    if (now === undefined) return []
    const { hash, version, fromUs } = now
    const kind = pack.retired === null ? ('active' as const) : ('retired' as const)
    const small =
      pack.retired === null
        ? m.packs_assets({ n: pack.assets, count: count(pack.assets) })
        : m.packs_until({ time: day(pack.retired.timeUs) })
    return [{ kind, pack, hash, id: pack.id, version, small, at: fromUs === null ? '' : day(fromUs) }]
  })
  const waiting = proposed
    .filter(({ inForce, hash }) => !inForce && !decided.some((row) => row.hash === hash))
    .map((one): PackRow => {
      const { hash, id, version, proposedAtUs } = one
      return {
        kind: 'proposed',
        proposed: one,
        hash,
        id,
        version,
        small: standingOf(one),
        at: proposedAtUs === null ? '' : day(proposedAtUs),
      }
    })
  const known = new Set([...decided, ...waiting].map(({ hash }) => hash))
  const brought = shipped
    .filter(({ hash }) => !known.has(hash))
    .map((one): PackRow => ({ ...one, kind: 'shipped', small: m.packs_with_release(), at: '' }))
  return [
    { title: m.packs_in_force(), rows: decided.filter(({ kind }) => kind === 'active') },
    { title: m.packs_proposed(), rows: waiting },
    { title: m.packs_shipped(), rows: brought },
    { title: m.packs_retired(), note: m.packs_retired_note(), rows: decided.filter(({ kind }) => kind === 'retired') },
  ].filter(({ rows }) => rows.length > 0)
}

/** What a proposed version waits for. */
export function standingOf({ missing, whyNot, act }: Packs['proposed'][number]): string {
  if (whyNot !== null) return m.packs_unreadable()
  if (missing.length > 0) return m.packs_not_loaded({ n: missing.length, count: count(missing.length) })
  return act === null ? m.packs_ready() : m.packs_waits()
}
