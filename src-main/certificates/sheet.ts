/**
 * What a rendering shows, worked out once for PDF and HTML. It follows from the certificate file and from nothing else, and it is a
 * view: whoever wants to rely on it verifies the file.
 */
import { sha256, toBase64, toBase64Url } from '../wire/bytes.ts'
import type { NamedRule } from '../packs/words.ts'
import { encodeQR } from 'qr'
import { parseCheckpoint } from '../proof/checkpoint.ts'
import { checkCheckpoint, genesisMembers } from './agreement.ts'
import type { Agreement } from './agreement.ts'
import { continuedIn, continuedText } from './continues-words.ts'
import { readCredential } from './credential.ts'
import type { JsonObject } from './credential.ts'
import { readEvidence } from './evidence.ts'
import { grouped, policyFingerprint } from './fingerprint.ts'
import { headlineOf } from './headline.ts'
import { listAt, numberAt, objectAt, textAt, textInAt } from './json-access.ts'
import type { CertificateMaterial } from './material.ts'
import { numberText, usOfIso } from './numbers.ts'
import type { Language } from '../wire/languages.ts'
import { PlumblineError } from '../wire/plumbline-error.ts'
import { pageText } from './page-text.ts'
import { curveOf } from './sheet-curve.ts'
import { figuresOf } from './sheet-figures.ts'
import { findingsSection, sourcesSection } from './sheet-findings.ts'
import { gapSection, gapsOf } from './sheet-gaps.ts'
import type { Pair, Sheet, SheetCheck } from './sheet-model.ts'
import { lateNote, notProvenIn } from './sheet-notes.ts'
import { readingsSection } from './sheet-readings.ts'
import { aboutPack, tableSections } from './sheet-tables.ts'
import { SHEET_WORDS, verdictParts } from './sheet-words.ts'
import type { SheetWords } from './sheet-words.ts'
import { statedOf } from './stated.ts'
import type { Stated } from './stated.ts'
import { templateOf } from './template.ts'
import { zonedDay, zonedTime, zonedTimeShort } from './zoned-time.ts'

const ATTRIBUTES_MAX = 4
const FILE_NAME_CHARS_MAX = 64

/** A certificate of a template that this program does not have; it may be a later one's. */
export class TemplateUnknown extends PlumblineError<'template_unknown'> {
  override readonly name = 'TemplateUnknown'

  constructor(template: number) {
    super(
      'template_unknown',
      `the certificate's page follows template ${template}, which this program does not have`,
      'Use a newer Plumbline to draw it. The .plumb can be checked with this one.',
    )
  }
}

