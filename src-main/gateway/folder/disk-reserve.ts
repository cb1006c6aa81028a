/**
 * Room on the disk that nobody uses: a file of no meaning, given back when the disk is full, so that what runs on can still write a
 * log line, a checkpoint or a decision of a person while somebody makes room.
 */
import { randomBytes } from 'node:crypto'
import { renameSync, rmSync, statfsSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'

const MIB = 1024 * 1024
const RESERVE_BYTES_MAX = 64 * MIB
/** Of a small volume it takes no more than this part. */
const RESERVE_PART = 20
const CHUNK_BYTES = MIB

export class DiskReserve {
  readonly #folder: string
  readonly #file: string
  #taking: Promise<boolean> | null = null
  /** How often it was given back: what is being taken meanwhile is not kept. */
  #given = 0

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

  /** Takes the room. False where there is not enough of it. */
  async hold(): Promise<boolean> {
    if (this.isHeld) return true
    if (!this.hasRoom) return false
    this.#taking ??= this.#take().finally(() => {
      this.#taking = null
    })
    return await this.#taking
  }

  giveBack(): void {
    this.#given += 1
    for (const file of [this.#file, this.#unfinished]) rmSync(file, { force: true })
  }

  get #unfinished(): string {
    return `${this.#file}.new`
  }

  /** With real blocks: of a hole, or of zeros, a file system may make nothing. Not all at once: a slow disk takes seconds for it. */
  async #take(): Promise<boolean> {
    const given = this.#given
    try {
      const { bytes } = this
      const file = await open(this.#unfinished, 'w', 0o600)
      try {
        const noise = randomBytes(CHUNK_BYTES)
        for (let at = 0; at < bytes && given === this.#given;)
          at += (await file.write(noise, 0, Math.min(CHUNK_BYTES, bytes - at))).bytesWritten
        await file.sync()
      } finally {
        await file.close()
      }
      if (given !== this.#given) return false
      renameSync(this.#unfinished, this.#file)
      return true
    } catch {
      // Somebody else was faster: it is tried again when there is room.
      rmSync(this.#unfinished, { force: true })
      return false
    }
  }
}
