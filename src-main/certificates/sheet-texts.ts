/** Fixed texts of the page, English and German. Counts come with the words that go with them, so that one gap is not "1 gaps". */
import type { Agreement } from './agreement.ts'
import { numberText } from './numbers.ts'
import type { Language } from '../wire/languages.ts'

export interface SheetTexts {
  // The page
  number: string
  issuedOn: (day: string) => string
  page: (page: number, of: number) => string
  paperProvesNothing: string
  simulated: string
  simulatedShort: string
  // About
  asset: string
  from: string
  to: string
  timeZone: string
  readFrom: string
  // Figures
  judgedReadings: string
  leftOut: (count: number) => string
  coverage: string
  inDays: (days: number) => string
  gapsTotal: (count: number, length: string) => string
  gapsText: (count: number) => string
  none: string
  notRecordedLength: (length: string) => string
  // Curve and readings
  curveAside: string
  curveAlt: (title: string, from: string, to: string, gaps: number) => string
  readings: string
  /** `judged` is more where some have no usable value. */
  readingsAll: (count: number, judged: number) => string
  readingsSome: (
    shown: number,
    of: number,
    more: { unit: string; findings: boolean; gaps: 'none' | 'all' | 'longest' },
  ) => string
  noReadings: string
  date: string
  time: string
  value: string
  days: string
  keptBecause: string
  first: string
  last: string
  units: Readonly<Record<'minute' | 'hour' | 'day' | 'week' | 'month' | 'year', string>>
  finding: string
  beforeGap: (n: number) => string
  afterGap: (n: number) => string
  gapRow: (n: number, reason: string, length: string) => string
  // Gaps
  gaps: string
  gap: string
  fromAndTo: string
  until: (time: string) => string
  length: string
  reason: string
  acknowledged: (by: string, reason: string) => string
  notRecorded: string
  notRecordedBefore: string
  notRecordedAfter: string
  notRecordedAtAll: string
  noGaps: string
  gapsAside: (count: number, printed: number) => string
  notCounted: string
  onlyOf: (labels: string) => string
  // Findings
  findings: string
  judgedBy: (pack: string) => string
  noneLookedFor: string
  noFindings: string
  when: string
  finding1: string
  source: string
  // Sources
  sources: string
  stream: string
  trust: string
  gateway: string
  lastValue: string
  sourceSimulated: string
  // Released
  releasedBy: string
  person: string
  noPerson: string
  issuer: string
  signedAt: string
  ledger: string
  ledgerText: (channel: string, entries: string) => string
  ledgerContinues: (ledger: string) => string
  cosigned: string
  onlyStated: string
  onlyStatedText: (what: { address: boolean; person: boolean; reasons: boolean }) => string
  cosignedText: (agreement: Agreement | null) => string
  // Not proven
  notProven: string
  // Check
  check: string
  codeOpens: string
  codeHolds: string
  howToCheck: (file: string) => string
  validity: string
  fingerprint: string
  root: string
  rootText: (root: string, entries: string, seal: string) => string
  policyFingerprint: string
  codeAlt: (text: string) => string
  convenience: string
}

function counted(count: number, one: string, many: string, language: Language): string {
  return `${numberText(count, language)} ${count === 1 ? one : many}`
}

const en = (count: number, one: string, many: string): string => counted(count, one, many, 'en')
const de = (count: number, one: string, many: string): string => counted(count, one, many, 'de')

