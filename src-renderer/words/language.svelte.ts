/** The language of the console. Everything worded or formatted reads `language.current`, so a change shows at once. */
import { baseLocale, isLocale, type Locale, overwriteGetLocale } from '../paraglide/runtime.js'

export type { Locale }

/** Intl locales: day before month, 24-hour clock. */
const intlLocales: Record<Locale, string> = { en: 'en-GB', de: 'de-DE' }

class Language {
  current = $state<Locale>(baseLocale)
  readonly intl = $derived(intlLocales[this.current])
}

export const language = new Language()
overwriteGetLocale(() => language.current)

/** The first of the browser's languages that we have, else English. */
export function preferredLocale(languages: readonly string[]): Locale {
  for (const tag of languages) {
    const base = tag.slice(0, 2).toLowerCase()
    if (isLocale(base)) return base
  }
  return baseLocale
}