/** Throws StepStop or WireError for bytes that are no certificate, TemplateUnknown for one that cannot be drawn here. */
export function sheetOf(certificate: Uint8Array): Sheet {
  const credential = readCredential(certificate)
  const material = readEvidence(credential.evidence)
  const stated = statedOf(material.stated)
  const template = templateOf(stated.template)
  if (template === null) throw new TemplateUnknown(stated.template)
  const { language, zone } = stated
  const words = SHEET_WORDS[language]
  const pack = ruleIn(credential.subject, material)
  const subject = headlineFirst(credential.subject, pack)
  const { period } = material
  const headline = headlineOf(material, subject, pack)
  const gaps = gapsOf(subject, period, stated)
  const agreement = enclosedAgreement(material)
  const judged = headline === null ? 0 : numberAt(headline.stream, 'readings')
  const readings = headline === null ? null : readingsSection({ headline, subject, gaps, stated, pack, period, judged })
  const signedAtUs = usOfIso(credential.validFrom)
  const about = aboutPairs(subject, stated, pack)
  const [left, right] = halves(aboutPack(subject, pack, stated))
  const fileName = fileNameOf(stated.number)
  const title = words.title(pack)
  const issuer = pageText(textAt(objectAt(subject, 'issuedBy'), 'legalName'))
  const id = `${about[1]?.label ?? ''} ${about[1]?.value ?? ''}`.trim()
  return {
    template,
    language,
    title,
    documentTitle: `${title}, ${id}`,
    issuer: { name: issuer, lines: [stated.issuer.address, stated.issuer.contact].filter((line) => line !== '') },
    number: { label: words.number, text: stated.number, issued: words.issuedOn(zonedDay(zone, signedAtUs, language)) },
    running: {
      left: `${issuer}, ${pageText(textAt(objectAt(subject, 'channel'), 'site'))}`,
      // The name of the number stays with the number.
      right: `${title} ${stated.number}, ${id.replace(' ', '\u00a0')}`,
    },
    simulated: subject['simulated'] === false ? null : { long: words.simulated, short: words.simulatedShort },
    about: [...about, ...left],
    when: [
      { label: words.from, value: zonedTime(zone, period.fromUs, language), strong: true },
      { label: words.to, value: zonedTime(zone, period.toUs, language), strong: true },
      { label: words.timeZone, value: zone.name, strong: true },
      ...right,
    ],
    verdict: verdictParts(pack, textAt(subject, 'verdict'), listAt(subject, 'reasons').length === 0, language),
    figures: figuresOf({ subject, headline, gaps, stated, pack, period, judged }),
    curve: curveOf({ headline, gaps, stated, pack, period, ticks: readings?.ticks ?? [] }),
    tables: tableSections(subject, pack, stated),
    readings: readings?.section ?? null,
    gaps: gapSection({ subject, period, gaps, headline, stated, pack }),
    findings: findingsSection(subject, stated, pack),
    sources: { ...sourcesSection(subject, material, stated, pack), aside: lateNote(subject, language, zone) },
    released: { title: words.releasedBy, pairs: releasedPairs(subject, material, agreement, stated, signedAtUs) },
    notProven: { title: words.notProven, lines: notProvenIn(subject, pack, agreement, stated) },
    check: checkOf(certificate, material, stated, fileName, words),
    foot: { left: stated.number, middle: words.paperProvesNothing },
    convenience: words.convenience,
    fileName,
    signedAtUs,
  }
}

/** With the words that the certificate encloses, unless it says that another rule judged than that one. */
function ruleIn(subject: JsonObject, { pack: { manifest, words } }: CertificateMaterial): NamedRule {
  const id = textAt(objectAt(subject, 'pack'), 'id')
  return { id, words: id === manifest.id ? words : null }
}

/** Streams come by their ids, which say nothing to a reader: what the pack judges stands first. */
function headlineFirst(subject: JsonObject, pack: NamedRule): JsonObject {
  const quantity = pack.words?.headline.quantity
  const rank = (stream: JsonObject): number => Number(textAt(stream, 'quantity') !== quantity)
  return { ...subject, streams: listAt(subject, 'streams').toSorted((a, b) => rank(a) - rank(b)) }
}

/** Who cosigned by the enclosed policy: for reading, like everything here. */
function enclosedAgreement(material: CertificateMaterial): Agreement | null {
  try {
    return checkCheckpoint(material, [material.policy]).agreementWith(genesisMembers(material))
  } catch {
    return null
  }
}

/** The asset's name, its identity in its own scheme, where it is read from, and what else the ledger says of it. */
function aboutPairs(subject: JsonObject, { language }: Stated, pack: NamedRule): Pair[] {
  const words = SHEET_WORDS[language]
  const asset = objectAt(subject, 'asset')
  const known = pack.words
  const streams = listAt(subject, 'streams')
  const headline = streams.filter((stream) => textAt(stream, 'quantity') === known?.headline.quantity)
  const read = (headline.length === 0 ? streams : headline).map((stream) =>
    pageText(textInAt(stream, 'label', language)),
  )
  const scheme = pageText(textAt(asset, 'scheme'))
  const attributes = Object.entries(objectAt(subject, 'attributes')).slice(0, ATTRIBUTES_MAX)
  return [
    { label: known?.asset[language] ?? words.asset, value: pageText(textInAt(asset, 'name', language)), strong: true },
    { label: scheme === 'own' || scheme === '' ? 'ID' : scheme, value: pageText(textAt(asset, 'id')), strong: true },
    { label: words.readFrom, value: [...new Set(read)].slice(0, 3).join(', '), strong: true },
    ...attributes.map(([name, value]) => ({
      label: known?.attributes[name]?.[language] ?? capital(pageText(name)),
      value: pageText(String(value)),
    })),
  ].filter(({ value }) => value !== '')
}

