/** By whom: who cosigned a checkpoint under the pinned policy and when, for whoever shows a check. */
import type { Agreement, Cosigned } from './agreement.ts'
import { timeText } from './numbers.ts'
import type { Language } from '../wire/languages.ts'

const SECOND_US = 1_000_000
/** The last second that a date can name; a cosigner's clock may say anything. */
const DATE_SECONDS_MAX = 8_640_000_000_000

export interface WordedAgreement {
  title: string
  /** How many independent members and outside witnesses, and what the policy asks for. */
  summary: string
  /** Gateways first, then outside witnesses; the time is each one's own clock. */
  cosigners: { name: string; time: string }[]
  /** What it is worth where that is little; empty otherwise. */
  remarks: string[]
}

export function wordAgreement(agreement: Agreement, language: Language): WordedAgreement {
  const german = language === 'de'
  const { gateways, witnesses, independentMembers, required } = agreement
  const of = german ? required.replace(' of ', ' von ') : required
  const told = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`
  const cosigning = told(gateways.length, german ? 'Gateway' : 'gateway', german ? 'Gateways' : 'gateways')
  const members = german
    ? told(independentMembers, 'unabhängigen Mitglied', 'unabhängigen Mitgliedern')
    : told(independentMembers, 'independent member', 'independent members')
  const outside = german
    ? `${witnesses.length} äußeren Zeugen`
    : told(witnesses.length, 'outside witness', 'outside witnesses')
  return {
    title: german ? 'Durch wen' : 'By whom',
    summary: german
      ? `Mitgezeichnet von ${cosigning} von ${members} und ${outside}; die hinterlegte Richtlinie verlangt ${of}.`
      : `Cosigned by ${cosigning} of ${members} and ${outside}; the pinned policy asks for ${of}.`,
    cosigners: [
      ...gateways.map((one) =>
        wordCosigner(one, one.legalName ?? (german ? 'Eigner unbekannt' : 'owner unknown'), language),
      ),
      ...witnesses.map((one) => wordCosigner(one, german ? 'äußerer Zeuge' : 'outside witness', language)),
    ],
    remarks: remarksOf(agreement, language),
  }
}

function wordCosigner(
  { name, timeSeconds }: Cosigned,
  who: string,
  language: Language,
): WordedAgreement['cosigners'][number] {
  const time = timeSeconds <= DATE_SECONDS_MAX ? timeText(timeSeconds * SECOND_US, language) : `${timeSeconds} s`
  return { name: `${name} (${who})`, time }
}

/** Sentence by sentence what an agreement is worth. */
export function remarksOf(agreement: Agreement, language: Language): string[] {
  if (language === 'en') return agreement.remarks
  const remarks: string[] = []
  if (agreement.independentMembers < 2 && agreement.witnesses.length === 0) {
    remarks.push(
      'Der Betreiber allein hätte dies umschreiben können: Kein anderes Mitglied und kein äußerer Zeuge hat mitgezeichnet.',
    )
  }
  if (agreement.gatewaysTotal === 2) {
    remarks.push(
      agreement.required.startsWith('1 ')
        ? 'Zwei Gateways, von denen eines genügt: Ein Lügner genügt.'
        : 'Zwei Gateways, die beide mitzeichnen müssen: Fällt eines aus, steht es.',
    )
  }
  return remarks
}
