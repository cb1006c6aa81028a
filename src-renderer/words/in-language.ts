/** Names of points, sources and assets come from a configuration, in one language or in several. */
import { textIn, type Translations } from '../../src-main/wire/languages.ts'
import { language, type Locale } from './language.svelte.ts'

/**
 * The name in the reader's language (or in `of`: a certificate has its own), or as it was given where it was not given in that one.
 * Every place that shows, sorts or searches such a name takes it from here: `inLanguage(point.label, point.labels)`,
 * `inLanguage(source.name, source.names)`.
 */
export function inLanguage(
  text: string,
  translations: Translations | undefined,
  of: Locale = language.current,
): string {
  return textIn(of, text, translations)
}
