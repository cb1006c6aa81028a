/** "Not proven" as it is printed: from what the certificate says, in either language. */
import type { Agreement } from './agreement.ts'
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
  notes.push(...remarksOf(agreement, german))
  return notes
}

function remarksOf(agreement: Agreement | null, german: boolean): string[] {
  if (agreement === null) return []
  if (!german) return agreement.remarks
  const remarks: string[] = []
  if (agreement.independentMembers < 2 && agreement.witnesses.length === 0) {
    remarks.push(
      'Der Betreiber allein hätte dies umschreiben können: Kein anderes Mitglied und kein äußerer Zeuge hat mitgezeichnet.',
    )
  }
  if (agreement.gatewaysTotal === 2) {
    remarks.push(
      agreement.required.startsWith('1 ')
        ? 'Zwei Gateways, von denen eines genügt: Ein Lügner genügt.'
        : 'Zwei Gateways, die beide mitzeichnen müssen: Fällt eines aus, steht es.',
    )
  }
  return remarks
}
