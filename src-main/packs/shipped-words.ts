/**
 * The words of the packs that come with this release, for what is told without a certificate at hand. Browsers have no folder to list:
 * a test holds this list against it.
 */
import odometer from './odometer/pack.json' with { type: 'json' }
import odometerGerman from './odometer/words/de.json' with { type: 'json' }
import odometerEnglish from './odometer/words/en.json' with { type: 'json' }
import quality from './quality/pack.json' with { type: 'json' }
import qualityGerman from './quality/words/de.json' with { type: 'json' }
import qualityEnglish from './quality/words/en.json' with { type: 'json' }
import type { JsonValue } from '../wire/json.ts'
import { readManifest, TRAP } from './manifest.ts'
import { readWords } from './words.ts'
import type { NamedRule, PackWords, WordsJson } from './words.ts'

const SHIPPED: readonly { readonly pack: JsonValue; readonly words: WordsJson }[] = [
  { pack: odometer, words: { en: odometerEnglish, de: odometerGerman } },
  { pack: quality, words: { en: qualityEnglish, de: qualityGerman } },
]

const tables: ReadonlyMap<string, PackWords> = new Map(
  SHIPPED.map(({ pack, words }) => {
    const manifest = readManifest(pack, 'pack.json')
    return [manifest.id, readWords(manifest, words, manifest.id)]
  }),
)

/** The words of a pack by its id; null for one that this program does not ship. */
export function wordsOfPack(id: string): PackWords | null {
  return tables.get(id) ?? null
}

/** A rule of which nothing but the id is known. */
export function shippedRule(id: string): NamedRule {
  return { id, words: wordsOfPack(id) }
}

/** What a refusal by a pack (`pack/code`) says, in English; null for a code of the core's. */
export function packRefusalSentence(refusal: string): string | null {
  const [id = '', code] = refusal.split('/')
  if (code === undefined) return null
  if (code === TRAP) return `the rule of the pack ${id} came to no answer`
  return wordsOfPack(id)?.reasons[code]?.at(-1)?.en ?? `the pack ${id} says ${code}`
}
