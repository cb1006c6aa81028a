/** Names as a configuration gives them: one text, or the same in several languages. */
import { z } from 'zod'
import { LANGUAGES, type Language, type Translations } from '../wire/languages.ts'
import { MAX_NAME_BYTES } from '../wire/limits.ts'
import { nearest } from '../wire/near-match.ts'
import { hiddenCharacter } from '../wire/plain-text.ts'
import { text } from './config-parts.ts'
import { isLeftOut, leftOut } from './config-words.ts'

const UNKNOWN_SHOWN_MAX = 3
const KEY_SHOWN_CHARS_MAX = 40
const WRITE = 'a text, or one for each language, for example { en: Flow temperature, de: Vorlauftemperatur }'

/** As written: `Flow temperature`, or `{ en: Flow temperature, de: Vorlauftemperatur }` with at least one of the languages. */
export type Naming = string | Translations

/** A name of at most `max` characters that the ledger takes; `noun` is what messages call it, for example `The label of a tag`. */
export function naming(noun: string, max: number) {
  const byLanguage = z
    .strictObject(
      { en: plainName(`${noun} in en`, max).exactOptional(), de: plainName(`${noun} in de`, max).exactOptional() },
      { error: (issue) => (issue.code === 'unrecognized_keys' ? unknownLanguage(noun, issue.keys) : undefined) },
    )
    .check(({ value, issues }) => {
      // What was written in an unknown language is complained about already.
      if (issues.length > 0 || Object.keys(value).length > 0) return
      issues.push({ code: 'custom', input: value, message: `${noun} holds no text: write ${WRITE}.` })
    })
    .meta({ minProperties: 1 })
  return z.union([plainName(noun, max), byLanguage], {
    error: ({ input, errors }) => {
      if (isLeftOut(input)) return leftOut(noun, input, WRITE)
      const of = typeof input === 'string' ? 0 : typeof input === 'object' && !Array.isArray(input) ? 1 : -1
      const found = (errors as z.core.$ZodIssue[][] | undefined)?.[of] ?? []
      return found.length > 0 ? found.map(({ message }) => message).join(' ') : `${noun} must be ${WRITE}.`
    },
  })
}

/** The text that stands for the name wherever there is room for one: in the first language that is given. */
export function mainText(given: Naming): string {
  if (typeof given === 'string') return given
  // The schema refuses a name in no language.
  return LANGUAGES.map((language) => given[language]).find((one) => one !== undefined) ?? ''
}

/** What is given in further languages; undefined where nothing is, or where it is the main text again. */
export function translationsOf(given: Naming): Translations | undefined {
  if (typeof given === 'string') return undefined
  const main = mainText(given)
  const others = LANGUAGES.flatMap((language): [Language, string][] => {
    const one = given[language]
    return one === undefined || one === main ? [] : [[language, one]]
  })
  return others.length === 0 ? undefined : Object.fromEntries(others)
}

/** What the ledger refuses is refused where it is written. */
function plainName(noun: string, max: number): z.ZodString {
  return text(noun, max).check((context) => {
    const { value, issues } = context
    const refuse = (message: string): void => void issues.push({ code: 'custom', input: value, message })
    if (!value.isWellFormed()) return refuse(`${noun} is no text: it holds half a character.`)
    const hidden = hiddenCharacter(value)
    if (hidden !== null) refuse(`${noun} holds ${hidden}, which shows nothing or turns text around: remove it.`)
    if (value.length <= max && new TextEncoder().encode(value).length > MAX_NAME_BYTES)
      refuse(`${noun} is longer than ${MAX_NAME_BYTES} bytes of UTF-8, the most that the ledger takes: shorten it.`)
  })
}

function unknownLanguage(noun: string, keys: readonly string[]): string {
  const shown = keys.slice(0, UNKNOWN_SHOWN_MAX).map((key) => JSON.stringify(key.slice(0, KEY_SHOWN_CHARS_MAX)))
  const more = keys.length > shown.length ? ` and ${keys.length - shown.length} more` : ''
  const near = keys.length === 1 ? nearest(keys[0] as string, LANGUAGES) : ''
  const which = keys.length === 1 ? 'the unknown language' : 'the unknown languages'
  return `${noun} has ${which} ${shown.join(', ')}${more}.${near} Known languages: ${LANGUAGES.join(', ')}.`
}
