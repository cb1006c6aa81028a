/** What was damaged, kept as it was: the repair replaces it, and somebody may want to know who changed what. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DamagedLedger } from '../../ledger/healing/damaged-ledger.ts'
import { encodeLogRow, nameText, Parts, type PartName } from '../../ledger/healing/parts.ts'
import type { Hash } from '../../ledger/log-tree.ts'
import { toBase64, toHex, utf8 } from '../../wire/bytes.ts'
import type { Finding } from '../integrity.ts'
import { writeDurably } from '../setup.ts'

/** Of larger parts the beginning; a payload has up to 8 MiB. */
const KEPT_BYTES_MAX = 64 * 1024
/** Of all together; of the rest the hash and the length. */
const ALL_KEPT_BYTES_MAX = 4 * 1024 * 1024

/** Writes `changed-<time of the finding>.json` into `folder`: a repair that is tried again writes the same. `parts` have not yet taken the place of what is stored in `file`. */
export function keepEvidence(
  folder: string,
  file: string,
  { finding, parts, atUs, hash }: { finding: Finding | null; parts: readonly PartName[]; atUs: number; hash: Hash },
): void {
  const damaged = new DamagedLedger(file, new Parts(), hash)
  try {
    let room = ALL_KEPT_BYTES_MAX
    const lost = parts.map((part) => {
      const bytes = storedOf(damaged, part)
      if (bytes === null) return { part: nameText(part), found: null }
      const kept = bytes.subarray(0, Math.min(KEPT_BYTES_MAX, room))
      room -= kept.length
      return {
        part: nameText(part),
        found: { sha256: toHex(hash(bytes)), bytes: bytes.length, begins: toBase64(kept) },
      }
    })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const text = `${JSON.stringify({ what: 'damaged parts of the ledger, before their repair', atUs, finding, lost }, null, 2)}\n`
    writeDurably(join(folder, `changed-${finding?.foundAtUs ?? atUs}.json`), utf8(text))
  } finally {
    damaged.close()
  }
}

function storedOf(damaged: DamagedLedger, part: PartName): Uint8Array | null {
  if (part.kind === 'payload') return damaged.payload(damaged.payloadRow(part.hash), part.hash)
  if (part.kind === 'entry') return damaged.entry(part.index)?.bytes ?? null
  const row = damaged.logRow(part.index)
  return row === null ? null : encodeLogRow(row)
}
