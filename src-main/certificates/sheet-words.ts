/** The words of the renderings, in both languages, side by side so that neither is forgotten. */
import type { Agreement } from './agreement.ts'
import type { Language } from './numbers.ts'

export interface SheetWords {
  title: (pack: string) => string
  verdict: (pack: string, verdict: string) => string
  certificate: string
  period: string
  to: string
  judgedBy: string
  issuedBy: string
  signed: string
  asOf: string
  number: string
  readings: string
  readingsAll: string
  withheld: string
  coverage: string
  source: string
  trust: string
  gateway: string
  stream: string
  gaps: string
  none: string
  findings: string
  figures: string
  notProven: string
  statedByIssuer: string
  ledger: string
  entries: string
  seal: string
  root: string
  fingerprint: string
  policyFingerprint: string
  cosigned: (agreement: Agreement | null) => string
  simulated: string
  page: (page: number, of: number) => string
  gapsText: (count: number) => string
  summary: (cosigned: string) => string
  onlyTheFile: string
  convenience: string
}

const ENGLISH: SheetWords = {
  title: (pack) => (pack === 'odometer' ? 'Certificate of mileage history' : `Certificate: ${pack}`),
  verdict: (pack, verdict) => {
    if (verdict === 'no judgement') return 'No judgement is possible.'
    return pack === 'odometer' ? `The mileage history is ${verdict}.` : `Verdict: ${verdict}.`
  },
  certificate: 'Certificate',
  period: 'Period',
  to: 'to',
  judgedBy: 'Judged by',
  issuedBy: 'Issued by',
  signed: 'Signed',
  asOf: 'As of ledger time',
  number: 'Number',
  readings: 'Readings',
  readingsAll: 'Readings judged, all streams',
  withheld: 'withheld',
  coverage: 'Coverage',
  source: 'Source',
  trust: 'Way from the sensor',
  gateway: 'Gateway',
  stream: 'Measured',
  gaps: 'Gaps',
  none: 'none',
  findings: 'Findings',
  figures: 'Figures',
  notProven: 'Not proven',
  statedByIssuer: 'Stated by the issuer',
  ledger: 'Ledger',
  entries: 'Entries',
  seal: 'Seal',
  root: 'Tree root',
  fingerprint: 'SHA-256 of the certificate file',
  policyFingerprint: 'Fingerprint of the enclosed trust policy',
  cosigned: (agreement) =>
    agreement === null
      ? 'cosigned by nobody that the enclosed policy names'
      : `cosigned by ${agreement.gateways.length} gateways of ${agreement.independentMembers} independent members and ` +
        `${agreement.witnesses.length} outside witnesses; the enclosed policy asks for ${agreement.required}`,
  simulated: 'SIMULATED: from a simulator, not from a vehicle or sensor',
  page: (page, of) => `page ${page} of ${of}`,
  gapsText: (count) => (count === 0 ? 'none' : `${count}`),
  summary: (cosigned) =>
    `Paper proves nothing. Whether these readings are unchanged since they were recorded is shown by verifying the embedded file: ${cosigned}. ` +
    'Whether the sensors were right is shown by no signature.',
  onlyTheFile: 'PDF, HTML and .plumb say the same; only the .plumb, which is embedded here, is what a verifier reads.',
  convenience:
    'This page checks itself with a verifier that travelled in the same file: whoever could change one could change the other. ' +
    'It is a convenience. Check with a verifier that came another way: “plumbline verify FILE”, the “Verify a file” page of ' +
    'any Plumbline console, or other tools for W3C eddsa-jcs-2022 credentials and C2SP transparency logs.',
}