const ENGLISH: SheetTexts = {
  number: 'Certificate number',
  issuedOn: (day) => `issued ${day}`,
  page: (page, of) => `page ${page} of ${of}`,
  paperProvesNothing: 'Paper proves nothing; the attached file can be checked',
  simulated: 'SIMULATED: from a simulator, not from a vehicle or sensor',
  simulatedShort: 'SIMULATED',
  asset: 'About',
  from: 'From',
  to: 'To',
  timeZone: 'Time zone',
  readFrom: 'Read from',
  judgedReadings: 'Readings judged',
  leftOut: (count) => (count === 0 ? 'none left out' : `${numberText(count, 'en')} of them left out`),
  coverage: 'Coverage',
  inDays: (days) => `in ${en(days, 'day', 'days')}`,
  gapsTotal: (count, length) => (count === 0 ? 'no gaps' : `${en(count, 'gap', 'gaps')}, ${length}`),
  gapsText: (count) => (count === 0 ? 'none' : numberText(count, 'en')),
  none: 'none',
  notRecordedLength: (length) => `not recorded: ${length}`,
  curveAside: 'hatched: no readings; ticks: readings in the table',
  curveAlt: (title, from, to, gaps) =>
    `${title} over time: ${from} at the beginning, ${to} at the end; ${gaps === 0 ? 'no gaps' : en(gaps, 'gap', 'gaps')}.`,
  readings: 'Readings',
  readingsAll: (count, judged) =>
    count < judged
      ? `the ${numberText(count, 'en')} of ${numberText(judged, 'en')} that have a value`
      : count === 1
        ? 'the only one'
        : `all ${numberText(count, 'en')}`,
  readingsSome: (shown, of, { unit, findings, gaps }) =>
    `${shown} of ${numberText(of, 'en')} printed: first, last, one a ${unit}${findings ? ', findings' : ''}` +
    { none: '', all: ', both sides of each gap', longest: ', both sides of the longest gaps' }[gaps],
  noReadings: 'No usable reading in the period.',
  date: 'Date',
  time: 'Time',
  value: 'Value',
  days: 'Days',
  keptBecause: 'Printed because',
  first: 'first',
  last: 'last',
  units: { minute: 'minute', hour: 'hour', day: 'day', week: 'week', month: 'month', year: 'year' },
  finding: 'finding',
  beforeGap: (n) => `before gap ${n}`,
  afterGap: (n) => `after gap ${n}`,
  gapRow: (n, reason, length) => `gap ${n}: ${reason}, ${length}`,
  gaps: 'Gaps',
  gap: 'No.',
  fromAndTo: 'From and to',
  until: (time) => `to ${time}`,
  length: 'Length',
  reason: 'Reason',
  acknowledged: (by, reason) => `Acknowledged by ${by === '' ? 'the issuer' : by}: ${reason}`,
  notRecorded: 'Not recorded',
  notRecordedBefore: 'Not recorded: the first reading came at the end of this time.',
  notRecordedAfter: 'Not recorded: there was no later reading when this was issued.',
  notRecordedAtAll: 'Not recorded: there is no reading in the period.',
  noGaps: 'None: between the first and the last reading nothing is missing.',
  gapsAside: (count, printed) => {
    if (printed < count)
      return `the longest ${numberText(printed, 'en')} of ${numberText(count, 'en')}; the file holds all`
    return count === 1 ? '1, printed' : count === 2 ? '2, both printed' : `${numberText(count, 'en')}, all printed`
  },
  notCounted: '–: not recorded at all',
  onlyOf: (labels) => `Concerns: ${labels}.`,
  findings: 'Findings',
  judgedBy: (pack) => `judged by the rule ${pack}`,
  noneLookedFor: 'None. Looked for: ',
  noFindings: 'None.',
  when: 'When',
  finding1: 'Finding',
  source: 'Source',
  sources: 'Sources',
  stream: 'Measured',
  trust: 'Way from the sensor',
  gateway: 'Gateway',
  lastValue: 'Newest value',
  sourceSimulated: 'simulated',
  releasedBy: 'Released by',
  person: 'Person',
  noPerson: 'no person named',
  issuer: 'Issuer',
  signedAt: 'Signed',
  ledger: 'Ledger',
  ledgerText: (channel, entries) => `${channel}, ${entries} entries`,
  ledgerContinues: (ledger) => `continues ${ledger}`,
  cosigned: 'Cosigned',
  onlyStated: 'Only stated',
  onlyStatedText: ({ address, person, reasons }) =>
    [
      'number',
      'time of signing',
      address ? 'address, contact' : '',
      person ? 'person' : '',
      reasons ? 'what was said to gaps' : '',
    ]
      .filter((part) => part !== '')
      .join(', '),
  cosignedText: (agreement) => {
    if (agreement === null) return 'by nobody whom the enclosed policy names'
    const { gateways, witnesses, independentMembers: owners, gatewaysTotal } = agreement
    const of = gateways.length <= gatewaysTotal ? `${gateways.length} of ${gatewaysTotal}` : `${gateways.length}`
    const who = owners === 0 ? 'unknown owners' : owners === 1 ? 'one owner' : `${owners} owners`
    const outside =
      witnesses.length === 0 ? '' : `, and ${en(witnesses.length, 'outside witness', 'outside witnesses')}`
    return `${of} ${Math.max(gatewaysTotal, gateways.length) === 1 ? 'gateway' : 'gateways'}, of ${who}${outside}`
  },
  notProven: 'Not proven',
  check: 'Check this certificate',
  codeOpens:
    'The code opens the issuer’s page about this certificate and brings its place in the ledger along. The address itself proves nothing.',
  codeHolds: 'The code holds number and fingerprint as text; it opens nothing.',
  howToCheck: (file) =>
    `To check it without the issuer: take the file ${file} out of this document (in a PDF it is an attachment) and drop it on a ` +
    'Plumbline verifier that came to you another way. Compare SHA-256 with the line above, and the policy with what the issuer tells ' +
    'you another way.',
  validity: 'Valid for the period above; a later reading needs a later certificate.',
  fingerprint: 'SHA-256',
  root: 'Root',
  rootText: (root, entries, seal) => `${root}, ${entries} entries, seal at entry ${seal}`,
  policyFingerprint: 'Policy',
  codeAlt: (text) => `Code with the text: ${text}`,
  convenience:
    'This page checks itself with a verifier that travelled in the same file: whoever could change one could change the other. ' +
    'It is a convenience. Check with a verifier that came another way: “plumbline verify FILE”, the “Verify a file” page of ' +
    'any Plumbline console, or other tools for W3C eddsa-jcs-2022 credentials and C2SP transparency logs.',
}

