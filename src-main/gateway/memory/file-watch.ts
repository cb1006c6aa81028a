/** Whether the ledger's files are still the ones that were opened: what is written to an unlinked file is on no disk tomorrow. */
import { statSync } from 'node:fs'

interface Watched {
  path: string
  /** Device and inode. */
  identity: string | null
}

export class FileWatch {
  readonly #files: Watched[]

  /** `file` is open, and its write-ahead log beside it. */
  constructor(file: string) {
    this.#files = [file, `${file}-wal`].map((path) => ({ path, identity: identityOf(path) }))
  }

  /** What is wrong, in words; null while nothing is. */
  problem(): string | null {
    for (const { path, identity } of this.#files) {
      const now = identityOf(path)
      if (now === identity) continue
      return now === null ? `${path} was deleted while the gateway runs` : `${path} was replaced while the gateway runs`
    }
    return null
  }
}

function identityOf(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stat === undefined ? null : `${stat.dev}:${stat.ino}`
}
