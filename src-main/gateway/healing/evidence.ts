/** What was damaged, kept as it was: the repair replaces it, and somebody may want to know who changed what. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { DamagedLedger } from '../../ledger/healing/damaged-ledger.ts'
import { encodeLogRow, nameText, Parts, type PartName } from '../../ledger/healing/parts.ts'
import { toBase64, toHex, utf8 } from '../../wire/bytes.ts'
import type { Hash } from '../../wire/bytes.ts'
import { parseActorId, type ActorId } from '../../wire/ids.ts'
import type { Finding } from '../check/integrity.ts'
import { writeDurably } from '../../disk/durable-file.ts'

/** Of larger parts the beginning; a payload has up to 8 MiB. */
const KEPT_BYTES_MAX = 64 * 1024
/** Of all together; of the rest the hash and the length. */
const ALL_KEPT_BYTES_MAX = 4 * 1024 * 1024

export interface Before {
  finding: Finding | null
  /** They have not yet taken the place of what is stored. */
  parts: readonly PartName[]
  /** Who gave them. */
  from: readonly ActorId[]
  atUs: number
  hash: Hash
}

interface Places {
  /** Folder of what is kept. */
  evidence: string
  /** File of the note. */
  repair: string
  ledger: string
}

/**
 * Keeps what is about to be replaced as `changed-<time>.json`, and notes the repair: wherever it is cut off, what was damaged and who
 * gave the rest is told in the end.
 */
export function beforeRepair({ evidence, repair, ledger }: Places, before: Before): void {
  const { finding, parts, from, atUs, hash } = before
  const count = (kind: PartName['kind']): number => parts.filter((part) => part.kind === kind).length
  const damaged = new DamagedLedger(ledger, new Parts(), hash)
  try {
    mkdirSync(evidence, { recursive: true, mode: 0o700 })
    const lost = keptOf(damaged, parts, hash)
    const text = JSON.stringify(
      { what: 'damaged parts of the ledger, before their repair', atUs, finding, lost },
      null,
      2,
    )
    // Nothing that was kept before is written over, by no number of attempts.
    const name = `changed-${finding?.foundAtUs ?? atUs}${parts.length === 0 ? '-tables' : ''}.json`
    if (!existsSync(join(evidence, name))) writeDurably(join(evidence, name), utf8(`${text}\n`))
  } finally {
    damaged.close()
  }
  // Tables that follow from the entries are made anew without a trace on the ledger: nobody else's hand was needed.
  if (parts.length === 0) return
  const counts = { payloads: count('payload'), entries: count('entry'), logRows: count('log') }
  const foundAtUs = finding?.foundAtUs ?? atUs
  const note: RepairNote = { foundAtUs, entry: finding?.firstBad.entry ?? 0, ...counts, from: [...from] }
  writeDurably(repair, utf8(`${JSON.stringify(note)}\n`))
}

const noteSchema = z.strictObject({
  foundAtUs: z.int(),
  entry: z.int().min(0),
  payloads: z.int().min(0),
  entries: z.int().min(0),
  logRows: z.int().min(0),
  from: z.array(z.string().transform(parseActorId)),
})
export type RepairNote = z.infer<typeof noteSchema>

/** The repair that is under way, or was cut off; null where there is none, or what is there cannot be read. */
export function readRepair(path: string): RepairNote | null {
  try {
    return noteSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return null
  }
}

/** The ledger says so now. */
export function forgetRepair(path: string): void {
  rmSync(path, { force: true })
}

function keptOf(damaged: DamagedLedger, parts: readonly PartName[], hash: Hash): unknown[] {
  let room = ALL_KEPT_BYTES_MAX
  return parts.map((part) => {
    const bytes = storedOf(damaged, part)
    if (bytes === null) return { part: nameText(part), found: null }
    const kept = bytes.subarray(0, Math.min(KEPT_BYTES_MAX, room))
    room -= kept.length
    return { part: nameText(part), found: { sha256: toHex(hash(bytes)), bytes: bytes.length, begins: toBase64(kept) } }
  })
}

function storedOf(damaged: DamagedLedger, part: PartName): Uint8Array | null {
  if (part.kind === 'payload') return damaged.payload(damaged.payloadRow(part.hash), part.hash)
  if (part.kind === 'entry') return damaged.entry(part.index)?.bytes ?? null
  const row = damaged.logRow(part.index)
  return row === null ? null : encodeLogRow(row)
}
