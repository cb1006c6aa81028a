/** Words that are at most this many single-character edits apart are offered as "did you mean". */
const EDITS_MAX = 3

/**
 * The candidates closest to `word`, best first, at most three; empty when nothing is close.
 * Case is ignored; a candidate that starts with the word counts as close.
 */
export function nearMatches(word: string, candidates: Iterable<string>): string[] {
  const wanted = word.toLowerCase()
  const scored: { candidate: string; edits: number }[] = []
  for (const candidate of candidates) {
    const other = candidate.toLowerCase()
    const edits = wanted !== '' && other.startsWith(wanted) ? 1 : editDistance(wanted, other)
    if (edits <= Math.min(EDITS_MAX, Math.ceil(wanted.length / 2))) scored.push({ candidate, edits })
  }
  scored.sort((a, b) => a.edits - b.edits || a.candidate.localeCompare(b.candidate))
  return scored.slice(0, 3).map((entry) => entry.candidate)
}

/** ` Did you mean "a" or "b"?`, or an empty text when nothing is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  return meant(nearMatches(word, candidates))
}

/** The same of those that were found in another way. */
export function meant(near: readonly string[]): string {
  return near.length === 0 ? '' : ` Did you mean ${near.map((candidate) => `"${candidate}"`).join(' or ')}?`
}

/** ` Did you mean "a"?` of the one that is nearest, for few words of which one was meant; an empty text when none is near. */
export function nearest(word: string, candidates: Iterable<string>): string {
  return didYouMean(word, nearMatches(word, candidates).slice(0, 1))
}

/** Levenshtein distance by the two-row method. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