const GERMAN: SheetWords = {
  title: (pack) => (pack === 'odometer' ? 'Zertifikat über den Kilometerstand' : `Zertifikat: ${pack}`),
  verdict: (pack, verdict) => {
    if (verdict === 'no judgement') return 'Kein Urteil möglich.'
    if (pack !== 'odometer') return `Urteil: ${verdict}.`
    return verdict === 'logical'
      ? 'Der Verlauf der Kilometerstände ist schlüssig.'
      : 'Der Verlauf der Kilometerstände ist nicht schlüssig.'
  },
  certificate: 'Zertifikat',
  period: 'Zeitraum',
  to: 'bis',
  judgedBy: 'Beurteilt durch',
  issuedBy: 'Ausgestellt von',
  signed: 'Signiert',
  asOf: 'Stand nach Ledger-Zeit',
  number: 'Nummer',
  readings: 'Messwerte',
  readingsAll: 'Beurteilte Messwerte aller Ströme',
  withheld: 'zurückgehalten',
  coverage: 'Abdeckung',
  source: 'Quelle',
  trust: 'Weg vom Sensor',
  gateway: 'Gateway',
  stream: 'Gemessen',
  gaps: 'Lücken',
  none: 'keine',
  findings: 'Befunde',
  figures: 'Kennzahlen',
  notProven: 'Nicht bewiesen',
  statedByIssuer: 'Angaben des Ausstellers',
  ledger: 'Ledger',
  entries: 'Einträge',
  seal: 'Siegel',
  root: 'Wurzel des Baums',
  fingerprint: 'SHA-256 der Zertifikatsdatei',
  policyFingerprint: 'Fingerabdruck der beigelegten Vertrauensrichtlinie',
  cosigned: (agreement) =>
    agreement === null
      ? 'mitgezeichnet von niemandem, den die beigelegte Richtlinie nennt'
      : `mitgezeichnet von ${agreement.gateways.length} Gateways von ${agreement.independentMembers} unabhängigen Mitgliedern und ` +
        `${agreement.witnesses.length} äußeren Zeugen; die beigelegte Richtlinie verlangt ${agreement.required.replace(' of ', ' von ')}`,
  simulated: 'SIMULIERT: aus einem Simulator, nicht von Fahrzeug oder Sensor',
  page: (page, of) => `Seite ${page} von ${of}`,
  gapsText: (count) => (count === 0 ? 'keine' : `${count}`),
  summary: (cosigned) =>
    `Papier beweist nichts. Ob diese Messwerte seit ihrer Aufzeichnung unverändert sind, zeigt die Prüfung der eingebetteten Datei: ${cosigned}. ` +
    'Ob die Sensoren recht hatten, zeigt keine Signatur.',
  onlyTheFile: 'PDF, HTML und .plumb sagen dasselbe; geprüft wird nur die .plumb-Datei, die hier eingebettet ist.',
  convenience:
    'Diese Seite prüft sich mit einem Prüfprogramm, das in derselben Datei mitgereist ist: Wer das eine ändern konnte, konnte auch das ' +
    'andere ändern. Das ist nur bequem. Prüfen Sie mit einem Programm, das auf anderem Weg kam: „plumbline verify DATEI“, die Seite ' +
    '„Datei prüfen“ einer Plumbline-Konsole oder andere Werkzeuge für W3C-Nachweise (eddsa-jcs-2022) und C2SP-Transparenzlogs.',
}

export const SHEET_WORDS: Readonly<Record<Language, SheetWords>> = { en: ENGLISH, de: GERMAN }

const GERMAN_TRUST: Readonly<Record<string, string>> = {
  unauthenticated: 'nicht authentifiziert',
  'authenticated channel': 'authentifizierte Verbindung',
  'signed by device': 'vom Gerät signiert',
}

export function trustText(trust: string, language: Language): string {
  return language === 'de' ? (GERMAN_TRUST[trust] ?? trust) : trust
}

const FIGURE_NAMES: Readonly<Record<string, readonly [english: string, german: string]>> = {
  distanceKm: ['Distance driven', 'Gefahrene Strecke'],
  firstKm: ['First reading', 'Erster Stand'],
  lastKm: ['Last reading', 'Letzter Stand'],
  readings: ['Readings judged', 'Beurteilte Messwerte'],
  leftOut: ['Readings left out', 'Ausgelassene Messwerte'],
  days: ['Days', 'Tage'],
}

/** Name and unit of a pack's figure; an unknown one keeps its own name. */
export function figureName(name: string, language: Language): { label: string; unit: string } {
  const known = FIGURE_NAMES[name]
  return { label: known?.[language === 'de' ? 1 : 0] ?? name, unit: name.endsWith('Km') ? ' km' : '' }
}
