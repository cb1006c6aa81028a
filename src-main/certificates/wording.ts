/** The verdict of a check in one sentence and the one under it. Three verdicts, never two. */
import type { Verdict } from '../wire/verdict.ts'
import type { Missing, Step } from './step.ts'

export const PIN_COMMAND = 'plumbline trust pin'
/** Nothing of a channel's evidence is looked at before a pinned policy vouches for the channel. */
export const NOT_RUN_UNKNOWN = 'not run: nobody vouches for this channel yet'
export const NOT_RUN_MISSING = 'not run: cosignatures are missing'
export const NOT_RUN_RULES = "not run: this release does not know the channel's rules"
/** Printed where the rule was not run: what the file says of itself was then compared with nothing. */
export const VERDICT_NOT_COMPUTED =
  'The rule was not run again: verdict, findings and figures are what the file says, not what follows from its readings.'

export function wordVerdict(
  verdict: Verdict,
  steps: readonly Step[],
  missing: readonly Missing[],
): { headline: string; explanation: string } {
  if (verdict === 'unchanged') {
    return {
      headline: 'This certificate is unchanged.',
      explanation: 'Every step holds under the pinned trust policy.',
    }
  }
  if (verdict === 'changed') {
    const stop = steps.find((step) => step.state === 'stops')
    const where = stop === undefined ? '' : ` It stops at “${stop.title}”: ${stop.detail}.`
    return { headline: 'This certificate is changed.', explanation: `Do not rely on it.${where}` }
  }
  if (missing.some((one) => one.code === 'policy_asks_nobody')) {
    return {
      headline: 'Cannot tell: the pinned trust policy asks for nobody.',
      explanation:
        'Under it a single log key could have made all of this up. Fetch the channel’s own policy (plumbline log policy) and pin that one.',
    }
  }
  const codes = missing.map((one) => one.code)
  if (codes.includes('policy_continued')) {
    return {
      headline: 'Cannot tell yet: is this channel known to you?',
      explanation:
        'It says that its ledger continues the one whose trust policy you pinned. That is the claim of whoever founded it, and its evidence was not looked at: anyone can claim it. ' +
        `Compare the fingerprint of its own trust policy with the issuer over another way, then pin that policy, too: ${PIN_COMMAND}.`,
    }
  }
  if (codes.includes('policy_unknown') || codes.includes('policy_other')) {
    return {
      headline: 'Cannot tell yet: is this channel known to you?',
      explanation:
        'Its issuer’s signature holds, and anyone can make a file of which that is true: its evidence was not looked at. Compare the fingerprint of its trust policy with the ' +
        `issuer over another way, then pin the policy: ${PIN_COMMAND}.`,
    }
  }
  return { headline: 'Cannot tell yet.', explanation: `Missing: ${missing.map((one) => one.text).join('; ')}.` }
}