/** What stands in two columns, read down the first. */
function halves(pairs: Pair[]): [left: Pair[], right: Pair[]] {
  const middle = Math.ceil(pairs.length / 2)
  return [pairs.slice(0, middle), pairs.slice(middle)]
}

/** Names of attributes come from a configuration, where they are written small. */
function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function releasedPairs(
  subject: JsonObject,
  material: CertificateMaterial,
  agreement: Agreement | null,
  stated: Stated,
  signedAtUs: number,
): Pair[] {
  const { language, zone } = stated
  const words = SHEET_WORDS[language]
  const issuedBy = objectAt(subject, 'issuedBy')
  const entries = numberText(parseCheckpoint(material.checkpoint).size, language)
  return [
    { label: words.person, value: stated.releasedBy === '' ? words.noPerson : stated.releasedBy, strong: true },
    { label: words.issuer, value: pageText(textAt(issuedBy, 'legalName')) },
    { label: words.gateway, value: pageText(textAt(subject, 'gateway') || textAt(issuedBy, 'name')) },
    { label: words.signedAt, value: zonedTimeShort(zone, signedAtUs, language) },
    { label: words.ledger, value: ledgerText(subject, words, entries, language) },
    { label: words.cosigned, value: words.cosignedText(agreement) },
    { label: words.onlyStated, value: words.onlyStatedText(onlyStated(stated)) },
  ]
}

function ledgerText(subject: JsonObject, words: SheetWords, entries: string, language: Language): string {
  const text = words.ledgerText(pageText(textAt(objectAt(subject, 'channel'), 'name')), entries)
  const continued = continuedIn(subject)
  return continued === null ? text : `${text}; ${words.ledgerContinues(pageText(continuedText(continued, language)))}`
}

/** What stands on the page for no better reason than that the issuer says so. */
function onlyStated({ gaps, releasedBy, issuer }: Stated): { address: boolean; person: boolean; reasons: boolean } {
  return {
    address: issuer.address !== '' || issuer.contact !== '',
    person: releasedBy !== '',
    reasons: gaps.some((gap) => gap.reason !== ''),
  }
}

function checkOf(
  certificate: Uint8Array,
  material: CertificateMaterial,
  { number, publicUrl, language }: Stated,
  fileName: string,
  words: SheetWords,
): SheetCheck {
  const { root, size } = parseCheckpoint(material.checkpoint)
  const index = material.newer.seal.index
  const hash = sha256(certificate)
  const codeText =
    publicUrl === null ? `${number}\nSHA-256 ${grouped(hash)}` : `${publicUrl}#root=${toBase64Url(root)}&index=${index}`
  return {
    title: words.check,
    // The border of one square, which the encoder insists on, is the page's own white.
    code: encodeQR(codeText, 'raw', { ecc: 'medium', border: 1 })
      .slice(1, -1)
      .map((row) => row.slice(1, -1)),
    codeText,
    codeAlt: words.codeAlt(codeText.replace('\n', ' ')),
    bytes: [
      ...(publicUrl === null ? [] : [{ label: '', value: publicUrl }]),
      { label: words.fingerprint, value: grouped(hash) },
      {
        label: words.root,
        value: words.rootText(toBase64(root), numberText(size, language), numberText(index, language)),
      },
      { label: words.policyFingerprint, value: policyFingerprint(material.policy) },
    ],
    lines: [publicUrl === null ? words.codeHolds : words.codeOpens, words.howToCheck(fileName), words.validity],
  }
}

/** Of the attached file. The number is a stranger's text: only what every file system takes stays. */
function fileNameOf(number: string): string {
  const name = number
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, FILE_NAME_CHARS_MAX)
  return `${name || 'certificate'}.plumb`
}
