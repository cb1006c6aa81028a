/**
 * Room on the disk that nobody uses: a file of zeros, given back when the disk is full, so that what runs on can still write a
 * log line, a checkpoint or a decision of a person while somebody makes room.
 */
import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const MIB = 1024 * 1024
const RESERVE_BYTES_MAX = 64 * MIB
/** Of a small volume it takes no more than this part. */
const RESERVE_PART = 20
const CHUNK_BYTES = MIB

export class DiskReserve {
  readonly #folder: string
  readonly #file: string

  /** `file`: where it lies; its folder is there already. */
  constructor(file: string) {
    this.#folder = dirname(file)
    this.#file = file
  }

  /** How large it is on this volume. */
  get bytes(): number {
    const { blocks, bsize } = statfsSync(this.#folder)
    return Math.min(RESERVE_BYTES_MAX, Math.floor((blocks * bsize) / RESERVE_PART))
  }

  get isHeld(): boolean {
    return statSync(this.#file, { throwIfNoEntry: false }) !== undefined
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#folder)
    return bavail * bsize
  }

  /** Whether the reserve can be taken again and as much is left to go on with. */
  get hasRoom(): boolean {
    return this.freeBytes >= 2 * this.bytes
  }

  /** Takes the room, with real blocks: a file with a hole in it would reserve nothing. False where there is not enough. */
  hold(): boolean {
    if (this.isHeld) return true
    if (!this.hasRoom) return false
    const unfinished = `${this.#file}.new`
    try {
      const { bytes } = this
      const descriptor = openSync(unfinished, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600)
      try {
        const zeros = new Uint8Array(CHUNK_BYTES)
        for (let at = 0; at < bytes;) at += writeSync(descriptor, zeros, 0, Math.min(CHUNK_BYTES, bytes - at))
        fsyncSync(descriptor)
      } finally {
        closeSync(descriptor)
      }
      renameSync(unfinished, this.#file)
      return true
    } catch {
      // Somebody else was faster: it is tried again when there is room.
      rmSync(unfinished, { force: true })
      return false
    }
  }

  giveBack(): void {
    rmSync(this.#file, { force: true })
  }
}
