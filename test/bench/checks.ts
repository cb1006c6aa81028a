/** Checks of a stored record: the short one that hashes everything, and the full one that applies everything again. */
import { loadAddon } from '../../native/addon.ts'
import { fsck } from '../../src-main/ledger/audit.ts'
import { hashCheck } from '../../src-main/ledger/hash-check.ts'
import { figure, secondsOf } from './figure.ts'

/** Eight short checks make the whole reading index anew, as a gateway does it. */
const ROUNDS = { hashes: 8, full: 1 }

export function measureChecks(file: string): void {
  const addon = loadAddon()
  const { verdict, checked } = fsck({ file, addon })
  if (verdict !== 'unchanged') throw new Error(`the record that was just made is ${verdict}`)
  const { entries, readings } = checked
  let round = 0
  const hashing = secondsOf(ROUNDS.hashes, () => void hashCheck({ file, addon, round: round++ }))
  const applying = secondsOf(ROUNDS.full, () => void fsck({ file, addon }))
  figure('record_hashed_entries_per_second', entries / hashing, 'entries/s', { entries, readings })
  figure('record_checked_in_full_entries_per_second', entries / applying, 'entries/s', { entries, readings })
}
