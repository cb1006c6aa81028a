/** Findings of a pack in one line. The pack's own English sentence stands where no German one is known. */
import type { JsonObject } from './credential.ts'
import { numberText, timeText } from './numbers.ts'
import type { Language } from './numbers.ts'

type Worder = (reason: JsonObject, km: (name: string) => string) => string

const GERMAN: Readonly<Record<string, Worder>> = {
  ROLLBACK: (_, km) => `Rückgang von ${km('fromKm')} auf ${km('toKm')}`,
  JUMP: (_, km) => `Sprung von ${km('fromKm')} auf ${km('toKm')}, mehr als in dieser Zeit zu fahren ist`,
  WRONG_ASSET: (reason) => `Der Messwert nennt ein anderes Fahrzeug: ${String(reason['named'])}`,
  INCOMPLETE: (reason) =>
    typeof reason['days'] === 'number'
      ? `${reason['days']} Tage ohne Messwert`
      : 'Kein verwendbarer Messwert im Zeitraum',
  OUTLIER: () => 'Ein einzelner Messwert widerspricht beiden Nachbarn; er bleibt außer Betracht',
  OUTLIERS: () => 'Zu viele einzelne Messwerte widersprechen ihren Nachbarn',
  WRAP: () => 'Erklärter Überlauf des Zählers, von zwei Seiten signiert',
  REPLACEMENT: () => 'Erklärter Tausch des Instruments, von zwei Seiten signiert',
  ONE_PARTY: () => 'Eine Erklärung entschuldigt nichts: Keine zweite Partei hat sie bestätigt',
  DISAGREEMENT: () => 'Zwei Quellen dieses Fahrzeugs widersprechen einander',
  WITHHELD: () => 'Messwerte sind zurückgehalten; ein Urteil stünde auf dem, was niemand sieht',
  CLOCK_BACK: () => 'Die Uhr der Quelle ging zurück',
  UNIT: () => 'Die Einheit ist keine Strecke, die dieses Regelwerk kennt',
}

export function reasonText(reason: JsonObject, language: Language): string {
  const code = String(reason['code'] ?? '')
  const km = (name: string): string =>
    typeof reason[name] === 'number' ? `${numberText(reason[name], language)} km` : String(reason[name])
  const word = language === 'de' ? GERMAN[code] : undefined
  const text = word === undefined ? String(reason['text'] ?? '') : word(reason, km)
  const at = typeof reason['timeUs'] === 'number' ? `, ${timeText(reason['timeUs'], language)}` : ''
  return `${code}: ${text}${at}`
}
