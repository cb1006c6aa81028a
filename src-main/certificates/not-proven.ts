/** What no signature shows; printed on every certificate and every check. */
import type { Agreement } from './agreement.ts'
import type { Findings } from './subject.ts'
import { isoOfUs } from './numbers.ts'
import { isSimulated, NOT_TRUE, QUORUM_ONLY } from './subject.ts'

export function notProven(findings: Findings | null, agreement: Agreement | null): string[] {
  const sentences = [NOT_TRUE]
  if (findings !== null) {
    const { streams, sources, ledger } = findings
    if (isSimulated(findings)) sentences.push('Simulated: these values come from a simulator, not from a sensor.')
    for (const { state } of streams) {
      const mark = state.simulated ? ', simulated' : ''
      sentences.push(`${state.label}: ${state.protocol}, ${state.trust}${mark}; no calibration is recorded.`)
    }
    if (!sources.fromSources) sentences.push(`The readings are ${QUORUM_ONLY}.`)
    sentences.push(`Revocation not checked after ${isoOfUs(ledger.newer.asOfUs)}.`)
  }
  if (agreement !== null) sentences.push(...agreement.remarks)
  return sentences
}
