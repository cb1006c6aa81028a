/** The ledger that a channel says it continues, for people: enough of its name and root to compare, and where it ended. */
import type { JsonObject } from './credential.ts'
import { numberAt, objectAt, textAt } from './json-access.ts'
import { numberText } from './numbers.ts'
import type { Language } from '../wire/languages.ts'

/** Root in hex. Out of a file it may be any text. */
export interface ContinuedLedger {
  origin: string
  size: number
  root: string
}

const HOST_DIGITS = 'plumbline.local/'.length
const SHOWN_DIGITS = 16

/** What the subject of a certificate says; null where its channel continues nothing. */
export function continuedIn(subject: JsonObject): ContinuedLedger | null {
  const continues = objectAt(objectAt(subject, 'channel'), 'continues')
  const origin = textAt(continues, 'origin')
  return origin === '' ? null : { origin, size: numberAt(continues, 'size'), root: textAt(continues, 'root') }
}

export function continuedText({ origin, size, root }: ContinuedLedger, language: Language): string {
  const name = shortened(origin, HOST_DIGITS + SHOWN_DIGITS)
  const entries = numberText(size, language)
  return language === 'en'
    ? `${name} at ${entries} entries, root ${shortened(root, SHOWN_DIGITS)}, by its founder’s word`
    : `${name} ab ${entries} Einträgen, Wurzel ${shortened(root, SHOWN_DIGITS)}, nach dem Wort seines Gründers`
}

function shortened(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars)}…`
}
