import { loadAddon } from '../../../native/addon.ts'
import { sealTimeUs } from '../../../src-main/ledger/apply-seal.ts'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import type { Ledger, LedgerOptions, Outcome } from '../../../src-main/ledger/ledger.ts'
import type { Proposed } from '../../../src-main/wire/proposal.ts'
import { TestChannel, proposal } from '../../support/channel.ts'
import type { TestChannelOptions } from '../../support/channel.ts'

export const addon = loadAddon()

/** A channel, and one replica of it that takes statements as if Raft had committed them. */
export function testLedger(
  options: TestChannelOptions = {},
  open: Partial<LedgerOptions> = {},
): { channel: TestChannel; ledger: Ledger } {
  const channel = new TestChannel(addon, options)
  return { channel, ledger: openLedger({ addon, genesis: channel.genesis, memory: open.file === undefined, ...open }) }
}

/** Appends one log entry with these statements and applies it in the same pass. */
export function commit(ledger: Ledger, ...statements: Proposed[]): Outcome[] {
  const { lastIndex } = ledger.raft.initial()
  const entry = proposal(lastIndex + 1, statements)
  return ledger.commitPass({
    truncateFrom: null,
    append: [entry],
    hardState: { term: 1, vote: 1, commit: entry.index },
    apply: [entry],
  })
}

/** Commits one statement and gives its outcome. */
export function commitOne(ledger: Ledger, statement: Proposed): Outcome {
  const [outcome] = commit(ledger, statement)
  if (outcome === undefined) throw new Error('a statement had no outcome')
  return outcome
}

/** Seals what is due, as member 0, at the earliest allowed time at or after the newest one. */
export function seal(channel: TestChannel, ledger: Ledger): Outcome {
  const draft = ledger.sealDraft()
  return commitOne(ledger, channel.seal(channel.member(0), draft, sealTimeUs(draft, channel.nowUs())))
}
