/** What is said of a file before and beside the verdict on its certificate: what was certified, and whether its page shows that. */
import { wordCheck } from './check-words.ts'
import type { WordedCheck } from './check-words.ts'
import type { Certified } from './certified.ts'
import { continuedText } from './continues-words.ts'
import type { DocumentCheck, PageReason } from './document-check.ts'
import { timeText, usOfIso } from './numbers.ts'
import { shippedRule } from '../packs/shipped-words.ts'
import { textIn, type Language } from '../wire/languages.ts'
import { figureText, SHEET_WORDS } from './sheet-words.ts'
import { wordVerdict } from './wording.ts'

export interface WordedDocument extends WordedCheck {
  /** Whether the page is drawn from the certificate in it; null where there is no page to speak of. */
  page: string | null
}

/** Verdict and page in words. What is wrong with the page comes first: it is what the reader has looked at. */
export function wordDocument(check: DocumentCheck, language: Language): WordedDocument {
  const others = check.missing.filter(({ code }) => code !== 'page_not_ours' && code !== 'page_unknown')
  const verdict = check.verdict === 'changed' ? 'changed' : others.length > 0 ? 'cannot-tell' : 'unchanged'
  const inside = { ...check, ...wordVerdict(verdict, check.steps, others), verdict, missing: others } as const
  const worded = wordCheck(inside, language)
  const page = check.verdict === 'changed' ? null : pageSentence(check, language)
  if (page === null || check.page === 'ours') return { ...worded, page }
  const first = PAGE_WORDS[language]
  if (verdict === 'unchanged') {
    const headline = check.page === 'not-ours' ? first.notOursHeadline : first.unknownHeadline
    return { ...worded, headline, explanation: `${page} ${first.inside}`, page }
  }
  return { ...worded, explanation: `${page} ${worded.explanation}`, page }
}

const PAGE_WORDS = {
  en: {
    ours: 'The page you see is the one that Plumbline draws from this certificate, byte for byte.',
    notOurs: 'The page was not drawn by Plumbline from this certificate: what it shows may be anything.',
    name: 'The file is a bare certificate that is named like a page: what a program shows of it may be anything. Give it the ending .plumb.',
    script: 'The page carries a verifier that this release does not know, so it may show and say anything.',
    anything: 'what it shows may be anything.',
    channel: 'The page was not compared, because its channel is not vouched for yet',
    host: 'The page of a PDF is not compared here but by plumbline verify',
    template: (number: number) =>
      `The page follows template ${number}, which this release cannot draw, so it was not compared`,
    notOursHeadline: 'Cannot tell: this page was not drawn from the certificate in it.',
    unknownHeadline: 'Cannot tell: this page was not compared with the certificate in it.',
    inside:
      'The certificate that was found inside holds under the pinned trust policy; another program may find another one. ' +
      'Take the .plumb out with the program that you rely on and check that.',
  },
  de: {
    ours: 'Die Seite, die Sie sehen, ist Byte für Byte die, die Plumbline aus diesem Zertifikat zeichnet.',
    notOurs: 'Die Seite wurde nicht von Plumbline aus diesem Zertifikat gezeichnet: Was sie zeigt, kann alles sein.',
    name: 'Die Datei ist ein bloßes Zertifikat mit dem Namen einer Seite: Was ein Programm davon zeigt, kann alles sein. Geben Sie ihr die Endung .plumb.',
    script:
      'Die Seite bringt ein Prüfprogramm mit, das diese Version nicht kennt: Was sie zeigt und sagt, kann alles sein.',
    anything: 'Was sie zeigt, kann alles sein.',
    channel: 'Die Seite wurde nicht verglichen, weil für ihren Kanal noch nicht gebürgt ist',
    host: 'Die Seite eines PDF wird nicht hier verglichen, sondern von plumbline verify',
    template: (number: number) =>
      `Die Seite folgt der Vorlage ${number}, die diese Version nicht zeichnen kann, und wurde darum nicht verglichen`,
    notOursHeadline: 'Nicht zu sagen: Diese Seite wurde nicht aus dem Zertifikat in ihr gezeichnet.',
    unknownHeadline: 'Nicht zu sagen: Diese Seite wurde nicht mit dem Zertifikat in ihr verglichen.',
    inside:
      'Das Zertifikat, das darin gefunden wurde, hält unter der hinterlegten Vertrauensrichtlinie; ein anderes Programm findet vielleicht ein anderes. ' +
      'Entnehmen Sie die .plumb-Datei mit dem Programm, auf das Sie sich verlassen, und prüfen Sie diese.',
  },
} as const

