/** A check in words, for whoever shows it: headline, explanation, step titles and details, in English or German. */
import { numberText, timeText } from './numbers.ts'
import type { Language } from '../wire/languages.ts'
import type { Missing, MissingCode, Step, StepFigures, StepId } from './step.ts'
import type { Verification } from './verification.ts'
import { NOT_RUN_MISSING, NOT_RUN_RULES, NOT_RUN_UNKNOWN, PIN_COMMAND, VERDICT_NOT_COMPUTED } from './wording.ts'

export interface WordedCheck {
  headline: string
  explanation: string
  steps: { title: string; detail: string }[]
  expected: string
  actual: string
}

const GERMAN_TITLES: Readonly<Record<StepId, string>> = {
  form: 'Form',
  'issuer-signature': 'Signatur des Ausstellers',
  checkpoints: 'Mitgezeichnete Prüfpunkte nach der hinterlegten Richtlinie',
  seals: 'Siegel mit Pfaden im Ledger',
  'state-proofs': 'Zustandsbeweise',
  histories: 'Verläufe',
  'source-signatures': 'Signaturen der Quellen',
  pack: 'Das Regelwerk, erneut ausgeführt',
}

const GERMAN_NOT_RUN: Readonly<Record<string, string>> = {
  [NOT_RUN_UNKNOWN]: 'nicht ausgeführt: Noch bürgt niemand für diesen Kanal',
  [NOT_RUN_MISSING]: 'nicht ausgeführt: Mitzeichnungen fehlen',
  [NOT_RUN_RULES]: 'nicht ausgeführt: Diese Programmversion kennt die Regeln des Kanals nicht',
}

export function wordCheck(check: Verification, language: Language): WordedCheck {
  if (language === 'en') {
    const steps = check.steps.map(({ title, detail }) => ({ title, detail }))
    return { headline: check.headline, explanation: check.explanation, steps, expected: 'Expected', actual: 'Actual' }
  }
  return {
    headline: germanHeadline(check),
    explanation: germanExplanation(check),
    steps: check.steps.map((step) => ({ title: GERMAN_TITLES[step.id], detail: germanDetail(step) })),
    expected: 'Erwartet',
    actual: 'Gefunden',
  }
}

/** The sentence for a file whose verdict was not computed again; null where it was, or where the check stopped before. */
export function verdictNotComputed(check: Verification, language: Language): string | null {
  const isComputed = check.steps.some((step) => step.id === 'pack' && step.state === 'holds')
  if (isComputed || check.verdict === 'changed') return null
  return language === 'en'
    ? VERDICT_NOT_COMPUTED
    : 'Das Regelwerk wurde nicht erneut ausgeführt: Urteil, Befunde und Kennzahlen sind, was die Datei sagt, nicht was aus ihren Messwerten folgt.'
}

const misses = (check: Verification, ...codes: MissingCode[]): boolean =>
  check.missing.some(({ code }) => codes.includes(code))
const asksForPolicy = (check: Verification): boolean =>
  misses(check, 'policy_unknown', 'policy_other', 'policy_continued')

function germanHeadline(check: Verification): string {
  if (check.verdict === 'unchanged') return 'Dieses Zertifikat ist unverändert.'
  if (check.verdict === 'changed') return 'Dieses Zertifikat ist verändert.'
  if (misses(check, 'policy_asks_nobody'))
    return 'Nicht zu sagen: Die hinterlegte Vertrauensrichtlinie verlangt niemanden.'
  return asksForPolicy(check) ? 'Noch nicht zu sagen: Ist Ihnen dieser Kanal bekannt?' : 'Noch nicht zu sagen.'
}

