/** The verdict of a check in one sentence and the one under it. Three verdicts, never two. */
import type { Missing, Step } from './step.ts'
import type { CheckVerdict } from './verification.ts'

export const PIN_COMMAND = 'plumbline trust pin'

export function wordVerdict(
  verdict: CheckVerdict,
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
  const codes = missing.map((one) => one.code)
  if (codes.includes('policy_unknown') || codes.includes('policy_other')) {
    return {
      headline: 'Cannot tell yet: is this channel known to you?',
      explanation:
        'The file agrees with itself; anyone can make a file that does. Compare the fingerprint of its trust policy with the ' +
        `issuer over another way, then pin the policy: ${PIN_COMMAND}.`,
    }
  }
  return { headline: 'Cannot tell yet.', explanation: `Missing: ${missing.map((one) => one.text).join('; ')}.` }
}
