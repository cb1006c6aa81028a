/** What certificates say, in the words that are printed on them: screens, PDF and HTML must not differ. */
import { wordAgreement, type WordedAgreement } from '../../src-main/certificates/agreement-words.ts'
import { verdictNotComputed, wordCheck } from '../../src-main/certificates/check-words.ts'
import type { JsonObject } from '../../src-main/certificates/credential.ts'
import { continuedText, type ContinuedLedger } from '../../src-main/certificates/continues-words.ts'
import { listAt, numberAt, objectAt, textAt } from '../../src-main/certificates/json-access.ts'
import { numberText } from '../../src-main/certificates/numbers.ts'
import { reasonText } from '../../src-main/certificates/reason-words.ts'
import { axisMarks } from '../../src-main/certificates/sheet-axis.ts'
import { lateNote, notProvenIn } from '../../src-main/certificates/sheet-notes.ts'
import { figureText, SHEET_WORDS, trustText } from '../../src-main/certificates/sheet-words.ts'
import type { DocumentCheck } from '../../src-main/certificates/document-check.ts'
import { shippedRule } from '../../src-main/packs/shipped-words.ts'
import { wordDocument, wordedCertified, type WordedCertified } from '../../src-main/certificates/page-words.ts'
import { printable } from '../../src-main/wire/printable.ts'
import { statedOf, type StatedZone } from '../../src-main/certificates/stated.ts'
import { zonedTime } from '../../src-main/certificates/zoned-time.ts'
import type { StepView } from '../parts/step-view.ts'
import { m } from '../paraglide/messages.js'
import { hexGroups } from './bytes.ts'
import { language, type Locale } from './language.svelte.ts'
import type { CertificatePreview } from './model.ts'
import { count } from './number.ts'
import { moment } from './time.ts'

export type { DocumentCheck } from '../../src-main/certificates/document-check.ts'

/** Words printed on the paper, in the paper's own language, which need not be the console's. */
export const paperWords = (paper: Locale) => SHEET_WORDS[paper]

/** The title of a paper by this pack. */
export const paperTitle = (pack: string, paper: Locale): string => SHEET_WORDS[paper].title(shippedRule(pack))

export function verdictText(pack: string, verdict: string, of: Locale = language.current): string {
  return SHEET_WORDS[of].verdict(shippedRule(pack), verdict)
}

export const trustWord = (trust: string, of: Locale = language.current): string => trustText(trust, of)

/** Name and value of a figure that a pack computed. */
export const figureRow = (
  pack: string,
  name: string,
  value: unknown,
  of: Locale = language.current,
): { label: string; text: string } => figureText(shippedRule(pack), name, value, of)

/** A reason of a verdict, as paper says it. */
export const verdictReason = (pack: string, reason: PreviewReason, zone: StatedZone): string =>
  reasonText(shippedRule(pack), reason, language.current, zone)

type PreviewReason = CertificatePreview['reasons'][number]

/** A time as the paper prints it: in the paper's zone and language, which need not be the console's. */
export const paperTime = (zone: StatedZone, timeUs: number, of: Locale): string => zonedTime(zone, timeUs, of)

/** A number as the paper prints it. */
export const paperNumber = (value: number, of: Locale): string => numberText(value, of)

/** Marks under the paper's curve. */
export const paperAxis = (
  fromUs: number,
  toUs: number,
  zone: StatedZone,
  of: Locale,
): { timeUs: number; label: string }[] => axisMarks(fromUs, toUs, zone, of)

/** A step's words may quote the file. */
const asBytes = (text: string): string => printable(/^[0-9a-f]{16,}$/.test(text) ? hexGroups(text) : text)

/** The eight steps on the line. A step that stops says what it expected and what it found. */
export function checkSteps(check: DocumentCheck): StepView[] {
  const worded = wordCheck(check, language.current)
  return check.steps.map((step, at) => {
    const { title = step.title, detail = step.detail } = worded.steps[at] ?? {}
    const stops = step.state === 'stops'
    return {
      id: step.id,
      title,
      state: step.state,
      detail: stops ? m.verify_stops_here() : printable(detail),
      ...(stops && { why: `${printable(detail)}.` }),
      ...(step.expected !== undefined && { expected: { label: worded.expected, text: asBytes(step.expected) } }),
      ...(step.actual !== undefined && { actual: { label: worded.actual, text: asBytes(step.actual) } }),
    }
  })
}

const asksForPolicy = (check: DocumentCheck): boolean =>
  check.missing.some(({ code }) => ['policy_unknown', 'policy_other', 'policy_continued'].includes(code))

/** Whether another policy of the channel could settle it: none is pinned, or those that are do not vouch. */
export const needsPolicy = (check: DocumentCheck): boolean =>
  asksForPolicy(check) || check.missing.some((one) => one.code === 'not_vouched')

