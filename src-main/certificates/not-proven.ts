/** What no signature shows; printed on every certificate and every check. */
import type { Agreement } from './agreement.ts'
import type { Findings } from './subject.ts'
import { isoOfUs } from './numbers.ts'
import { isSimulated, lateOf, NOT_TRUE, QUORUM_ONLY } from './subject.ts'

export function notProven(findings: Findings | null, agreement: Agreement | null): string[] {
  const sentences = [NOT_TRUE]
  if (findings !== null) {
    const { streams, sources, ledger } = findings
    if (isSimulated(findings)) sentences.push('Simulated: these values come from a simulator, not from a sensor.')
    for (const { state } of streams) {
      const mark = state.simulated ? ', simulated' : ''
      sentences.push(`${state.label}: ${state.meaning.protocol}, ${state.trust}${mark}; no calibration is recorded.`)
    }
    for (const { state, judged } of streams) {
      const late = lateOf(judged, ledger)
      if (late !== null)
        sentences.push(
          `${state.label}: when ${String(late['readings'])} of its readings were taken; they were signed more than a day later, ` +
            `up to ${isoOfUs(Number(late['toUs']))}.`,
        )
    }
    if (!sources.fromSources) sentences.push(`The readings are ${QUORUM_ONLY}.`)
    sentences.push(`Revocation not checked after ${isoOfUs(ledger.newer.asOfUs)}.`)
  }
  if (agreement !== null) sentences.push(...agreement.remarks)
  return sentences
}
