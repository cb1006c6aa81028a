/** What certificates say, in the words that are printed on them: screens, PDF and HTML must not differ. */
import { wordAgreement, type WordedAgreement } from '../../src-main/certificates/agreement-words.ts'
import { verdictNotComputed, wordCheck } from '../../src-main/certificates/check-words.ts'
import { gapReasonText } from '../../src-main/certificates/gap-words.ts'
import { listAt, numberAt, objectAt, textAt } from '../../src-main/certificates/json-access.ts'
import { numberText } from '../../src-main/certificates/numbers.ts'
import { reasonText } from '../../src-main/certificates/reason-words.ts'
import { axisMarks } from '../../src-main/certificates/sheet-axis.ts'
import { notProvenIn } from '../../src-main/certificates/sheet-notes.ts'
import { figureText, SHEET_WORDS, trustText } from '../../src-main/certificates/sheet-words.ts'
import { statedOf, type StatedZone } from '../../src-main/certificates/stated.ts'
import type { Verification } from '../../src-main/certificates/verification.ts'
import { zonedTime } from '../../src-main/certificates/zoned-time.ts'
import type { StepView } from '../parts/Steps.svelte'
import { m } from '../paraglide/messages.js'
import { hexGroups } from './bytes.ts'
import { language, type Locale } from './language.svelte.ts'
import type { CertificatePreview } from './model.ts'
import { count, decimals } from './number.ts'
import { moment } from './time.ts'

export type { Verification } from '../../src-main/certificates/verification.ts'

/** Words printed on the paper, in the paper's own language, which need not be the console's. */
export const paperWords = (paper: Locale) => SHEET_WORDS[paper]

export function verdictText(pack: string, verdict: string, of: Locale = language.current): string {
  return SHEET_WORDS[of].verdict(pack, verdict)
}

export const trustWord = (trust: string, of: Locale = language.current): string => trustText(trust, of)

/** Name and value of a figure that a pack computed. */
export const figureRow = (
  pack: string,
  name: string,
  value: unknown,
  of: Locale = language.current,
): { label: string; text: string } => figureText(pack, name, value, of)

/** Why readings are missing: what the gateway wrote down, as paper says it. */
export const gapReason = (text: string): string => gapReasonText(text, language.current)

/** A reason of a verdict, as paper says it. */
export const verdictReason = (pack: string, reason: PreviewReason, zone: StatedZone): string =>
  reasonText(pack, reason, language.current, zone)

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

const asBytes = (text: string): string => (/^[0-9a-f]{16,}$/.test(text) ? hexGroups(text) : text)

/** The eight steps on the line. A step that stops says what it expected and what it found. */
export function checkSteps(check: Verification): StepView[] {
  const worded = wordCheck(check, language.current)
  return check.steps.map((step, at) => {
    const { title = step.title, detail = step.detail } = worded.steps[at] ?? {}
    const stops = step.state === 'stops'
    return {
      id: step.id,
      title,
      state: step.state,
      detail: stops ? m.verify_stops_here() : detail,
      ...(stops && { why: `${detail}.` }),
      ...(step.expected !== undefined && { expected: { label: worded.expected, text: asBytes(step.expected) } }),
      ...(step.actual !== undefined && { actual: { label: worded.actual, text: asBytes(step.actual) } }),
    }
  })
}

const asksForPolicy = (check: Verification): boolean => check.missing.some((one) => one.code.startsWith('policy_'))

/** Whether another policy of the channel could settle it: none is pinned, or those that are do not vouch. */
export const needsPolicy = (check: Verification): boolean =>
  asksForPolicy(check) || check.missing.some((one) => one.code === 'not_vouched')

/** The sentence and the line under it. `relied` names where the policies came from that were relied on. */
export function checkSentence(
  check: Verification,
  checkedAtUs: number,
  relied: string,
): { sentence: string; lead: string } {
  if (check.verdict === 'unchanged') {
    return {
      sentence: m.verify_say_unchanged(),
      lead: m.verify_lead_unchanged({ time: moment(checkedAtUs), policy: relied }),
    }
  }
  if (check.verdict === 'changed') {
    const at = check.steps.findIndex((step) => step.state === 'stops')
    const title = wordCheck(check, language.current).steps[at]?.title
    return {
      sentence: m.verify_say_changed(),
      lead: title === undefined ? m.verify_lead_changed() : m.verify_lead_changed_at({ step: title }),
    }
  }
  if (asksForPolicy(check)) return { sentence: m.verify_say_unknown(), lead: m.verify_lead_unknown() }
  return { sentence: m.verify_say_cannot_tell(), lead: wordCheck(check, language.current).explanation }
}

