import type { LedgerReader } from '../../ledger/reader.ts'
import { parseCheckpoint } from '../../proof/checkpoint.ts'
import { evaluatePolicy, parsePolicy } from '../../proof/policy.ts'
import { policyOf } from './policy.ts'

const PAGE = 256

/** The oldest checkpoint of at least `size` entries that the log signed and a quorum cosigned; null where there is none. */
export function quorumCheckpointFrom(reader: LedgerReader, size: number): { size: number; text: string } | null {
  const policy = parsePolicy(policyOf(reader))
  for (let after = size - 1; ;) {
    const page = reader.log.checkpointsFrom(after, PAGE)
    for (const stored of page) {
      const verdict = evaluatePolicy(policy, parseCheckpoint(stored.text))
      if (verdict.logSigned && verdict.quorum) return stored
    }
    const newest = page.at(-1)
    if (newest === undefined) return null
    after = newest.size
  }
}

/** The newest checkpoint that the log signed and a quorum of the channel cosigned; null where there is none. */
export function quorumCheckpoint(reader: LedgerReader): { size: number; text: string } | null {
  const policy = parsePolicy(policyOf(reader))
  const { quorum } = reader.channelState()
  for (let before = Number.MAX_SAFE_INTEGER; ;) {
    const page = reader.log.checkpoints(PAGE, before)
    for (const stored of page) {
      // Counted before they are verified: there may be thousands of checkpoints that too few gateways signed.
      if (stored.text.split(`\n\u2014 ${reader.origin}/`).length <= quorum) continue
      const verdict = evaluatePolicy(policy, parseCheckpoint(stored.text))
      if (verdict.logSigned && verdict.quorum) return stored
    }
    const oldest = page.at(-1)
    if (oldest === undefined) return null
    before = oldest.size
  }
}