/** The sentence, the line under it, and what is said of the page. `relied` names where the policies came from that were relied on. */
export function checkSentence(
  check: DocumentCheck,
  checkedAtUs: number,
  relied: string,
): { sentence: string; lead: string; page: string } {
  const worded = wordDocument(check, language.current)
  const page = worded.page ?? ''
  if (check.verdict === 'unchanged') {
    const lead = m.verify_lead_unchanged({ time: moment(checkedAtUs), policy: relied })
    return { sentence: m.verify_say_unchanged(), lead, page }
  }
  if (check.verdict === 'changed') {
    const at = check.steps.findIndex((step) => step.state === 'stops')
    const title = worded.steps[at]?.title
    const lead = title === undefined ? m.verify_lead_changed() : m.verify_lead_changed_at({ step: title })
    return { sentence: m.verify_say_changed(), lead, page }
  }
  if (asksForPolicy(check)) {
    // What the reader looked at comes first.
    const isContinued = check.missing.some(({ code }) => code === 'policy_continued')
    const why = isContinued ? m.verify_lead_continued() : m.verify_lead_unknown()
    const lead = page === '' ? why : `${page} ${why}`
    return { sentence: m.verify_say_unknown(), lead, page: '' }
  }
  const first = check.missing[0]?.code
  const sentence =
    first === 'page_not_ours'
      ? m.verify_say_page_not_ours()
      : first === 'page_unknown'
        ? m.verify_say_page_unknown()
        : m.verify_say_cannot_tell()
  return { sentence, lead: worded.explanation, page: '' }
}

/** The ledger that another one continues, short enough for a line. */
export const continuedLedger = (continued: ContinuedLedger): string =>
  printable(continuedText(continued, language.current))

/** What was certified, to be read before the verdict; null for a changed file. */
export function certifiedBy(check: DocumentCheck): WordedCertified | null {
  const worded = wordedCertified(check, language.current)
  if (worded === null) return null
  return { ...worded, rows: worded.rows.map(([name, value]) => [printable(name), printable(value)]) }
}

export interface Claim {
  label: string
  text: string
}

/** What else the file says of itself, row by row; everything is text that somebody else wrote. */
export function claimsOf(check: DocumentCheck, status: string): Claim[] {
  if (check.claims === null) return []
  const { subject, stated } = check.claims
  const streams = listAt(subject, 'streams')
  const pack = textAt(objectAt(subject, 'pack'), 'id')
  const rows: Claim[] = [
    { label: m.certificates_number(), text: statedOf(stated).number },
    { label: m.certificates_coverage_gaps(), text: streams.length === 0 ? '' : coverageText(judgedOf(streams, pack)) },
    { label: m.certificates_revoked(), text: status },
    // What paper prints under "Check this certificate".
    { label: 'SHA-256', text: hexGroups(check.file.hash.toUpperCase()) },
  ]
  return rows.filter((row) => row.text !== '').map(({ label, text }) => ({ label, text: printable(text) }))
}

/** What the pack judges, as on paper; all streams where it names none of them. */
function judgedOf(streams: JsonObject[], pack: string): JsonObject[] {
  const quantity = shippedRule(pack).words?.headline.quantity
  const judged = streams.filter((stream) => textAt(stream, 'quantity') === quantity)
  return judged.length === 0 ? streams : judged
}

/** The least coverage (thousandths of a percent in the file), cut as on paper, and how many gaps there are. */
function coverageText(streams: JsonObject[]): string {
  const least = Math.min(...streams.map((stream) => numberAt(stream, 'coverage')))
  const gaps = streams.reduce((sum, stream) => sum + listAt(stream, 'gaps').length, 0)
  return m.certificates_coverage_text({
    percent: numberText(Math.floor(least / 100) / 10, language.current, 1),
    gaps: gaps === 0 ? m.gaps_none() : m.gaps_count({ n: gaps, count: count(gaps) }),
  })
}

/** What no signature shows. Of a changed file nothing may be said that rests on its content. */
export function notProvenBy(check: DocumentCheck): string[] {
  if (check.claims === null || check.verdict === 'changed') return [m.verify_not_true()]
  const uncomputed = verdictNotComputed(check, language.current)
  // What the agreement is worth stands beside it, under "by whom".
  const { subject, stated } = check.claims
  const told = { language: language.current, zone: statedOf(stated).zone }
  const late = lateNote(subject, told.language, told.zone)
  const said = [
    ...notProvenIn(subject, shippedRule(textAt(objectAt(subject, 'pack'), 'id')), null, told),
    ...(late === '' ? [] : [late]),
  ]
  const notes = said.map(printable)
  return uncomputed === null ? notes : [uncomputed, ...notes]
}

/** Who cosigned and what that is worth; null without a policy that says so, and of a changed file. */
export function byWhom(check: DocumentCheck): WordedAgreement | null {
  if (check.agreement === null || check.verdict === 'changed') return null
  const worded = wordAgreement(check.agreement, language.current)
  const cosigners = worded.cosigners.map(({ name, time }) => ({ name: printable(name), time }))
  return { ...worded, summary: printable(worded.summary), cosigners, remarks: worded.remarks.map(printable) }
}

export const claimsSimulated = (check: DocumentCheck): boolean =>
  check.claims !== null && check.claims.subject['simulated'] !== false