const GERMAN: SheetTexts = {
  number: 'Zertifikat Nr.',
  issuedOn: (day) => `ausgestellt ${day}`,
  page: (page, of) => `Seite ${page} von ${of}`,
  paperProvesNothing: 'Papier beweist nichts; die beigefügte Datei lässt sich prüfen',
  simulated: 'SIMULIERT: aus einem Simulator, nicht von Fahrzeug oder Sensor',
  simulatedShort: 'SIMULIERT',
  asset: 'Über',
  from: 'Von',
  to: 'Bis',
  timeZone: 'Zeitzone',
  readFrom: 'Gelesen aus',
  judgedReadings: 'Beurteilte Stände',
  leftOut: (count) => (count === 0 ? 'keiner ausgelassen' : `davon ${numberText(count, 'de')} ausgelassen`),
  coverage: 'Abdeckung',
  inDays: (days) => `in ${de(days, 'Tag', 'Tagen')}`,
  gapsTotal: (count, length) => (count === 0 ? 'keine Lücken' : `${de(count, 'Lücke', 'Lücken')}, ${length}`),
  gapsText: (count) => (count === 0 ? 'keine' : numberText(count, 'de')),
  none: 'keine',
  notRecordedLength: (length) => `nicht aufgezeichnet: ${length}`,
  curveAside: 'schraffiert: keine Werte; Striche: Werte der Tabelle',
  curveAlt: (title, from, to, gaps) =>
    `${title} über der Zeit: ${from} zu Beginn, ${to} am Ende; ${gaps === 0 ? 'keine Lücken' : de(gaps, 'Lücke', 'Lücken')}.`,
  readings: 'Stände',
  readingsAll: (count, judged) =>
    count < judged
      ? `die ${numberText(count, 'de')} von ${numberText(judged, 'de')}, die einen Wert haben`
      : count === 1
        ? 'der einzige'
        : `alle ${numberText(count, 'de')}`,
  readingsSome: (shown, of, { unit, findings, gaps }) =>
    `${shown} von ${numberText(of, 'de')}: erster, letzter, einer je ${unit}${findings ? ', Befunde' : ''}` +
    { none: '', all: ', beide Seiten jeder Lücke', longest: ', beide Seiten der längsten Lücken' }[gaps],
  noReadings: 'Kein verwendbarer Stand im Zeitraum.',
  date: 'Datum',
  time: 'Uhrzeit',
  value: 'Wert',
  days: 'Tage',
  keptBecause: 'Gezeigt, weil',
  first: 'erster',
  last: 'letzter',
  units: { minute: 'Minute', hour: 'Stunde', day: 'Tag', week: 'Woche', month: 'Monat', year: 'Jahr' },
  finding: 'Befund',
  beforeGap: (n) => `vor Lücke ${n}`,
  afterGap: (n) => `nach Lücke ${n}`,
  gapRow: (n, reason, length) => `Lücke ${n}: ${reason}, ${length}`,
  gaps: 'Lücken',
  gap: 'Nr.',
  fromAndTo: 'Von und bis',
  until: (time) => `bis ${time}`,
  length: 'Dauer',
  reason: 'Grund',
  acknowledged: (by, reason) => `Bestätigt ${by === '' ? 'vom Aussteller' : `von ${by}`}: ${reason}`,
  notRecorded: 'Nicht aufgezeichnet',
  notRecordedBefore: 'Nicht aufgezeichnet: Der erste Wert kam am Ende dieser Zeit.',
  notRecordedAfter: 'Nicht aufgezeichnet: Bei der Ausstellung gab es keinen späteren Wert.',
  notRecordedAtAll: 'Nicht aufgezeichnet: Im Zeitraum gibt es keinen Wert.',
  noGaps: 'Keine: Zwischen dem ersten und dem letzten Stand fehlt nichts.',
  gapsAside: (count, printed) => {
    if (printed < count)
      return `die längsten ${numberText(printed, 'de')} von ${numberText(count, 'de')}; die Datei hat alle`
    return count === 1 ? '1, gedruckt' : count === 2 ? '2, beide gedruckt' : `${numberText(count, 'de')}, alle gedruckt`
  },
  notCounted: '–: gar nicht aufgezeichnet',
  onlyOf: (labels) => `Betrifft: ${labels}.`,
  findings: 'Befunde',
  judgedBy: (pack) => `beurteilt nach der Regel ${pack}`,
  noneLookedFor: 'Keine. Gesucht: ',
  noFindings: 'Keine.',
  when: 'Wann',
  finding1: 'Befund',
  source: 'Quelle',
  sources: 'Quellen',
  stream: 'Gemessen',
  trust: 'Weg vom Sensor',
  gateway: 'Gateway',
  lastValue: 'Neuester Wert',
  sourceSimulated: 'simuliert',
  releasedBy: 'Freigegeben durch',
  person: 'Person',
  noPerson: 'keine Person genannt',
  issuer: 'Aussteller',
  signedAt: 'Signiert',
  ledger: 'Ledger',
  ledgerText: (channel, entries) => `${channel}, ${entries} Einträge`,
  ledgerContinues: (ledger) => `setzt fort: ${ledger}`,
  cosigned: 'Mitgezeichnet',
  onlyStated: 'Nur Angabe',
  onlyStatedText: ({ address, person, reasons }) =>
    [
      'Nummer',
      'Zeit der Signatur',
      address ? 'Anschrift, Kontakt' : '',
      person ? 'Person' : '',
      reasons ? 'Begründungen zu Lücken' : '',
    ]
      .filter((part) => part !== '')
      .join(', '),
  cosignedText: (agreement) => {
    if (agreement === null) return 'von niemandem, den die beigelegte Richtlinie nennt'
    const { gateways, witnesses, independentMembers: owners, gatewaysTotal } = agreement
    const of = gateways.length <= gatewaysTotal ? `${gateways.length} von ${gatewaysTotal}` : `${gateways.length}`
    const who =
      owners === 0 ? 'unbekannter Eigentümer' : owners === 1 ? 'eines Eigentümers' : `von ${owners} Eigentümern`
    const outside = witnesses.length === 0 ? '' : `, und ${de(witnesses.length, 'äußerer Zeuge', 'äußere Zeugen')}`
    return `${of} ${Math.max(gatewaysTotal, gateways.length) === 1 ? 'Gateway' : 'Gateways'} ${who}${outside}`
  },
  notProven: 'Nicht bewiesen',
  check: 'Dieses Zertifikat prüfen',
  codeOpens:
    'Der Code öffnet die Seite des Ausstellers zu diesem Zertifikat und bringt seinen Ort im Ledger mit. Die Adresse selbst beweist nichts.',
  codeHolds: 'Der Code enthält Nummer und Fingerabdruck als Text; er öffnet nichts.',
  howToCheck: (file) =>
    `Ohne den Aussteller prüfen: die Datei ${file} aus diesem Dokument nehmen (im PDF ist sie eine Anlage) und auf einen ` +
    'Plumbline-Prüfer ziehen, der auf anderem Weg kam. SHA-256 mit der Zeile oben vergleichen, die Richtlinie mit dem, was der ' +
    'Aussteller auf anderem Weg nennt.',
  validity: 'Gültig für den Zeitraum oben; ein späterer Stand braucht ein späteres Zertifikat.',
  fingerprint: 'SHA-256',
  root: 'Wurzel',
  rootText: (root, entries, seal) => `${root}, ${entries} Einträge, Siegel in Eintrag ${seal}`,
  policyFingerprint: 'Richtlinie',
  codeAlt: (text) => `Code mit dem Text: ${text}`,
  convenience:
    'Diese Seite prüft sich mit einem Prüfprogramm, das in derselben Datei mitgereist ist: Wer das eine ändern konnte, konnte auch das ' +
    'andere ändern. Das ist nur bequem. Prüfen Sie mit einem Programm, das auf anderem Weg kam: „plumbline verify DATEI“, die Seite ' +
    '„Datei prüfen“ einer Plumbline-Konsole oder andere Werkzeuge für W3C-Nachweise (eddsa-jcs-2022) und C2SP-Transparenzlogs.',
}

export const SHEET_TEXTS: Readonly<Record<Language, SheetTexts>> = { en: ENGLISH, de: GERMAN }
