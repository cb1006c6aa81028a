/** "Not proven" as it is printed: from what the certificate says, in either language. */
import type { Agreement } from './agreement.ts'
import { remarksOf } from './agreement-words.ts'
import type { JsonObject } from './credential.ts'
import { timeText } from './numbers.ts'
import type { Language } from './numbers.ts'
import { listAt, numberAt, objectAt, textAt } from './json-access.ts'
import { trustText } from './sheet-words.ts'
import { NOT_TRUE, QUORUM_ONLY } from './subject.ts'

export function notProvenIn(subject: JsonObject, agreement: Agreement | null, language: Language): string[] {
  const german = language === 'de'
  const notes = [
    german ? 'Unverändert ist nicht dasselbe wie wahr: Eine Signatur macht keinen Sensor ehrlich.' : NOT_TRUE,
  ]
  for (const stream of listAt(subject, 'streams')) {
    const way = `${textAt(stream, 'label')}: ${textAt(stream, 'protocol')}, ${trustText(textAt(stream, 'trust'), language)}`
    const simulated = stream['simulated'] === false ? '' : german ? ', simuliert' : ', simulated'
    notes.push(`${way}${simulated}; ${german ? 'keine Kalibrierung verzeichnet' : 'no calibration is recorded'}.`)
  }
  if (textAt(subject, 'source') === QUORUM_ONLY) {
    notes.push(german ? 'Die Messwerte sind nur durch das Quorum bezeugt.' : `The readings are ${QUORUM_ONLY}.`)
  }
  const asOf = timeText(numberAt(objectAt(subject, 'asOf'), 'timeUs'), language)
  notes.push(german ? `Widerruf nach ${asOf} nicht geprüft.` : `Revocation not checked after ${asOf}.`)
  if (agreement !== null) notes.push(...remarksOf(agreement, language))
  return notes
}
