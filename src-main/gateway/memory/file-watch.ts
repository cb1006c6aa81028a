/** Whether the ledger's files are still the ones that were opened: what is written to an unlinked file is on no disk tomorrow. */
import { statSync } from 'node:fs'
import { GatewayError } from '../error.ts'

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

  /** Nothing more may be promised from a file that no next start will find. Throws GatewayError `ledger_vanished`. */
  require(): void {
    for (const { path, identity } of this.#files) {
      const now = identityOf(path)
      if (now === identity) continue
      throw new GatewayError(
        'ledger_vanished',
        `${path} was ${now === null ? 'deleted' : 'replaced'} while the gateway runs: nothing is acknowledged any more`,
        'Put the file back where it was, or start the gateway again as it is: it then comes back from what the others have.',
      )
    }
  }
}

function identityOf(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stat === undefined ? null : `${stat.dev}:${stat.ino}`
}
