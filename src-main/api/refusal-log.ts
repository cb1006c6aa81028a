import type { Logger } from 'pino'

/** One kind of refusal of one source is written this often. */
const TOLD_EVERY_MS = 5_000
/** Kinds and sources that are counted apart; whoever makes up more is counted with all others. */
const KINDS_MAX = 256
const OTHERS = 'others'
const PATH_CHARACTERS_MAX = 200

interface Refusal {
  readonly level: 'warn' | 'error'
  readonly code: string
  /** Who asked: a person's name, or an address. */
  readonly source: string
  readonly text: string
  readonly details: object
}

interface Kind {
  /** Since the last line. */
  count: number
  newest: Refusal
}

/** Writes the first refusal of a kind and source at once, and those that follow as one line with their number: anybody may be refused in a loop. */
export class RefusalLog {
  readonly #log: Pick<Logger, 'warn' | 'error'>
  readonly #everyMs: number
  readonly #kinds = new Map<string, Kind>()

  constructor(log: Pick<Logger, 'warn' | 'error'>, everyMs: number = TOLD_EVERY_MS) {
    this.#log = log
    this.#everyMs = everyMs
  }

  note(refusal: Refusal): void {
    const own = `${refusal.code} ${refusal.source}`
    const key = this.#kinds.has(own) || this.#kinds.size < KINDS_MAX ? own : OTHERS
    const known = this.#kinds.get(key)
    if (known === undefined) return this.#begin(key, refusal)
    known.count += 1
    known.newest = refusal
  }

  #begin(key: string, newest: Refusal): void {
    const kind = { count: 0, newest }
    this.#kinds.set(key, kind)
    this.#write(newest, 1)
    const timer = setInterval(() => {
      if (kind.count > 0) this.#write(kind.newest, kind.count)
      else {
        clearInterval(timer)
        this.#kinds.delete(key)
      }
      kind.count = 0
    }, this.#everyMs)
    timer.unref()
  }

  #write({ level, code, source, text, details }: Refusal, count: number): void {
    this.#log[level]({ code, source, count, ...details }, text)
  }
}

/** What a log says of a path, which anybody may make 16 KiB long. */
export function shownPath(path: string): string {
  return path.length > PATH_CHARACTERS_MAX
    ? `${path.slice(0, PATH_CHARACTERS_MAX)}... (${path.length} characters)`
    : path
}
