/**
 * What a rendering shows, worked out once for PDF and HTML. It reads the certificate file and nothing else, and it is a
 * view: whoever wants to rely on it verifies the file.
 */
import { sha256, toBase64 } from '../wire/bytes.ts'
import type { JsonValue } from '../wire/json.ts'
import { decodeLeaf } from '../wire/reading.ts'
import { parseCheckpoint } from '../proof/checkpoint.ts'
import { checkCheckpoint } from './agreement.ts'
import type { Agreement } from './agreement.ts'
import { readCredential } from './credential.ts'
import type { JsonObject } from './credential.ts'
import { readEvidence } from './evidence.ts'
import { grouped, policyFingerprint } from './fingerprint.ts'
import type { CertificateMaterial } from './material.ts'
import { numberText, timeText, usOfIso } from './numbers.ts'
import type { Language } from './numbers.ts'
import { reasonText } from './reason-words.ts'
import { listAt, numberAt, objectAt, textAt } from './json-access.ts'
import { figureName, SHEET_WORDS, trustText } from './sheet-words.ts'
import { notProvenIn } from './sheet-notes.ts'

export interface SheetCurve {
  label: string
  unit: string
  /** [source time in microseconds, value], at most CURVE_POINTS_MAX. */
  points: [number, number][]
  gaps: [fromUs: number, toUs: number][]
}

export interface Sheet {
  language: Language
  title: string
  issuer: string
  number: string
  simulated: string | null
  about: string[]
  period: string
  verdict: string
  /** One line each. */
  findings: string[]
  curve: SheetCurve | null
  streams: { head: string[]; rows: string[][] }
  figures: [label: string, value: string][]
  facts: [label: string, value: string][]
  stated: [label: string, value: string][]
  notProven: string[]
  ledger: { size: number; root: string; index: number; fileHash: string; policyFingerprint: string; cosigned: string }
  /** For the foot of the first page: what this paper shows and what it does not. */
  summary: string
  onlyTheFile: string
  convenience: string
}

export const CURVE_POINTS_MAX = 1200

/** Throws StepStop or WireError for bytes that are no certificate. */
export function sheetOf(certificate: Uint8Array, language: Language): Sheet {
  const credential = readCredential(certificate)
  const material = readEvidence(credential.evidence)
  const { subject } = credential
  const words = SHEET_WORDS[language]
  const pack = objectAt(subject, 'pack')
  const asset = objectAt(subject, 'asset')
  const period = objectAt(subject, 'period')
  const issuedBy = objectAt(subject, 'issuedBy')
  const channel = objectAt(subject, 'channel')
  const checkpoint = parseCheckpoint(material.checkpoint)
  const agreement = enclosedAgreement(material)
  const id = textAt(pack, 'id')
  const cosigned = words.cosigned(agreement)
  const periodText = `${timeText(numberAt(period, 'fromUs'), language)} ${words.to} ${timeText(numberAt(period, 'toUs'), language)}`
  return {
    language,
    title: words.title(id),
    issuer: `${textAt(issuedBy, 'legalName')}, ${textAt(channel, 'site')}`,
    number: plain(material.stated['number'] ?? ''),
    simulated: subject['simulated'] === false ? null : words.simulated,
    about: [`${textAt(asset, 'scheme')} ${textAt(asset, 'id')}`, textAt(asset, 'name')],
    period: periodText,
    verdict: words.verdict(id, textAt(subject, 'verdict')),
    findings: listAt(subject, 'reasons').map((reason) => reasonText(reason, language)),
    curve: curveOf(material, subject),
    streams: streamTable(subject, language),
    figures: figuresOf(subject, language),
    facts: [
      [words.judgedBy, `${id} ${textAt(pack, 'version')}`],
      [words.issuedBy, `${textAt(issuedBy, 'legalName')} (${textAt(issuedBy, 'name')})`],
      [words.signed, timeText(usOfIso(credential.validFrom), language)],
      [words.asOf, timeText(numberAt(objectAt(subject, 'asOf'), 'timeUs'), language)],
      [words.readingsAll, readingsText(subject, language)],
    ],
    stated: Object.entries(material.stated).map(([name, value]) => [name, plain(value)]),
    notProven: notProvenIn(subject, agreement, language),
    ledger: {
      size: checkpoint.size,
      root: toBase64(checkpoint.root),
      index: material.newer.seal.index,
      fileHash: fileFingerprint(certificate),
      policyFingerprint: policyFingerprint(material.policy),
      cosigned,
    },
    summary: words.summary(cosigned),
    onlyTheFile: words.onlyTheFile,
    convenience: words.convenience,
  }
}

