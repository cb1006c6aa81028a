/**
 * Keys of a list, unique by construction: Svelte gives up a whole screen when two rows have one key, and what comes from outside
 * may well repeat itself (two gateways that name a source alike, two alarms in one pixel, a leader found again in the same term).
 *
 * Every keyed `{#each}` goes through here; a test reads all components for that.
 */

/**
 * Each item with its key: `n:key`, where n counts the items that had the same key before. The digits before the first colon say
 * which repeat it is and the rest is the key as it was given, so that no two can be equal, whatever the keys contain.
 *
 * @param keyOf what tells items apart, as far as one knows; rows keep their place on the screen by it
 */
export function unique<T>(list: Iterable<T>, keyOf: (item: T) => string | number): [key: string, item: T][] {
  const seen = new Map<string, number>()
  return Array.from(list, (item) => {
    const own = String(keyOf(item))
    const repeat = (seen.get(own) ?? 0) + 1
    seen.set(own, repeat)
    return [`${repeat}:${own}`, item]
  })
}
