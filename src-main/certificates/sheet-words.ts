/** The words of the renderings, in both languages, side by side so that neither is forgotten. A pack's own words stand with it. */
import type { FigureWords, NamedRule, Told } from '../packs/words.ts'
import type { JsonObject } from './credential.ts'
import { numberAt, textAt, textInAt } from './json-access.ts'
import { fixedText, numberText } from './numbers.ts'
import type { Language } from '../wire/languages.ts'
import { pageText } from './page-text.ts'
import { SHEET_TEXTS } from './sheet-texts.ts'
import type { SheetTexts } from './sheet-texts.ts'

export interface SheetWords extends SheetTexts {
  title: (pack: NamedRule) => string
  /** The verdict as one sentence. */
  verdict: (pack: NamedRule, verdict: string) => string
}

export interface VerdictParts {
  before: string
  strong: string
  after: string
}

/** The verdict with the word that it turns on. `isPlain`: nothing was found that has to be told beside it. */
export function verdictParts(pack: NamedRule, verdict: string, isPlain: boolean, language: Language): VerdictParts {
  const known = pack.words?.verdicts[verdict]
  const end = isPlain ? '.' : language === 'de' ? '; Näheres unter Befunde.' : '; see Findings.'
  if (known !== undefined) {
    const after = known.after[language] + (isPlain ? known.because[language] : '')
    return { before: known.before[language], strong: known.strong[language], after: after + end }
  }
  if (verdict === 'no judgement') {
    return language === 'de'
      ? { before: '', strong: 'Kein Urteil', after: ` ist möglich${end}` }
      : { before: '', strong: 'No judgement', after: ` is possible${end}` }
  }
  return { before: language === 'de' ? 'Urteil: ' : 'Verdict: ', strong: pageText(verdict), after: end }
}

function titleText(pack: NamedRule, language: Language): string {
  return pack.words?.title[language] ?? `${language === 'de' ? 'Zertifikat' : 'Certificate'}: ${pageText(pack.id)}`
}

/** The short sentence: what a list or a preview has room for. */
function verdictText(pack: NamedRule, verdict: string, language: Language): string {
  const known = pack.words?.verdicts[verdict]
  if (known !== undefined) return `${known.before[language]}${known.strong[language]}${known.after[language]}.`
  const { before, strong, after } = verdictParts(pack, verdict, true, language)
  return before + strong + after
}

function wordsIn(language: Language): SheetWords {
  return {
    ...SHEET_TEXTS[language],
    title: (pack) => titleText(pack, language),
    verdict: (pack, verdict) => verdictText(pack, verdict, language),
  }
}

export const SHEET_WORDS: Readonly<Record<Language, SheetWords>> = { en: wordsIn('en'), de: wordsIn('de') }

const TRUST: Readonly<Record<string, Told>> = {
  unauthenticated: { en: 'not authenticated', de: 'nicht authentifiziert' },
  'authenticated channel': { en: 'authenticated connection', de: 'authentifizierte Verbindung' },
  'signed by device': { en: 'signed by the device', de: 'vom Gerät signiert' },
}

/** Known words for how far a source proves who it is; anything else as it stands. */
export function trustText(trust: string, language: Language): string {
  return TRUST[trust]?.[language] ?? pageText(trust)
}

/** How the gateway reaches a source (`protocolOf` in the acquisition), as a reader says it who knows no protocols. */
export function protocolText(protocol: string, language: Language): string {
  const serial = /^serial(?: line)?(?:, (.+))?$/i.exec(protocol)
  if (serial === null) return pageText(protocol)
  const line = language === 'de' ? 'serielle Leitung' : 'serial line'
  const framing = pageText(serial[1] ?? '')
  return framing === '' ? line : `${line} (${framing.length <= 4 ? framing.toUpperCase() : framing})`
}

/** What a stream measures, in the pack's words where no other stream of the asset measures the same; else its own label. */
export function streamName(
  stream: JsonObject,
  all: readonly JsonObject[],
  pack: NamedRule,
  language: Language,
): string {
  const quantity = textAt(stream, 'quantity')
  const name = pack.words?.quantities[quantity]?.[language]
  const isOnly = all.filter((one) => textAt(one, 'quantity') === quantity).length === 1
  return name !== undefined && isOnly ? name : pageText(textInAt(stream, 'label', language))
}

/** "treadDepth" as "tread Depth": a figure that no table names must still be readable. */
function spelledOut(name: string): string {
  return pageText(name).replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
}

/** Name and value of a pack's figure, with unit and precision; an unknown one keeps its own name. */
export function figureText(
  pack: NamedRule,
  name: string,
  value: unknown,
  language: Language,
): { label: string; text: string } {
  const known: FigureWords | undefined = pack.words?.figures[name]
  const label = known?.label[language] ?? spelledOut(name)
  if (typeof value === 'number') {
    if (known === undefined) return { label, text: numberText(value, language) }
    return { label, text: withUnit(fixedText(value, language, known.decimals), known.unit) }
  }
  return { label, text: typeof value === 'string' ? pageText(value) : pageText(JSON.stringify(value) ?? '') }
}

/** How much of the period a stream covers, cut, not rounded: nothing with a gap is covered by 100 %, and what has readings not by 0 %. */
export function coverageText(stream: JsonObject, language: Language): string {
  const percent = Math.floor(numberAt(stream, 'coverage') / 100) / 10
  if (percent === 0 && numberAt(stream, 'readings') > 0)
    return `${language === 'de' ? 'unter' : 'under'} ${numberText(0.1, language, 1)} %`
  return `${numberText(percent, language, 1)} %`
}

/** UCUM writes "no unit" as 1. */
export function withUnit(text: string, unit: string): string {
  return unit === '' || unit === '1' ? text : `${text} ${pageText(unit)}`
}
