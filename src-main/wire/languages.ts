/**
 * Names in two languages. A name stands as one text, its main text; where somebody gave it in further languages, those stand beside it
 * as translations, in a field of their own that is left out where there is none: a name without translations has the bytes it always had.
 */
/** Languages of console and certificates. Of a name in several of them, the first here is its main text. */
export const LANGUAGES = ['en', 'de'] as const
export type Language = (typeof LANGUAGES)[number]

/** The same name in further languages. */
export type Translations = { readonly [L in Language]?: string }

/** A main text is in the first language that is given, so that one never stands beside it. */
export const TRANSLATED: readonly Language[] = LANGUAGES.slice(1)

export interface Label {
  readonly label: string
  /** Translations of `label`; missing where there are none. */
  readonly labels?: Translations
}

export interface Name {
  readonly name: string
  /** Translations of `name`; missing where there are none. */
  readonly names?: Translations
}

/** Label and translations alone, for what is said of a stream elsewhere; no field `labels` where there are none. */
export function labelOf({ label, labels }: { label: string; labels?: Translations | undefined }): Label {
  return labels === undefined ? { label } : { label, labels }
}

/** Name and translations alone; no field `names` where there are none. */
export function nameOf({ name, names }: { name: string; names?: Translations | undefined }): Name {
  return names === undefined ? { name } : { name, names }
}

/** The text in a language, or the main text where nobody gave it in that one. */
export function textIn(language: Language, main: string, translations: Translations | undefined): string {
  return translations?.[language] ?? main
}
