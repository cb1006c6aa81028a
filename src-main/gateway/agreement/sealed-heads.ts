/**
 * The newest sealed heads that the other gateways show, held against this ledger by look-up: the same ledger has the same seals.
 * A head beyond this ledger waits until it is reached; until then nobody can tell. Pure, with times as arguments.
 */
import { COMPARED_MS_MAX } from '../../endpoints/agreement.ts'
import type { HeadState } from '../../endpoints/model.ts'

/** Of each gateway, the newest heads that lie beyond this ledger. */
const WAITING_MAX = 8
const OWN_KEPT = 64

/** The ledger right after a seal; `root` in lower-case hex. */
export interface SealedHead {
  height: number
  size: number
  root: string
}

/** A head that is not this ledger's. */
export interface Difference {
  size: number
  root: string
}

export interface OwnHeads {
  newest(): SealedHead
  /** Root right after the seal that ends at a size; null where none does. */
  rootAt(size: number): string | null
}

/** What came of comparing a gateway's heads. */
export interface Seen {
  state: HeadState
  /** When a head was last found equal, or since when one differs; null: never since the start. */
  sinceMs: number | null
}

interface Waiting extends SealedHead {
  /** Its gateway showed it itself. */
  isLive: boolean
}

interface Shown {
  waiting: Waiting[]
  /** When a head was equal that was fresh. */
  equalMs: number
  heardMs: number
  differs: Difference | null
  sinceMs: number
}

export class SealedHeads {
  readonly #own: OwnHeads
  readonly #shown = new Map<string, Shown>()
  /** This ledger's newest sizes and when each became the newest, oldest first. */
  readonly #sizes: { size: number; atMs: number }[] = []

  constructor(own: OwnHeads, differences: ReadonlyMap<string, Difference> = new Map()) {
    this.#own = own
    for (const [who, differs] of differences) this.#shown.set(who, { ...neverShown(-Infinity), differs })
  }

  /** A gateway shows its newest sealed head itself. */
  shown(who: string, head: SealedHead, nowMs: number): void {
    const shown = this.#take(who, { ...head, isLive: true }, nowMs)
    shown.heardMs = nowMs
  }

  /** A head that a gateway signed some time, whoever passed it on: it is compared, and says nothing about whether the gateway is there. */
  signed(who: string, head: SealedHead, nowMs: number): void {
    this.#take(who, { ...head, isLive: false }, nowMs)
  }

  #take(who: string, head: Waiting, nowMs: number): Shown {
    this.#note(nowMs)
    const shown = this.#shown.get(who) ?? neverShown(-Infinity)
    this.#shown.set(who, shown)
    if (head.size > this.#own.newest().size) this.#wait(shown, head)
    else this.#compare(shown, head, nowMs)
    return shown
  }

  /** To be called often, and after each seal: compares what waited. */
  tick(nowMs: number): void {
    this.#note(nowMs)
    const { size } = this.#own.newest()
    for (const shown of this.#shown.values()) {
      for (const head of shown.waiting) if (head.size <= size) this.#compare(shown, head, nowMs)
      shown.waiting = shown.waiting.filter((head) => head.size > size)
    }
  }

  of(who: string, nowMs: number): Seen {
    const shown = this.#shown.get(who)
    if (shown === undefined) return { state: 'silent', sinceMs: null }
    const sinceMs = shown.differs === null ? shown.equalMs : shown.sinceMs
    return { state: stateOf(shown, nowMs), sinceMs: Number.isFinite(sinceMs) ? sinceMs : null }
  }

  /** For how long a gateway's difference stands, milliseconds; null where there is none. */
  differsForMs(who: string, nowMs: number): number | null {
    const shown = this.#shown.get(who)
    return shown === undefined || shown.differs === null ? null : nowMs - shown.sinceMs
  }

  differences(): Map<string, Difference> {
    return new Map(
      [...this.#shown].flatMap(([who, { differs }]): [string, Difference][] =>
        differs === null ? [] : [[who, differs]],
      ),
    )
  }

  #note(nowMs: number): void {
    const { size } = this.#own.newest()
    if (this.#sizes.at(-1)?.size === size) return
    this.#sizes.push({ size, atMs: nowMs })
    if (this.#sizes.length > OWN_KEPT) this.#sizes.shift()
  }

  /** The size that was this ledger's newest ten seconds ago: what is smaller shows nothing of now. */
  #freshFrom(nowMs: number): number {
    const before = this.#sizes.findLast(({ atMs }) => atMs <= nowMs - COMPARED_MS_MAX)
    return before?.size ?? this.#sizes[0]?.size ?? 0
  }

  #compare(shown: Shown, { size, root, isLive }: Waiting, nowMs: number): void {
    if (this.#own.rootAt(size) !== root) {
      if (shown.differs === null) shown.sinceMs = nowMs
      // The first place of all: from there on nothing is known to be the same.
      if (shown.differs === null || size < shown.differs.size) shown.differs = { size, root }
      return
    }
    // An equal root covers all that lies before it, also where something else was shown once (RFC 6962, 2.1.2).
    if (shown.differs !== null && size >= shown.differs.size) shown.differs = null
    if (isLive && size >= this.#freshFrom(nowMs)) shown.equalMs = nowMs
  }

  #wait(shown: Shown, head: Waiting): void {
    const known = shown.waiting.find(({ size, root }) => size === head.size && root === head.root)
    if (known !== undefined) known.isLive ||= head.isLive
    if (known !== undefined) return
    shown.waiting.push(head)
    if (shown.waiting.length > WAITING_MAX) shown.waiting.shift()
  }
}

function neverShown(nowMs: number): Shown {
  return { waiting: [], equalMs: -Infinity, heardMs: nowMs, differs: null, sinceMs: nowMs }
}

function stateOf({ waiting, equalMs, heardMs, differs }: Shown, nowMs: number): HeadState {
  if (differs !== null) return 'differs'
  if (nowMs - equalMs < COMPARED_MS_MAX) return 'equal'
  if (nowMs - heardMs >= COMPARED_MS_MAX) return 'silent'
  return waiting.length > 0 ? 'beyond' : 'old'
}
