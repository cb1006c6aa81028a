/**
 * A ledger that cannot be opened because parts of it are lost: what is lost is fetched from the other gateways first, whom the genesis
 * names, and then it is made anew.
 */
import type { Addon } from '../../../native/addon.ts'
import { LedgerError, type LedgerErrorCode } from '../../ledger/errors.ts'
import { nameText, Parts, type LostPart } from '../../ledger/healing/parts.ts'
import { surveyLosses } from '../../ledger/healing/survey.ts'
import type { Opened } from '../../ledger/open-or-rebuild.ts'
import { askForRebuild } from '../../ledger/rebuilt-file.ts'
import { GatewayError } from '../error.ts'
import type { Fetched } from './part-desk.ts'

/** What an open ledger is refused for that other gateways may have. */
const HEALABLE: ReadonlySet<LedgerErrorCode> = new Set([
  'database_damaged',
  'payload_missing',
  'payload_damaged',
  'raft_log_damaged',
  'replay_differs',
])
/** A lost entry's payload is known when the entry is there again. */
const ROUNDS_MAX = 4

export interface HealAtStart {
  file: string
  addon: Addon
  genesis: Uint8Array
  fetch(lost: readonly LostPart[]): Promise<Fetched>
}

/** Opens a ledger; one that cannot be opened for what it lost, after that was fetched. Throws LedgerError, GatewayError. */
export async function openHealed(open: () => Opened, { file, addon, genesis, fetch }: HealAtStart): Promise<Opened> {
  try {
    return open()
  } catch (cause) {
    if (!(cause instanceof LedgerError) || !HEALABLE.has(cause.code)) throw cause
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const hash = (bytes: Uint8Array): Uint8Array => addon.sha256(bytes)
      const parts = Parts.read(file, hash)
      const lost = surveyLosses({ file, addon, genesis, parts })
      if (lost.length === 0) break
      const { parts: had, missing } = await fetch(lost)
      parts.add(had)
      parts.write(file, hash)
      const [first] = missing
      if (first !== undefined) throw notHad(cause, first.part, missing.length)
    }
    askForRebuild(file, cause.message)
    return open()
  }
}

function notHad(cause: LedgerError, first: LostPart, count: number): GatewayError {
  const more = count === 1 ? '' : ` and ${count - 1} more`
  return new GatewayError(
    'ledger_stopped',
    `${cause.message} Lost are: ${nameText(first)}${more}, which no other gateway gave.`,
    'Start the other gateways: with what they have it comes back by itself. Keep a copy of this folder, and look at its disk.',
    cause,
  )
}