/** Who cosigned by the enclosed policy: for reading, like everything here. */
function enclosedAgreement(material: CertificateMaterial): Agreement | null {
  try {
    return checkCheckpoint(material, [material.policy]).agreement
  } catch {
    return null
  }
}

function readingsText(subject: JsonObject, language: Language): string {
  const readings = objectAt(subject, 'readings')
  const withheld = numberAt(readings, 'withheld')
  const judged = numberText(numberAt(readings, 'judged'), language)
  return withheld === 0 ? judged : `${judged}, ${numberText(withheld, language)} ${SHEET_WORDS[language].withheld}`
}

function streamTable(subject: JsonObject, language: Language): Sheet['streams'] {
  const words = SHEET_WORDS[language]
  const rows = listAt(subject, 'streams').map((stream) => [
    textAt(stream, 'label') + (textAt(stream, 'unit') === '1' ? '' : `, ${textAt(stream, 'unit')}`),
    `${textAt(stream, 'protocol')}, ${textAt(stream, 'gateway')}`,
    trustText(textAt(stream, 'trust'), language),
    numberText(numberAt(stream, 'readings'), language),
    `${numberText(numberAt(stream, 'coverage') / 1000, language, 2)} %`,
    words.gapsText(listAt(stream, 'gaps').length),
  ])
  return { head: [words.stream, words.source, words.trust, words.readings, words.coverage, words.gaps], rows }
}

function figuresOf(subject: JsonObject, language: Language): [string, string][] {
  return Object.entries(objectAt(subject, 'figures')).map(([name, value]) => {
    const { label, unit } = figureName(name, language)
    return [label, typeof value === 'number' ? numberText(value, language) + unit : plain(value)]
  })
}

/** The numeric stream with the most disclosed readings inside the period. */
function curveOf(material: CertificateMaterial, subject: JsonObject): SheetCurve | null {
  const { fromUs, toUs } = material.period
  let best: SheetCurve | null = null
  for (const stream of material.streams) {
    const shown = listAt(subject, 'streams').find((one) => one['stream'] === stream.stream)
    if (shown === undefined) continue
    const points: [number, number][] = []
    for (const leaf of stream.leaves) {
      if (leaf.kind === 'withheld') continue
      const { sourceTimeUs, value, quality } = decodeLeaf(leaf.cbor)
      if (sourceTimeUs < fromUs || sourceTimeUs > toUs || quality >= 0x8000_0000) continue
      if (value.kind === 'float' && Number.isFinite(value.value)) points.push([sourceTimeUs, value.value])
      if (value.kind === 'integer') points.push([sourceTimeUs, Number(value.value)])
    }
    if (points.length < 2 || points.length <= (best?.points.length ?? 0)) continue
    const gaps = listAt(shown, 'gaps').map((gap): [number, number] => [numberAt(gap, 'fromUs'), numberAt(gap, 'toUs')])
    best = { label: textAt(shown, 'label'), unit: textAt(shown, 'unit'), points, gaps }
  }
  return best === null ? null : { ...best, points: thinned(best.points) }
}

/** Lowest and highest of each stretch, so that a short excursion survives. */
function thinned(points: [number, number][]): [number, number][] {
  if (points.length <= CURVE_POINTS_MAX) return points
  const kept: [number, number][] = []
  const size = Math.ceil(points.length / (CURVE_POINTS_MAX / 2))
  for (let at = 0; at < points.length; at += size) {
    const part = points.slice(at, at + size)
    const low = part.reduce((a, b) => (b[1] < a[1] ? b : a))
    const high = part.reduce((a, b) => (b[1] > a[1] ? b : a))
    kept.push(...(low === high ? [low] : [low, high].sort((a, b) => a[0] - b[0])))
  }
  return kept
}

/** SHA-256 of the file in groups of four, as it is printed. */
export function fileFingerprint(certificate: Uint8Array): string {
  return grouped(sha256(certificate))
}

function plain(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
