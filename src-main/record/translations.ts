import { TRANSLATED } from '../wire/languages.ts'
import type { Translations } from '../wire/languages.ts'
import { checked, optional, record, refuse, text } from './schema.ts'
import type { Form } from './schema.ts'

/** A text in further languages than its main one; there is at least one, and none is empty. */
export const translations: Form<Translations> = checked(
  record(Object.fromEntries(TRANSLATED.map((language) => [language, optional(text())]))) as Form<Translations>,
  (given, where) => {
    const all = Object.entries(given)
    if (all.length === 0) refuse(where, 'holds no translation')
    for (const [language, translation] of all) if (translation === '') refuse(where, `"${language}" is empty`)
  },
)

/** None of the translations says what the main text says already: one meaning, one form. */
export function checkTranslations(main: string, given: Translations | undefined, where: string): void {
  for (const [language, translation] of Object.entries(given ?? {}))
    if (translation === main) refuse(where, `"${language}" is the main text again`)
}
