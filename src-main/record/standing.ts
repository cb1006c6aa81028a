/**
 * What follows from what a statement leaves behind, so that no decision has to go through all there is: where a new stream stands, the
 * stretches that its readings can belong to, and the lists of members, their keys and packs. Kinds say nothing of it.
 */
import { compareBytes, utf8 } from '../wire/bytes.ts'
import type { KeyId, StreamId } from '../wire/ids.ts'
import { MAX_KEYS_LISTED } from '../wire/limits.ts'
import type { AssetStreams, AssetStretch } from './asset-state.ts'
import type { BoundStretch } from './standing-fields.ts'
import type { CoreIds, CoreKind, CoreValues } from './core-state.ts'
import { nameOf } from './state-view.ts'
import type { StateChange, StateView } from './state-view.ts'

type Values = Pick<StateView, 'get'>

/** A stretch that is over gets no reading more once its last is behind, but a gap that follows at once still borders on it. */
export function canGrow({ last }: Pick<BoundStretch, 'last'>, next: number): boolean {
  return last === null || last >= next - 1
}

/** The stretches that the stream's readings to come can belong to, as it stands now. */
export function growingStretches(view: Values, stream: StreamId): readonly BoundStretch[] {
  const next = view.get('cursor', stream)?.next ?? 0
  return (view.get('bound', stream)?.stretches ?? []).filter((stretch) => canGrow(stretch, next))
}

/** Assets to which a stream is bound now, ascending. */
export function boundTo(view: Values, stream: StreamId): string[] {
  const stretches = view.get('bound', stream)?.stretches ?? []
  return stretches.filter(({ last }) => last === null).map(({ asset }) => asset)
}

/** The changes, and those that follow from them. `view`: the state before. */
export function withStanding(view: Values, changes: readonly StateChange[]): StateChange[] {
  const standing = new Standing(view)
  for (const change of changes) standing.take(change)
  return [...changes, ...standing.changes()]
}

/** The state before with what has followed so far: several values of one statement may lengthen one list. */
class Standing {
  readonly #view: Values
  readonly #made = new Map<string, StateChange>()

  constructor(view: Values) {
    this.#view = view
  }

  changes(): Iterable<StateChange> {
    return this.#made.values()
  }

  take(change: StateChange): void {
    if (change.kind === 'stream') this.#open(change.id, change.value.fromSequence)
    else if (change.kind === 'asset-streams') this.#bind(change.id, change.value)
    else if (change.kind === 'member') {
      const actors = this.#get('members', '')?.actors ?? []
      if (!actors.includes(change.id)) this.#put('members', '', { actors: [...actors, change.id].sort() })
    } else if (change.kind === 'key') {
      const { actor } = change.value
      const keys = this.#get('keys', actor)?.keys ?? []
      if (!keys.includes(change.id)) this.#put('keys', actor, { keys: this.#newest([...keys, change.id]) })
    } else if (change.kind === 'pack') {
      const packs = this.#get('packs', '')?.packs ?? []
      const others = packs.filter((pack) => pack !== change.id)
      const isActive = change.value.retired === null
      if (isActive !== packs.includes(change.id))
        this.#put('packs', '', { packs: isActive ? [...others, change.id].sort(byBytes) : others })
    }
  }

  /** Of more keys than a list holds the one that was retired first leaves it; its own value stays. */
  #newest(keys: readonly KeyId[]): readonly KeyId[] {
    if (keys.length <= MAX_KEYS_LISTED) return keys
    const retired = keys.findIndex((key) => (this.#get('key', key)?.to ?? null) !== null)
    return keys.filter((_, i) => i !== retired)
  }

  /** Opened anew, a stream goes on where it stood. */
  #open(stream: StreamId, next: number): void {
    if (this.#get('cursor', stream) === undefined) this.#put('cursor', stream, { next, lastTimeUs: null })
  }

  /** Streams of which the asset has other stretches than before. */
  #bind(asset: string, { streams }: AssetStreams): void {
    const before = this.#view.get('asset-streams', asset)?.streams ?? []
    const isKept = ({ stream, first, last }: AssetStretch): boolean =>
      before.some((one) => one.stream === stream && one.first === first && one.last === last)
    for (const stream of new Set(streams.filter((one) => !isKept(one)).map((one) => one.stream))) {
      const next = this.#get('cursor', stream)?.next ?? 0
      const others = (this.#get('bound', stream)?.stretches ?? []).filter((other) => other.asset !== asset)
      const own = streams.filter((one) => one.stream === stream).map(({ first, last }) => ({ asset, first, last }))
      const growing = [...others, ...own].filter((stretch) => canGrow(stretch, next))
      this.#put('bound', stream, { stretches: growing.sort((a, b) => byBytes(a.asset, b.asset) || a.first - b.first) })
    }
  }

  #get<K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined {
    const made = this.#made.get(placeOf(kind, id))
    return made === undefined ? this.#view.get(kind, id) : (made.value as CoreValues[K])
  }

  #put<K extends CoreKind>(kind: K, id: CoreIds[K], value: CoreValues[K]): void {
    this.#made.set(placeOf(kind, id), { kind, id, value } as StateChange)
  }
}

function placeOf(kind: CoreKind, id: CoreIds[CoreKind]): string {
  return `${kind} ${nameOf(id)}`
}

function byBytes(a: string, b: string): number {
  return compareBytes(utf8(a), utf8(b))
}
