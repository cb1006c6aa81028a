/** The figures under the verdict: what the pack counts most, then how many readings were judged and how much of the period they cover. */
import type { NamedRule } from '../packs/words.ts'
import type { JsonObject } from './credential.ts'
import type { Headline } from './headline.ts'
import { listAt, numberAt, objectAt } from './json-access.ts'
import { numberText } from './numbers.ts'
import { notRecordedOf } from './sheet-gaps.ts'
import type { PageGap, Period } from './sheet-gaps.ts'
import type { Sheet } from './sheet-model.ts'
import { SHEET_TEXTS } from './sheet-texts.ts'
import { coverageText, figureText } from './sheet-words.ts'
import type { Stated } from './stated.ts'
import { lengthText, zonedClock, zonedDayShort } from './zoned-time.ts'

const FIGURES_MAX = 12

interface FiguresInput {
  subject: JsonObject
  headline: Headline | null
  gaps: PageGap[]
  stated: Stated
  pack: NamedRule
  period: Period
  /** Readings of the headline's stream in the period. */
  judged: number
}

export function figuresOf(input: FiguresInput): Sheet['figures'] {
  const { subject, headline, stated, pack } = input
  const { language, zone } = stated
  const words = SHEET_TEXTS[language]
  const figures = objectAt(subject, 'figures')
  const known = pack.words?.headline
  const told = new Set(known === undefined ? [] : [known.first, known.last, known.total, known.days, known.leftOut])
  const last = headline?.points.at(-1)
  const list: Sheet['figures'] = []
  const add = (name: string, note: string): void => {
    const value = figures[name]
    // Rows and pairs of the pack stand elsewhere.
    if (value === undefined || (typeof value === 'object' && value !== null)) return
    const { label, text } = figureText(pack, name, value, language)
    list.push({ label, value: text, note })
  }
  if (known !== undefined) {
    add(
      known.last,
      last === undefined ? '' : `${zonedDayShort(zone, last.timeUs, language)}, ${zonedClock(zone, last.timeUs)}`,
    )
    add(known.total, figures[known.days] === undefined ? '' : words.inDays(numberAt(figures, known.days)))
  }
  for (const name of Object.keys(figures).toSorted()) {
    // Readings are counted once on a page: by the stream, as in the table of sources.
    if (!told.has(name) && name !== 'readings' && list.length < FIGURES_MAX) add(name, '')
  }
  if (headline !== null) {
    const leftOut = known === undefined ? null : figures[known.leftOut]
    list.push({
      label: words.judgedReadings,
      value: numberText(input.judged, language),
      note: typeof leftOut === 'number' ? words.leftOut(leftOut) : '',
    })
  }
  list.push(...coverageFigure(input))
  return list
}

/** Of the headline's stream, or of the one that is covered least. */
function coverageFigure({ subject, headline, gaps, stated, period }: FiguresInput): Sheet['figures'] {
  const { language } = stated
  const words = SHEET_TEXTS[language]
  const streams = listAt(subject, 'streams')
  const stream = headline?.stream ?? streams.toSorted((a, b) => numberAt(a, 'coverage') - numberAt(b, 'coverage'))[0]
  if (stream === undefined) return []
  const own = gaps.filter((gap) => headline === null || gap.streams.includes(headline.id))
  const length = (spans: Period[]): number => spans.reduce((sum, { fromUs, toUs }) => sum + toUs - fromUs, 0)
  const missing = length(notRecordedOf(stream, period) ?? [])
  const nothing = missing >= period.toUs - period.fromUs
  const notes = [
    ...(nothing ? [] : [words.gapsTotal(own.length, lengthText(length(merged(own)), language))]),
    ...(missing > 0 ? [words.notRecordedLength(lengthText(missing, language))] : []),
  ]
  return [{ label: words.coverage, value: coverageText(stream, language), note: notes.join('; ') }]
}

/** Gaps may lie over each other; time is missing once. */
function merged(gaps: PageGap[]): Period[] {
  const spans: Period[] = []
  for (const { fromUs, toUs } of gaps) {
    const last = spans.at(-1)
    if (last !== undefined && fromUs <= last.toUs) last.toUs = Math.max(last.toUs, toUs)
    else spans.push({ fromUs, toUs })
  }
  return spans
}
