/** Finds what people name: every word of what they type must stand somewhere in the names, whatever case and accents. */

/** Case and accents folded, so that `Kälte` is found by `kalte`, and `Größe` by `grosse`. */
export function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{Mark}+/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
}

/** As many words as anybody types. */
const WORDS_MAX = 8

export interface Hits<T> {
  hits: T[]
  /** That fit, and are not among them. */
  more: number
}

/** Remembers the folded names of each thing: a plant has thousands of points, and a person types letter by letter. */
export class NameSearch<T> {
  readonly #namesOf: (thing: T) => string[]
  readonly #idOf: (thing: T) => string
  readonly #known = new Map<string, { raw: string; names: string[] }>()

  /** @param namesOf the first is the one that people know */
  constructor(idOf: (thing: T) => string, namesOf: (thing: T) => string[]) {
    this.#idOf = idOf
    this.#namesOf = namesOf
  }

  /** The best `limit` of those that fit: where a name begins with the text first, then where a word of one does, then by name. */
  find(text: string, things: readonly T[], limit: number): Hits<T> {
    const words = folded(text)
      .split(/\s+/)
      .filter((word) => word !== '')
      .slice(0, WORDS_MAX)
    if (words.length === 0) return { hits: [], more: 0 }
    const fitting: { thing: T; rank: number; name: string }[] = []
    for (const thing of things) {
      const names = this.#names(thing)
      const rank = rankOf(names, words)
      if (rank !== null) fitting.push({ thing, rank, name: names[0] ?? '' })
    }
    fitting.sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    return { hits: fitting.slice(0, limit).map(({ thing }) => thing), more: Math.max(0, fitting.length - limit) }
  }

  #names(thing: T): string[] {
    const id = this.#idOf(thing)
    const given = this.#namesOf(thing)
    const raw = given.join('\n')
    const known = this.#known.get(id)
    if (known?.raw === raw) return known.names
    const names = given.map(folded)
    this.#known.set(id, { raw, names })
    return names
  }
}

/** Less is better; null where a word is missing. */
function rankOf(names: readonly string[], words: readonly string[]): number | null {
  if (!words.every((word) => names.some((name) => name.includes(word)))) return null
  const phrase = words.join(' ')
  if (names[0] === phrase) return 0
  if (names[0]?.startsWith(phrase) === true) return 1
  if (names.some((name) => name.startsWith(phrase))) return 2
  const [first = ''] = words
  return names.some((name) => beginsWord(name, first)) ? 3 : 4
}

/** Whether `word` stands in `name` behind something that is no letter and no digit. */
function beginsWord(name: string, word: string): boolean {
  for (let at = name.indexOf(word); at !== -1; at = name.indexOf(word, at + 1))
    if (at === 0 || !/[\p{Letter}\p{Number}]/u.test(name.charAt(at - 1))) return true
  return false
}