function germanExplanation(check: Verification): string {
  if (check.verdict === 'unchanged') return 'Jeder Schritt hält unter der hinterlegten Vertrauensrichtlinie.'
  if (check.verdict === 'changed') {
    const stop = check.steps.find((step) => step.state === 'stops')
    return `Verlassen Sie sich nicht darauf.${stop === undefined ? '' : ` Es endet bei „${GERMAN_TITLES[stop.id]}“: ${stop.detail}.`}`
  }
  if (misses(check, 'policy_asks_nobody'))
    return 'Unter ihr könnte ein einziger Log-Schlüssel dies alles erfunden haben. Holen Sie die Richtlinie des Kanals (plumbline log policy) und hinterlegen Sie diese.'
  if (misses(check, 'policy_continued')) {
    return (
      'Die Datei sagt, ihr Ledger setze den fort, dessen Vertrauensrichtlinie Sie hinterlegt haben. Das behauptet, wer ihn gegründet hat; behaupten kann es jeder, und ihre Belege wurden nicht angesehen. ' +
      `Vergleichen Sie den Fingerabdruck ihrer eigenen Vertrauensrichtlinie auf anderem Weg mit dem Aussteller und hinterlegen Sie auch diese: ${PIN_COMMAND}.`
    )
  }
  if (asksForPolicy(check)) {
    return (
      'Die Signatur des Ausstellers gilt, und eine Datei, für die das stimmt, kann jeder herstellen: Ihre Belege wurden nicht angesehen. Vergleichen Sie den Fingerabdruck der Vertrauensrichtlinie ' +
      `auf anderem Weg mit dem Aussteller und hinterlegen Sie die Richtlinie: ${PIN_COMMAND}.`
    )
  }
  return `Es fehlt: ${check.missing.map((one) => germanMissing(one, check)).join('; ')}.`
}

/** What the checkpoints miss speaks German by their figures; the rest keeps its exact words. */
function germanMissing(missing: Missing, check: Verification): string {
  const figures = check.steps.find((step) => step.id === 'checkpoints')?.figures
  if (missing.code !== 'not_vouched' && missing.code !== 'cosigners_missing') return missing.text
  return germanCheckpointWait(figures)
}

function germanCheckpointWait(figures: StepFigures | undefined): string {
  if (figures?.['policies'] !== undefined)
    return 'das Wort eines Log-Schlüssels, den eine für diesen Kanal hinterlegte Richtlinie nennt: Keiner davon hat diesen Prüfpunkt signiert'
  if (figures?.['required'] === 'none')
    return 'eine Richtlinie, die jemanden verlangt: Die hinterlegte lässt einen einzigen Log-Schlüssel für den ganzen Kanal sprechen'
  if (figures?.['cosigned'] !== undefined) {
    const required = String(figures['required']).replace(' of ', ' von ')
    return `Mitzeichnungen: ${numberText(Number(figures['cosigned']), 'de')} sind da, die hinterlegte Richtlinie verlangt ${required}`
  }
  return 'keine hinterlegte Richtlinie sagt, wessen Wort zählt'
}

/** Steps that hold speak German by their figures; what stops or waits keeps its exact words. */
function germanDetail(step: Step): string {
  if (step.state === 'not-run') return GERMAN_NOT_RUN[step.detail] ?? 'nicht ausgeführt'
  if (step.state === 'waits' && step.id === 'checkpoints') return `wartet: ${germanCheckpointWait(step.figures)}`
  if (step.state !== 'holds' || step.figures === undefined) return step.detail
  const figures = step.figures
  const number = (name: string): string => numberText(Number(figures[name] ?? 0), 'de')
  const withheld = Number(figures['withheld'] ?? 0)
  switch (step.id) {
    case 'form':
      return `${number('bytes')} Bytes, gleich ihrer kanonischen Form`
    case 'issuer-signature':
      return `gültig, ${String(figures['alg'])}`
    case 'checkpoints':
      return `${number('cosigned')} von ${number('total')} haben mitgezeichnet, verlangt: ${String(figures['required']).replace(' of ', ' von ')}`
    case 'seals':
      return `${number('entries')} Einträge im Ledger aus ${number('size')}, Stand ${timeText(Number(figures['asOfUs']), 'de')}`
    case 'state-proofs':
      return `${number('proofs')} Werte bewiesen`
    case 'histories':
      return `${number('readings')} Messwerte aus ${number('streams')} Strömen und ${number('events')} Ereignisse, nichts ausgelassen${withheld === 0 ? '' : `, ${number('withheld')} Messwerte zurückgehalten`}`
    case 'source-signatures':
      return figures['batches'] === 0
        ? 'nur durch das Quorum bezeugt'
        : `${number('readings')} Messwerte in ${number('batches')} signierten Stapeln`
    case 'pack':
      return `${germanVerdict(String(figures['verdict']))}, folgt aus ${number('readings')} Messwerten`
  }
}

function germanVerdict(verdict: string): string {
  if (verdict === 'logical') return 'schlüssig'
  if (verdict === 'illogical') return 'nicht schlüssig'
  return verdict === 'no judgement' ? 'kein Urteil' : verdict
}
