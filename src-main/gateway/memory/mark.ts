/**
 * The mark: what a gateway knows of its own memory outside its ledger. It lies beside the keys, in two slots that are written in turn,
 * and names the ledger file and how often something had been made durable in it. A ledger that knows less than its mark is not the
 * one it was.
 *
 *     slot   "PLMK" | u8 version | u64le generation | ledger (16) | u64le counter | u64le term | u64le vote | u64le cosigned | SHA-256
 *
 * Order: the log is durable, then the mark (at once where term or vote changed, else within a second), then what was promised leaves.
 */
import { createHash } from 'node:crypto'
import { closeSync, existsSync, fdatasyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { syncFolder } from '../../disk/durable-file.ts'
import { UNUSED_FILE } from '../../keys/key-folder.ts'
import { equalBytes, fromHex, toHex } from '../../wire/bytes.ts'

export interface Mark {
  /** Id of the ledger file, hex. */
  ledger: string
  counter: number
  term: number
  vote: number
  /** Size of the newest tree head that was cosigned. */
  cosigned: number
}

/** `new`: this identity has never recorded anything. null: there is no mark that could be read, though there should be one. */
export type FoundMark = Mark | 'new' | null

/** Where a mark is kept; a simulation has its own. */
export interface MarkStore {
  read(): FoundMark
  /** Durable when it returns. */
  write(mark: Mark): void
}

const MARK_FILE = 'mark'
const MAGIC = Buffer.from('PLMK')
const VERSION = 1
const BODY_BYTES = 61
const SLOT_BYTES = BODY_BYTES + 32
/** Far enough from each other that no torn write reaches both. */
const SLOT_DISTANCE = 4_096

export class MarkFile implements MarkStore {
  readonly #path: string
  readonly #unused: string
  #generation = 0

  /** `keysDir`: the folder of this gateway's keys. */
  constructor(keysDir: string) {
    this.#path = join(keysDir, MARK_FILE)
    this.#unused = join(keysDir, UNUSED_FILE)
  }

  read(): FoundMark {
    const slots = existsSync(this.#path) ? this.#slots() : []
    const [newest] = slots.toSorted((a, b) => b.generation - a.generation)
    if (newest === undefined) return !existsSync(this.#path) && existsSync(this.#unused) ? 'new' : null
    this.#generation = newest.generation
    return newest.mark
  }

  write(mark: Mark): void {
    const isNew = !existsSync(this.#path)
    this.#generation += 1
    const file = openSync(this.#path, isNew ? 'w' : 'r+', 0o600)
    try {
      writeSync(file, encode(mark, this.#generation), 0, SLOT_BYTES, (this.#generation % 2) * SLOT_DISTANCE)
      fdatasyncSync(file)
    } finally {
      closeSync(file)
    }
    if (!isNew) return
    rmSync(this.#unused, { force: true })
    syncFolder(dirname(this.#path))
  }

  #slots(): { generation: number; mark: Mark }[] {
    const file = openSync(this.#path, 'r')
    try {
      return [0, SLOT_DISTANCE].flatMap((at) => {
        const bytes = Buffer.alloc(SLOT_BYTES)
        readSync(file, bytes, 0, SLOT_BYTES, at)
        return decode(bytes) ?? []
      })
    } finally {
      closeSync(file)
    }
  }
}

/**
 * Moves the mark of a ledger that is left for good to the path `to`, so that these keys stand before their first promise again. An end
 * at any moment leaves the mark, or none and what stands for none; does nothing where that is so already.
 */
export function setMarkAside(keysDir: string, to: string): void {
  const path = join(keysDir, MARK_FILE)
  const unused = join(keysDir, UNUSED_FILE)
  closeSync(openSync(unused, 'a', 0o600))
  syncFolder(keysDir)
  if (!existsSync(path)) return
  renameSync(path, to)
  syncFolder(dirname(to))
  syncFolder(keysDir)
}

function encode({ ledger, counter, term, vote, cosigned }: Mark, generation: number): Buffer {
  const bytes = Buffer.alloc(SLOT_BYTES)
  MAGIC.copy(bytes)
  bytes[4] = VERSION
  bytes.writeBigUInt64LE(BigInt(generation), 5)
  Buffer.from(fromHex(ledger)).copy(bytes, 13)
  for (const [i, number] of [counter, term, vote, cosigned].entries())
    bytes.writeBigUInt64LE(BigInt(number), 29 + 8 * i)
  digestOf(bytes).copy(bytes, BODY_BYTES)
  return bytes
}

/** Null for a slot that was never written, or torn. */
function decode(bytes: Buffer): { generation: number; mark: Mark } | null {
  if (!equalBytes(bytes.subarray(0, 4), MAGIC) || bytes[4] !== VERSION) return null
  if (!equalBytes(digestOf(bytes), bytes.subarray(BODY_BYTES))) return null
  const number = (at: number): number => Number(bytes.readBigUInt64LE(at))
  const [counter, term, vote, cosigned] = [29, 37, 45, 53].map(number) as [number, number, number, number]
  return { generation: number(5), mark: { ledger: toHex(bytes.subarray(13, 29)), counter, term, vote, cosigned } }
}

function digestOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes.subarray(0, BODY_BYTES)).digest()
}