function pageSentence({ page, because }: DocumentCheck, language: Language): string | null {
  const words = PAGE_WORDS[language]
  if (page === 'none') return null
  if (page === 'ours') return words.ours
  if (page === 'not-ours') {
    if (because?.code === 'name') return words.name
    return because?.code === 'script' ? words.script : words.notOurs
  }
  return `${whyNotCompared(because, language)}: ${words.anything}`
}

function whyNotCompared(because: PageReason | null, language: Language): string {
  const words = PAGE_WORDS[language]
  if (because?.code === 'template') return words.template(because.template)
  return because?.code === 'channel' ? words.channel : words.host
}

export interface WordedCertified {
  title: string
  rows: [name: string, value: string][]
}

/** The few facts that a reader must know before the verdict; null for a changed file. */
export function wordedCertified(check: DocumentCheck, language: Language): WordedCertified | null {
  if (check.certified === null) return null
  const isInside = check.missing.every(({ code }) => code === 'page_not_ours' || code === 'page_unknown')
  const standing = check.verdict === 'unchanged' ? 'certified' : isInside ? 'inside' : 'claimed'
  const worded = wordCertified(check.certified, standing, language)
  const isSimulated = check.claims?.subject['simulated'] !== false
  return isSimulated
    ? { ...worded, rows: [[CERTIFIED_WORDS[language].origin, SHEET_WORDS[language].simulated], ...worded.rows] }
    : worded
}

const CERTIFIED_WORDS = {
  en: {
    certified: 'What was certified',
    inside: 'What the certificate that was found inside says',
    claimed: 'What the file claims',
    origin: 'Origin',
    asset: 'Asset',
    period: 'Period',
    to: 'to',
    verdict: 'Verdict',
    judgedBy: 'Judged by',
    issuedBy: 'Issued by',
    signed: 'Signed',
    issuersClock: 'by the issuer’s clock',
    continues: 'Ledger continues',
  },
  de: {
    certified: 'Was bescheinigt wurde',
    inside: 'Was das Zertifikat sagt, das darin gefunden wurde',
    claimed: 'Was die Datei behauptet',
    origin: 'Herkunft',
    asset: 'Gegenstand',
    period: 'Zeitraum',
    to: 'bis',
    verdict: 'Urteil',
    judgedBy: 'Beurteilt durch',
    issuedBy: 'Ausgestellt von',
    signed: 'Signiert',
    issuersClock: 'nach der Uhr des Ausstellers',
    continues: 'Ledger setzt fort',
  },
} as const

/** `certified`: every step holds. `inside`: every step holds, but its page may show another thing. `claimed`: nobody vouches for it yet. */
export function wordCertified(
  certified: Certified,
  standing: 'certified' | 'inside' | 'claimed',
  language: Language,
): WordedCertified {
  const words = CERTIFIED_WORDS[language]
  const { asset, period, pack, packVersion } = certified
  const assetName = textIn(language, certified.assetName, certified.assetNames ?? undefined)
  const figures = Object.entries(certified.figures).map(([name, value]): [string, string] => {
    const { label, text } = figureText(shippedRule(pack), name, value, language)
    return [label, text]
  })
  const rows: [string, string][] = [
    [words.asset, assetName === '' || assetName === asset ? asset : `${assetName} (${asset})`],
    [words.period, `${momentText(period.from, language)} ${words.to} ${momentText(period.to, language)}`],
    [words.verdict, SHEET_WORDS[language].verdict(shippedRule(pack), certified.verdict)],
    ...figures,
    [words.judgedBy, `${pack} ${packVersion}`.trim()],
    [words.issuedBy, certified.issuer],
    [words.continues, certified.continues === null ? '' : continuedText(certified.continues, language)],
    [words.signed, `${momentText(certified.signedAt, language)}, ${words.issuersClock}`],
  ]
  return { title: words[standing], rows: rows.filter(([, value]) => value !== '') }
}

/** A time out of a file: in words where it is one, otherwise as it stands there. */
function momentText(iso: string, language: Language): string {
  const timeUs = usOfIso(iso)
  return timeUs === 0 ? iso : timeText(timeUs, language)
}
