/**
 * The disk of one simulated gateway: its ledger and its mark, each as the page cache shows it and as it is on the platters. A killed
 * process leaves both; a power cut leaves only what was synced; and an older copy may be put back in place of either.
 */
import type { Ledger } from '../../src-main/ledger/ledger.ts'
import type { FoundMark, Mark } from '../../src-main/gateway/memory/mark.ts'
import type { DiskOf } from './oracle.ts'

const COPIES_MAX = 4

/** What lay on the disk at some time. */
export interface Copy {
  image: Uint8Array | undefined
  mark: FoundMark
  atMs: number
  /** What the oracle knew of it. */
  known: DiskOf
}

/** What was synced before a transaction that is only written. */
export interface Before {
  image: Uint8Array | undefined
  known: DiskOf
}

/** `unmarked`: an older ledger, and no mark. */
type Thrown = 'ledger' | 'mark' | 'missing' | 'unmarked'

export class SimDisk {
  /** What a process that opens the ledger now reads; undefined for none. */
  #cached: Uint8Array | undefined
  /** What a power cut would leave, where that is less; null where it is the same. */
  #synced: Before | null = null
  #copies: Copy[] = []
  mark: FoundMark = 'new'

  get image(): Uint8Array | undefined {
    return this.#cached
  }

  /** A process opens the ledger and makes durable what it reads, unless it forgets to. */
  opened(syncs: boolean): void {
    if (syncs) this.#synced = null
  }

  /** Something was committed and synced: everything before it is on the platters, too. */
  committed(): void {
    this.#synced = null
  }

  /** The process ended, and left this. `before`: what was synced, where its last transaction was written and not synced. */
  left(ledger: Ledger, before: Before | null): void {
    this.#cached = ledger.image()
    if (before !== null) this.#synced ??= before
  }

  /** What is left, where anything was lost by it; null where nothing was. */
  cutPower(): DiskOf | null {
    const before = this.#synced
    if (before === null) return null
    this.#cached = before.image
    this.#synced = null
    return before.known
  }

  copy(image: Uint8Array | undefined, atMs: number, known: DiskOf): void {
    this.#copies = [...this.#copies, { image, mark: this.mark, atMs, known }].slice(-COPIES_MAX)
  }

  /** Copies that are old enough for a mark that follows within a second to tell. */
  older(beforeMs: number): readonly Copy[] {
    return this.#copies.filter(({ atMs }) => atMs < beforeMs)
  }

  putBack(what: Thrown, { image, mark }: Copy): void {
    if (what === 'mark') this.mark = mark
    else this.#cached = what === 'missing' ? undefined : image
    if (what === 'unmarked') this.mark = null
    this.#synced = null
    this.#copies = []
  }

  write(mark: Mark): void {
    this.mark = mark
  }
}
