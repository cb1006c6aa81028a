/** Checks of a stored record: the short one that hashes everything, and the full one that applies everything again. */
import { loadAddon } from '../../native/addon.ts'
import { fsck } from '../../src-main/ledger/audit.ts'
import { hashCheck } from '../../src-main/ledger/hash-check.ts'
import { figure, secondsOf } from './figure.ts'

const ROUNDS = { hashes: 5, full: 1 }

export function measureChecks(file: string): void {
  const addon = loadAddon()
  const { verdict, checked } = fsck({ file, addon })
  if (verdict !== 'unchanged') throw new Error(`the record that was just made is ${verdict}`)
  const { entries, readings } = checked
  const hashing = secondsOf(ROUNDS.hashes, () => void hashCheck({ file, addon }))
  const applying = secondsOf(ROUNDS.full, () => void fsck({ file, addon }))
  figure('record_hashed_entries_per_second', entries / hashing, 'entries/s', { entries, readings })
  figure('record_checked_in_full_entries_per_second', entries / applying, 'entries/s', { entries, readings })
}
