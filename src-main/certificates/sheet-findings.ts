/** Findings of the rule, and the sources that the readings came from. */
import type { NamedRule } from '../packs/words.ts'
import type { JsonObject } from './credential.ts'
import { newestOf } from './headline.ts'
import { listAt, numberAt, objectAt, textAt } from './json-access.ts'
import type { CertificateMaterial } from './material.ts'
import { numberText } from './numbers.ts'
import { pageText } from './page-text.ts'
import { reasonText } from './reason-words.ts'
import type { Column, Row, SheetSection } from './sheet-model.ts'
import { valueText } from './sheet-readings.ts'
import { SHEET_TEXTS } from './sheet-texts.ts'
import { coverageText, protocolText, streamName, trustText, withUnit } from './sheet-words.ts'
import type { Stated } from './stated.ts'
import { zonedTimeShort } from './zoned-time.ts'

const VALUE_CHARS_MAX = 40
/** A pack gives some dozens, an asset has some streams; a stranger's file may hold any number. */
const FINDINGS_MAX = 200
const STREAMS_MAX = 100
/** What the verdict turns on. */
const DECIDING: readonly string[] = ['fraud', 'fail', 'conceded']

export function findingsSection(subject: JsonObject, stated: Stated, pack: NamedRule): SheetSection {
  const { language, zone } = stated
  const words = SHEET_TEXTS[language]
  const known = pack.words
  const version = pageText(textAt(objectAt(subject, 'pack'), 'version'))
  const streams = listAt(subject, 'streams')
  const nameOf = (id: string): string => {
    const stream = streams.find((one) => textAt(one, 'stream') === id)
    return stream === undefined ? '' : streamName(stream, streams, pack, language)
  }
  const rows = listAt(subject, 'reasons')
    .slice(0, FINDINGS_MAX)
    .map((reason): Row => ({
      cells: [
        { text: typeof reason['timeUs'] === 'number' ? zonedTimeShort(zone, reason['timeUs'], language) : '' },
        { text: nameOf(textAt(reason, 'stream')) },
        { text: reasonText(pack, reason, language, zone), strong: DECIDING.includes(textAt(reason, 'severity')) },
      ],
    }))
  const none = known === null ? words.noFindings : words.noneLookedFor + known.lookedFor[language]
  const columns: Column[] = [
    { label: words.when, share: 0.33, align: 'left' },
    { label: words.source, share: 0.17, align: 'left' },
    { label: words.finding1, share: 0.5, align: 'left' },
  ]
  return {
    title: words.findings,
    aside: words.judgedBy(`${pageText(pack.id)} ${version}`.trim()),
    text: rows.length === 0 ? none : '',
    columns: rows.length === 0 ? [] : columns,
    rows,
  }
}

export function sourcesSection(
  subject: JsonObject,
  material: CertificateMaterial,
  { language }: Stated,
  pack: NamedRule,
): SheetSection {
  const words = SHEET_TEXTS[language]
  const streams = listAt(subject, 'streams')
  // Where every source is, the frame on the page says so.
  const isAllSimulated = streams.every((stream) => stream['simulated'] === true)
  const rows = streams.slice(0, STREAMS_MAX).map((stream): Row => {
    const unit = textAt(stream, 'unit')
    const newest = newestOf(material, textAt(stream, 'stream'))
    const trust = trustText(textAt(stream, 'trust'), language)
    const mark = stream['simulated'] === true && !isAllSimulated ? `, ${words.sourceSimulated}` : ''
    const shown =
      newest === null
        ? ''
        : typeof newest.value === 'number'
          ? isHeadline(stream, pack)
            ? valueText(newest.value, unit, pack, language)
            : withUnit(numberText(newest.value, language), unit)
          : pageText(newest.value).slice(0, VALUE_CHARS_MAX)
    return {
      cells: [
        { text: streamName(stream, streams, pack, language) },
        { text: `${protocolText(textAt(stream, 'protocol'), language)}, ${trust}${mark}` },
        { text: pageText(textAt(stream, 'gateway')) },
        { text: numberText(numberAt(stream, 'readings'), language) },
        { text: coverageText(stream, language) },
        { text: shown },
      ],
    }
  })
  return {
    title: words.sources,
    aside: '',
    text: '',
    columns: [
      { label: words.stream, share: 0.21, align: 'left' },
      { label: words.trust, share: 0.23, align: 'left' },
      { label: words.gateway, share: 0.12, align: 'left' },
      { label: words.readings, share: 0.1, align: 'right' },
      { label: words.coverage, share: 0.12, align: 'right' },
      { label: words.lastValue, share: 0.22, align: 'left' },
    ],
    rows,
  }
}

function isHeadline(stream: JsonObject, pack: NamedRule): boolean {
  return textAt(stream, 'quantity') === pack.words?.headline.quantity
}
