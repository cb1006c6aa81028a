/**
 * Why readings are missing, as our own software writes it into a signed gap, in words for a reader who knows neither the gateway nor
 * its protocols. What is not known here is quoted as the message that it is.
 */
import type { Language } from '../wire/languages.ts'
import { pageText } from './page-text.ts'

type Pattern = readonly [matches: RegExp, english: string, german: string]

/** Texts of the recorder, of the drivers (`src-main/acquisition`) and of `recorded.ts`; the first that matches stands. */
const PATTERNS: readonly Pattern[] = [
  [
    /^the stream was not at this asset$/,
    'the source was connected to something else',
    'die Quelle war an etwas anderes angeschlossen',
  ],
  [
    /^gateway .+ is not reachable$/,
    'the gateway that reads it is out of reach',
    'das Gateway, das sie liest, ist nicht erreichbar',
  ],
  [/^starting$/, 'reading it begins', 'das Lesen beginnt'],
  [/^the gateway was not recording$/, 'the gateway was not recording', 'das Gateway zeichnete nicht auf'],
  [
    /^readings were lost before they could be signed$/,
    'readings were lost before they could be signed',
    'Messwerte gingen verloren, bevor sie signiert werden konnten',
  ],
  [
    /^readings came faster than they could be recorded$/,
    'readings came faster than they could be recorded',
    'Messwerte kamen schneller, als sie aufgezeichnet werden konnten',
  ],
  [
    /^no notification for \d+ ms|^the server has been silent for|^the server answers again after a silence$/,
    'the source was silent although it was connected',
    'die Quelle schwieg, obwohl sie verbunden war',
  ],
  [/queue overflowed$/, 'the source could not keep all values', 'die Quelle konnte nicht alle Werte aufbewahren'],
  [
    /^\d+ notifications were lost on the way$/,
    'values were lost on the way from the source',
    'Werte gingen auf dem Weg von der Quelle verloren',
  ],
  [
    /certificate (?:is not trusted|was refused by a person)/,
    'the source was not trusted',
    'der Quelle wurde nicht vertraut',
  ],
  [
    /no reply within|no good frame|silent for|does not answer|did not answer|timed? ?out|no answer|ETIMEDOUT|EHOSTUNREACH|no line for|nothing came/i,
    'the source did not answer',
    'die Quelle antwortete nicht',
  ],
  [
    /closed the connection|connection was lost|ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|No such file|ENOTFOUND|closed by us|disconnected|unplugged|the port was closed|cannot open|Port is not open|^stopped$/i,
    'the connection to the source was interrupted',
    'die Verbindung zur Quelle war unterbrochen',
  ],
  [/^exception \d+:|^the device |Modbus/, 'the source refused to answer', 'die Quelle verweigerte die Antwort'],
  [
    /checksum|damaged|malformed|the reply |came that nobody asked for|answered instead of|another master/,
    'what came from the source was damaged',
    'was von der Quelle kam, war beschädigt',
  ],
]

/** One phrase in lower case, without a full stop. */
export function gapReasonText(reason: string, language: Language): string {
  return reason
    .split('; then: ')
    .map((part) => phrase(part, language))
    .filter((part, at, all) => all.indexOf(part) === at)
    .join(language === 'de' ? '; danach: ' : '; then: ')
}

function phrase(reason: string, language: Language): string {
  const known = PATTERNS.find(([matches]) => matches.test(reason))
  if (known !== undefined) return known[language === 'de' ? 2 : 1]
  const said = pageText(reason)
  if (said === '') return language === 'de' ? 'kein Grund verzeichnet' : 'no reason is recorded'
  return language === 'de' ? `Meldung der Quelle: „${said}“` : `the source’s own message: “${said}”`
}
