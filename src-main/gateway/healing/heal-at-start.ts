/**
 * A ledger that cannot be opened because parts of it are lost: what is lost is fetched from the other gateways first, whom the genesis
 * names, and then it is made anew.
 */
import type { Addon } from '../../../native/addon.ts'
import { LedgerError, type LedgerErrorCode } from '../../ledger/errors.ts'
import { lostText, Parts, type LostPart } from '../../ledger/healing/parts.ts'
import { surveyLosses } from '../../ledger/healing/survey.ts'
import type { Opened } from '../../ledger/open-or-rebuild.ts'
import { askForRebuild } from '../../ledger/rebuilt-file.ts'
import type { ActorId } from '../../wire/ids.ts'
import { GatewayError } from '../error.ts'
import { nowUs } from '../wall-clock.ts'
import { beforeRepair, forgetRepair } from './evidence.ts'
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
  /** Where what was damaged is kept, and where the repair is noted until the ledger says so. */
  places: { evidence: string; repair: string }
  /** `from`: the actors of those who gave them. */
  fetch(lost: readonly LostPart[]): Promise<Omit<Fetched, 'from'> & { from: ActorId[] }>
}

/** Opens a ledger; one that cannot be opened for what it lost, after that was fetched. Throws LedgerError, GatewayError. */
export async function openHealed(
  open: () => Opened,
  { file, addon, genesis, places, fetch }: HealAtStart,
): Promise<Opened> {
  try {
    return open()
  } catch (cause) {
    if (!(cause instanceof LedgerError) || !HEALABLE.has(cause.code)) throw cause
    const hash = (bytes: Uint8Array): Uint8Array => addon.sha256(bytes)
    const parts = Parts.read(file, hash).payloads()
    const all = surveyLosses({ file, addon, genesis, parts: new Parts() })
    const from = new Set<ActorId>()
    let missed = all.filter((part) => !parts.has(part))
    for (let round = 0; missed.length > 0 && round < ROUNDS_MAX; round++) {
      const had = await fetch(missed)
      parts.add(had.parts)
      endLogWhereNobodyHas(parts, had.missing)
      parts.write(file, hash)
      const missing = had.missing.filter(({ part: { tail } }) => tail === null || parts.logEnd === null)
      const [first] = missing
      if (first !== undefined) throw notHad(cause, first.part, missing.length)
      for (const actor of had.from) from.add(actor)
      missed = surveyLosses({ file, addon, genesis, parts })
      all.push(...missed)
    }
    const replaced = all.filter((part) => parts.has(part))
    if (all.length > 0)
      beforeRepair(
        { ...places, ledger: file },
        { finding: null, parts: replaced, from: [...from], atUs: nowUs(), hash },
      )
    askForRebuild(file, cause.message)
    try {
      return open()
    } catch (error) {
      // Where it was not made anew, what was noted for it is not so.
      forgetRepair(places.repair)
      throw error
    }
  }
}

/**
 * Rows beyond what is committed that enough others were asked for and have not: the log ends before the first of them. What this gateway may have
 * promised of them is forgotten with that, and its start is one without a memory (StartGate).
 */
function endLogWhereNobodyHas(parts: Parts, missing: Fetched['missing']): void {
  const isTold = missing.every(({ part, isToldByEnough }) => part.tail !== null && isToldByEnough)
  if (isTold) for (const { part } of missing) parts.endLogBefore(part.tail as number)
}

function notHad(cause: LedgerError, first: LostPart, count: number): GatewayError {
  const more = count === 1 ? '' : ` and ${count - 1} more`
  return new GatewayError(
    'ledger_stopped',
    `${cause.message} Lost are: ${lostText(first)}${more}, which no other gateway gave.`,
    'Start the other gateways: with what they have it comes back by itself. Keep a copy of this folder, and look at its disk.',
    cause,
  )
}
