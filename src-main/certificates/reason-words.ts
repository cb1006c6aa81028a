/** Findings of a pack in one sentence, with the words that stand beside the pack. Its own text stands where no words are known. */
import type { ValueKind } from '../packs/manifest.ts'
import type { NamedRule } from '../packs/words.ts'
import type { JsonValue } from '../wire/json.ts'
import type { JsonObject } from './credential.ts'
import { textAt } from './json-access.ts'
import { fixedText } from './numbers.ts'
import type { Language } from '../wire/languages.ts'
import { pageText } from './page-text.ts'
import { withUnit } from './sheet-words.ts'
import type { StatedZone } from './stated.ts'
import { zonedTimeShort } from './zoned-time.ts'

/** One sentence, without the time of its reading, which stands beside it. */
export function reasonText(pack: NamedRule, reason: JsonObject, language: Language, zone: StatedZone): string {
  const { words } = pack
  for (const told of words?.reasons[textAt(reason, 'code')] ?? []) {
    const sentence = filled(told[language], (name) => shown(reason[name], words!.values[name], language, zone))
    if (sentence !== null) return sentence
  }
  return pageText(textAt(reason, 'text')) || pageText(textAt(reason, 'code'))
}

/** The sentence with its values, or null where one is missing. */
export function filled(template: string, value: (name: string) => string | null): string | null {
  let isWhole = true
  const sentence = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const text = value(name)
    if (text === null) isWhole = false
    return text ?? ''
  })
  return isWhole ? sentence : null
}

function shown(
  value: JsonValue | undefined,
  kind: ValueKind | undefined,
  language: Language,
  zone: StatedZone,
): string | null {
  if (kind === 'text') return typeof value === 'string' ? pageText(value) : null
  if (typeof value !== 'number' || kind === undefined) return null
  if (kind === 'time') return zonedTimeShort(zone, value, language)
  return withUnit(fixedText(value, language, kind.decimals), kind.unit)
}
