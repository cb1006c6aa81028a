/**
 * Whether the gateways have one record: the one function behind screens, `plumbline status` and the API. It only weighs what was
 * compared; that nobody objected is never agreement (docs/ARCHITECTURE.md: agreement is a comparison).
 */
import type { HeadState, Verdict } from './model.ts'

/** A head that was not compared for so long says nothing about now. */
export const COMPARED_MS_MAX = 10_000

export interface ComparedGateway {
  name: string
  head: HeadState
  /** When its head was last found equal, or where it never was, when it was last heard; microseconds. Null: never. */
  sinceUs: number | null
  /** It says that it doubts its ledger. */
  doubts: boolean
  /** It says that what it stored was changed. */
  saysChanged: boolean
}

export interface Weighing {
  name: string
  /** This gateway's check of its own record, and why it is not "unchanged". */
  own: Verdict
  /** This gateway doubts its ledger: others had another one, and no majority has shown which is right. */
  doubts: boolean
  /** Every other gateway of the channel. */
  others: readonly ComparedGateway[]
  /** Whether a majority is there: some gateway leads. */
  led: boolean
}

/** Why the verdict is what it is; each has a sentence in the console and on the command line. */
export const agreementReasons = [
  'agree',
  'alone',
  'own-changed',
  'own-unknown',
  'doubt',
  'differs',
  'no-majority',
  'not-shown',
  'behind',
  'peer-doubts',
  'peer-changed',
] as const
export type AgreementReason = (typeof agreementReasons)[number]

export interface Agreement {
  verdict: Verdict
  reason: AgreementReason
  /** The gateways that the reason is about. */
  about: { names: readonly string[]; sinceUs: number | null }
  /** Whose newest sealed head was compared with this gateway's and found equal, for every gateway of the channel. */
  agreesWith: Readonly<Record<string, readonly string[]>>
  /** `agree` of `total` gateways have the record that this one computed. */
  agree: number
  total: number
}

export function weigh(weighing: Weighing): Agreement {
  const { name, own, others } = weighing
  const equal = others.filter(agrees).map((other) => other.name)
  const isOne = own !== 'changed'
  const one = isOne ? [name, ...equal] : equal
  const agreesWith = Object.fromEntries(
    [name, ...others.map((other) => other.name)].map((each) => [
      each,
      one.includes(each) ? one.filter((other) => other !== each) : [],
    ]),
  )
  return { ...decide(weighing, one.length), agreesWith, agree: one.length, total: others.length + 1 }
}

/** Compared and found equal, and it stands to it. */
function agrees({ head, doubts, saysChanged }: ComparedGateway): boolean {
  return head === 'equal' && !doubts && !saysChanged
}

function decide(
  { own, doubts, others, led }: Weighing,
  agree: number,
): Pick<Agreement, 'verdict' | 'reason' | 'about'> {
  const total = others.length + 1
  const nobody = { names: [], sinceUs: null }
  const where = (test: (other: ComparedGateway) => boolean): Agreement['about'] => {
    const found = others.filter(test)
    const times = found.flatMap(({ sinceUs }) => (sinceUs === null ? [] : [sinceUs]))
    return {
      names: found.map(({ name }) => name),
      sinceUs: times.length === found.length && times.length > 0 ? Math.min(...times) : null,
    }
  }
  if (own === 'changed') return { verdict: 'changed', reason: 'own-changed', about: nobody }
  if (doubts)
    return cannotTell(
      'doubt',
      where(({ head }) => head === 'differs'),
    )
  const differing = where(({ head }) => head === 'differs')
  if (differing.names.length > 0) return cannotTell('differs', differing)
  if (own === 'cannot-tell') return cannotTell('own-unknown', nobody)
  if (total === 1) return { verdict: 'unchanged', reason: 'alone', about: nobody }
  const missing = where(({ head }) => head === 'silent' || head === 'old')
  if (!led) return cannotTell('no-majority', missing)
  if (missing.names.length > 0) return cannotTell('not-shown', missing)
  const ahead = where(({ head }) => head === 'beyond')
  if (ahead.names.length > 0) return cannotTell('behind', ahead)
  const doubting = where((other) => other.doubts)
  if (doubting.names.length > 0) return cannotTell('peer-doubts', doubting)
  const changed = where(({ saysChanged }) => saysChanged)
  const verdict = agree > total / 2 ? 'unchanged' : 'cannot-tell'
  return { verdict, reason: changed.names.length > 0 ? 'peer-changed' : 'agree', about: changed }
}

function cannotTell(
  reason: AgreementReason,
  about: Agreement['about'],
): Pick<Agreement, 'verdict' | 'reason' | 'about'> {
  return { verdict: 'cannot-tell', reason, about }
}

/** In English, for the command line, logs and readers who do not know the reason; `own` is why the own check did not end well. */
export function reasonText({ reason, about }: Pick<Agreement, 'reason' | 'about'>, own: string): string {
  const names = about.names.join(', ')
  const since = about.sinceUs === null ? '' : ` since ${new Date(about.sinceUs / 1000).toISOString()}`
  const texts: Record<AgreementReason, string> = {
    agree: 'the newest sealed heads were compared and are equal',
    alone: 'nobody to compare with',
    'own-changed': own,
    'own-unknown': own,
    doubt: 'this record is not that of the other gateways, and which one is wrong is not known yet',
    differs: `${names} has another record than this gateway, and which one is wrong is not known yet`,
    'no-majority': 'no majority of the gateways is there',
    'not-shown': `${names} has not shown its record${since}`,
    behind: `this gateway has not come as far as ${names} for longer than 10 s`,
    'peer-doubts': `${names} doubts its own record`,
    'peer-changed': `${names} says that its own record was changed`,
  }
  return texts[reason]
}
