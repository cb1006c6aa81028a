/** "Not proven" as it is printed: from what the certificate says, in either language. */
import type { NamedRule, PackWords } from '../packs/words.ts'
import type { Agreement } from './agreement.ts'
import { remarksOf } from './agreement-words.ts'
import type { JsonObject } from './credential.ts'
import { numberText } from './numbers.ts'
import type { Language } from '../wire/languages.ts'
import { listAt, numberAt, objectAt, textAt } from './json-access.ts'
import { filled } from './reason-words.ts'
import { streamName, trustText } from './sheet-words.ts'
import { UTC } from './stated.ts'
import type { StatedZone } from './stated.ts'
import { NOT_TRUE, QUORUM_ONLY } from './subject.ts'
import { zonedDay, zonedDayShort, zonedTimeShort } from './zoned-time.ts'

/** There are three kinds of trust; a stranger's file may name any number, of any number of streams. */
const KINDS_MAX = 5
const LABELS_MAX = 5

export function notProvenIn(
  subject: JsonObject,
  pack: NamedRule,
  agreement: Agreement | null,
  { language, zone }: { language: Language; zone: StatedZone },
): string[] {
  const german = language === 'de'
  const notes = [
    german ? 'Unverändert ist nicht dasselbe wie wahr: Eine Signatur macht keinen Sensor ehrlich.' : NOT_TRUE,
    ...packNotes(subject, pack, language, zone),
    ...sourceNotes(subject, pack, language),
  ]
  if (textAt(subject, 'source') === QUORUM_ONLY) {
    notes.push(
      german
        ? 'Von welchem Gateway ein einzelner Messwert kam: Dafür stehen nur alle Gateways gemeinsam.'
        : 'Which gateway a single reading came from: only all gateways together vouch for it.',
    )
  }
  const asOf = zonedTimeShort(zone, numberAt(objectAt(subject, 'asOf'), 'timeUs'), language)
  notes.push(german ? `Dass nach ${asOf} kein Schlüssel widerrufen wurde.` : `That no key was revoked after ${asOf}.`)
  if (agreement !== null) notes.push(...remarksOf(agreement, language))
  return notes
}

/** Readings that came out of a store, such as a logger's or a file: that they stood there is proven, when they were taken is not. */
export function lateNote(subject: JsonObject, language: Language, zone: StatedZone = UTC): string {
  const late = listAt(subject, 'streams')
    .map((stream) => objectAt(stream, 'late'))
    .filter((one) => numberAt(one, 'readings') > 0)
  if (late.length === 0) return ''
  const readings = late.reduce((sum, one) => sum + numberAt(one, 'readings'), 0)
  const untilUs = late.reduce((latest, one) => Math.max(latest, numberAt(one, 'toUs')), numberAt(late[0]!, 'toUs'))
  const [count, until] = [numberText(readings, language), zonedDayShort(zone, untilUs, language)]
  return language === 'de'
    ? `über einen Tag später signiert: ${count}, bis ${until}; wann sie genommen wurden, ist nicht bewiesen`
    : `signed over a day later: ${count}, up to ${until}; when they were taken is not proven`
}

/** What the rule itself cannot show. */
function packNotes(subject: JsonObject, { words }: NamedRule, language: Language, zone: StatedZone): string[] {
  if (words === null) return []
  const streams = listAt(subject, 'streams')
  const hasGaps = streams.some((stream) => listAt(stream, 'gaps').length > 0)
  const dayOf = (timeUs: number | null): string | null => (timeUs === null ? null : zonedDay(zone, timeUs, language))
  const first = dayOf(firstOf(streams, words.headline.quantity))
  const own = words.notProven
    .filter(({ when }) => when === 'always' || hasGaps)
    .flatMap(({ text }) => filled(text[language], () => first) ?? [])
  return [...own, ...identityNotes(first, dayOf(firstOf(streams, words.identity.quantity)), words.identity, language)]
}

/** Readings of another vehicle would not be noticed where nothing names the vehicle. */
function identityNotes(
  first: string | null,
  named: string | null,
  { late, never }: PackWords['identity'],
  language: Language,
): string[] {
  if (first === null || first === named) return []
  if (named === null) return [never[language]]
  return [filled(late[language], () => named) ?? never[language]]
}

function firstOf(streams: JsonObject[], quantity: string): number | null {
  const firsts = streams
    .filter((stream) => textAt(stream, 'quantity') === quantity)
    .flatMap((stream) => (typeof stream['firstUs'] === 'number' ? [numberAt(stream, 'firstUs')] : []))
  return firsts.length === 0 ? null : firsts.reduce((a, b) => Math.min(a, b))
}

/** One sentence for each way on which something could have been changed before it was signed. */
function sourceNotes(subject: JsonObject, pack: NamedRule, language: Language): string[] {
  const all = listAt(subject, 'streams')
  const byTrust = Map.groupBy(all, (stream) => textAt(stream, 'trust'))
  return [...byTrust].slice(0, KINDS_MAX).map(([trust, streams]) => {
    const labels = [
      ...new Set(streams.slice(0, LABELS_MAX).map((stream) => streamName(stream, all, pack, language))),
    ].join(', ')
    const which = byTrust.size === 1 ? '' : ` (${labels})`
    const simulated =
      streams.some((stream) => stream['simulated'] === true) && all.some((stream) => stream['simulated'] !== true)
    const mark = !simulated ? '' : language === 'de' ? ', simuliert' : ', simulated'
    return language === 'de'
      ? `Was auf dem Weg zum Gateway geschah${which}: ${trustText(trust, language)}${mark}; keine Kalibrierung ist verzeichnet.`
      : `What happened on the way to the gateway${which}: ${trustText(trust, language)}${mark}; no calibration is recorded.`
  })
}