export interface Claim {
  label: string
  text: string
  /** Must not be relied on: it did not hold. */
  struck: boolean
}

/** What the file says of itself, row by row; everything is text that somebody else wrote. */
export function claimsOf(check: Verification): Claim[] {
  if (check.claims === null) return []
  const { subject, stated, signedAt } = check.claims
  const changed = check.verdict === 'changed'
  const [asset, period, pack, issuer] = ['asset', 'period', 'pack', 'issuedBy'].map((name) =>
    objectAt(subject, name),
  ) as [Subject, Subject, Subject, Subject]
  const streams = listAt(subject, 'streams')
  const rows: (Claim | null)[] = [
    plain(m.certificates_about(), `${textAt(asset, 'scheme')} ${textAt(asset, 'id')}`.trim()),
    plain(m.certificates_number(), statedOf(stated).number),
    plain(m.certificates_issued_by(), textAt(issuer, 'legalName') || textAt(issuer, 'name')),
    plain(m.certificates_signed(), timeOf(Date.parse(signedAt) * 1000)),
    plain(m.certificates_from(), timeOf(numberAt(period, 'fromUs'))),
    plain(m.certificates_to(), timeOf(numberAt(period, 'toUs'))),
    plain(m.certificates_judged_by(), `${textAt(pack, 'id')} ${textAt(pack, 'version')}`.trim()),
    {
      label: m.certificates_verdict(),
      text: verdictText(textAt(pack, 'id'), textAt(subject, 'verdict')),
      struck: changed,
    },
    ...Object.entries(objectAt(subject, 'figures')).map(([name, value]) => ({
      ...figureRow(textAt(pack, 'id'), name, value),
      struck: changed,
    })),
    streams.length === 0 ? null : plain(m.certificates_coverage_gaps(), coverageText(streams)),
    plain(m.certificates_revoked(), m.certificates_revoked_not_checked()),
  ]
  return rows.filter((row) => row !== null && row.text !== '') as Claim[]
}

type Subject = ReturnType<typeof objectAt>

const plain = (label: string, text: string): Claim => ({ label, text, struck: false })

const timeOf = (timeUs: number): string =>
  Number.isFinite(timeUs) && Math.abs(timeUs) < 8.64e18 && timeUs !== 0 ? moment(timeUs) : ''

/** The least coverage of all streams (thousandths of a percent in the file) and how many gaps there are. */
function coverageText(streams: Subject[]): string {
  const least = Math.min(...streams.map((stream) => numberAt(stream, 'coverage'))) / 1000
  const gaps = streams.reduce((sum, stream) => sum + listAt(stream, 'gaps').length, 0)
  return m.certificates_coverage_text({
    percent: decimals(least, 2),
    gaps: gaps === 0 ? m.gaps_none() : m.gaps_count({ n: gaps, count: count(gaps) }),
  })
}

/** What no signature shows. Of a changed file nothing may be said that rests on its content. */
export function notProvenBy(check: Verification): string[] {
  if (check.claims === null || check.verdict === 'changed') return [m.verify_not_true()]
  const uncomputed = verdictNotComputed(check, language.current)
  // What the agreement is worth stands beside it, under "by whom".
  const { zone } = statedOf(check.claims.stated)
  const notes = notProvenIn(check.claims.subject, null, language.current, zone)
  return uncomputed === null ? notes : [uncomputed, ...notes]
}

/** Who cosigned and what that is worth; null without a policy that says so, and of a changed file. */
export function byWhom(check: Verification): WordedAgreement | null {
  return check.agreement === null || check.verdict === 'changed'
    ? null
    : wordAgreement(check.agreement, language.current)
}

export const claimsSimulated = (check: Verification): boolean =>
  check.claims !== null && check.claims.subject['simulated'] !== false
