/** Stopped gateways with real folders, keys and ledgers, for tests of what continues them. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gatewayFolder, type GatewayFolder } from '../../../../src-main/gateway/folder/data-folder.ts'
import { MarkFile } from '../../../../src-main/gateway/memory/mark.ts'
import { prepareTogether } from '../../../../src-main/gateway/folder/setup.ts'
import { StatementChain } from '../../../../src-main/gateway/signing/statement-chain.ts'
import { openKeyStore } from '../../../../src-main/keys/key-store.ts'
import { openLedger, type Ledger } from '../../../../src-main/ledger/ledger.ts'
import { sha256, toHex } from '../../../../src-main/wire/bytes.ts'
import { addon, commit } from '../../ledger/drive.ts'

export const random = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes))
const START_US = 1_760_000_000_000_000

/** What the gateways of a plant recorded: the same statements in each ledger that takes them. */
export class OldPlant {
  readonly data: string
  readonly folders: GatewayFolder[]
  readonly #chain: StatementChain
  readonly #statements: { entry: Uint8Array; payload: null }[] = []
  #timeUs = START_US

  /** The last named signs all statements. */
  constructor(data: string, names: string[]) {
    this.data = data
    const members = names.map((name) => ({ name, legalName: `${name} GmbH` }))
    const founding = { name: 'Hall', site: 'Kulmbach', simulated: true, members }
    this.folders = prepareTogether(data, founding, START_US)
    const signer = this.folders.at(-1) as GatewayFolder
    const keys = openKeyStore(signer.keys)
    const first = openLedger({ addon, genesis: readFileSync(signer.genesis), memory: true })
    // The founder's chain began with the genesis.
    const place = first.signingCursor(keys.actorId)
    this.#chain = new StatementChain(
      {
        addon,
        actor: keys.actorId,
        channel: first.channel,
        key: () => keys.newest('entry'),
        random,
        nowUs: () => (this.#timeUs += 1_000_000),
        clock: () => ({ state: 'unknown', errorUs: null }),
      },
      names.length === 1
        ? { incarnation: first.incarnation(keys.actorId), sequence: place.sequence, previous: place.previous }
        : { incarnation: null, sequence: 0, previous: null },
    )
    for (let i = 0; i < 6; i++) {
      this.#add(first, this.#chain.event('gateway.alive', {}).entry)
      const draft = first.sealDraft()
      this.#add(first, this.#chain.seal(draft, Math.min((this.#timeUs += 1_000_000), draft.maxTimeUs)))
    }
    first.close()
  }

  get lastUs(): number {
    return this.#timeUs
  }

  folder(name: string): GatewayFolder {
    return gatewayFolder(join(this.data, name))
  }

  /** Writes the first `count` of the twelve statements into a gateway's ledger, and a mark that tells of more than it holds. */
  record(name: string, count: number, { queued = 0 } = {}): void {
    const folder = this.folder(name)
    const { actorId } = openKeyStore(folder.keys)
    const ledger = openLedger({
      addon,
      file: folder.ledger,
      genesis: readFileSync(folder.genesis),
      actor: actorId,
      ledgerId: random(16),
    })
    for (const statement of this.#statements.slice(0, count)) commit(ledger, statement)
    const waiting = Array.from({ length: queued }, () => this.#chain.event('gateway.alive', {}))
    ledger.commitPass({ truncateFrom: null, append: [], hardState: null, apply: [], enqueue: waiting })
    const { ledger: id, counter } = ledger.memory.identity
    new MarkFile(folder.keys).write({ ledger: id, counter: counter + 100, term: 3, vote: 1, cosigned: 0 })
    ledger.close()
    writeFileSync(folder.agreement, '{"doubted":null,"differences":{}}\n')
    mkdirSync(folder.evidence)
    writeFileSync(join(folder.evidence, 'a.fork.json'), '{}\n')
  }

  /** A seal that the others never saw, after the first `count` statements. */
  diverge(name: string, count: number): void {
    this.record(name, count)
    const folder = this.folder(name)
    const ledger = openLedger({ addon, file: folder.ledger, genesis: readFileSync(folder.genesis) })
    const draft = ledger.sealDraft()
    commit(ledger, { entry: this.#chain.seal(draft, Math.min(this.#timeUs, draft.maxTimeUs)), payload: null })
    ledger.close()
  }

  #add(ledger: Ledger, entry: Uint8Array): void {
    const statement = { entry, payload: null }
    const [outcome] = commit(ledger, statement)
    if (outcome?.outcome !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`)
    this.#statements.push(statement)
  }
}

/** What lies in a folder, by path: hash and mode. What a reader of the ledger may make beside it is left out. */
export function contentOf(root: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const item of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(item.parentPath, item.name)
    if (!item.isFile() || /(-wal|-shm|lock\.db)$/.test(item.name)) continue
    found.set(path.slice(root.length), `${toHex(sha256(readFileSync(path)))} ${modeOf(path)}`)
  }
  return found
}

export function modeOf(path: string): string {
  return existsSync(path) ? (statSync(path).mode & 0o777).toString(8) : 'nothing'
}
