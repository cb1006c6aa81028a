/** What the ledger says of an entry or a reading that an address asks for and that it does not have. */
import { m } from '../../paraglide/messages.js'
import type { NotHere } from '../../state/ledger.svelte.ts'
import { linkTo } from '../../state/route.svelte.ts'
import { asked } from '../../words/asked.ts'
import { count } from '../../words/number.ts'

/** `entries`: how many the ledger holds; null where that is not known yet. */
export function notHereWords(
  missing: NotHere,
  entries: number | null,
): { sentence: string; there: string; links: { text: string; href: string }[] } {
  const newest = { text: m.nowhere_go_newest(), href: linkTo('ledger') }
  if (missing.what === 'entry') {
    const there =
      entries === null || entries === 0 ? m.nowhere_entry_any() : m.nowhere_entry_there({ last: count(entries - 1) })
    return { sentence: m.nowhere_entry({ asked: asked(missing.asked) }), there, links: [newest] }
  }
  const { entry, readings } = missing
  const go = { text: m.nowhere_go_entry({ entry: count(entry) }), href: linkTo('ledger', { entry }) }
  const sentence = m.nowhere_reading({ asked: asked(missing.asked), entry: count(entry) })
  if (readings === 0) return { sentence, there: m.nowhere_reading_none(), links: [go, newest] }
  const there =
    readings === null ? m.nowhere_reading_any() : m.nowhere_reading_there({ n: readings, count: count(readings) })
  return { sentence, there, links: [go, newest] }
}
