/**
 * What must hold at every instant of a simulation, whatever is lost, cut or ended. It sees what no gateway sees: every disk, every
 * ledger, every acknowledgement.
 */
import type { LogEntry } from '../../native/addon.ts'
import type { Ledger, Outcome } from '../../src-main/ledger/ledger.ts'
import { toHex } from '../../src-main/wire/bytes.ts'
import { NODE_IDS } from './sim-channel.ts'

export class Violation extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'Violation'
  }
}

const MAJORITY = Math.floor(NODE_IDS.length / 2) + 1

/** What one node's disk held at some time. */
export interface DiskOf {
  log: string[]
  applied: number
  size: number
}

export class Oracle {
  violation: Violation | null = null
  readonly #hash: (bytes: Uint8Array) => Uint8Array
  readonly #leaderOfTerm = new Map<number, number>()
  /** Per node: what its disk holds, index to `term:hash`. */
  readonly #disks = new Map<number, string[]>(NODE_IDS.map((id) => [id, []]))
  /** What was committed at an index, as first applied by anyone. */
  readonly #committed: string[] = []
  readonly #appliedIndex = new Map<number, number>(NODE_IDS.map((id) => [id, 0]))
  /** Statement hashes of the ledger's leaves, as first applied by anyone. */
  readonly #leaves: string[] = []
  readonly #rootOfSize = new Map<number, string>()
  readonly #stateOfSeal = new Map<number, string>()
  readonly #accepted = new Map<string, number>()
  readonly #acknowledged = new Map<string, { index: number; hash: string }>()
  /** Per statement: the highest place that had been acknowledged, to anyone, when it was made. */
  readonly #madeAfter = new Map<string, number>()
  #acknowledgedTo = 0
  /** Nodes whose disk was thrown back and who do not know everything again, with the logs that they had. */
  readonly #forgetful = new Map<number, string[]>()
  readonly #durableSize = new Map<number, number>(NODE_IDS.map((id) => [id, 0]))

  constructor(hash: (bytes: Uint8Array) => Uint8Array, genesisHash: Uint8Array) {
    this.#hash = hash
    this.#leaves.push(toHex(genesisHash))
  }

  get acknowledged(): number {
    return this.#acknowledged.size
  }
  get leaves(): number {
    return this.#leaves.length
  }
  /** How often a node that had lost its memory voted again. */
  comebacks = 0
  get terms(): number {
    return this.#leaderOfTerm.size
  }

  /** A statement is in its node's queue on disk: only from now on can it be known to anybody. */
  made(actor: string, sequence: number): void {
    const key = `${actor}:${sequence}`
    // After a loss of memory the same one may be made again.
    if (!this.#accepted.has(key)) this.#madeAfter.set(key, this.#acknowledgedTo)
  }

  /** What a node's disk holds now. */
  diskOf(node: number): DiskOf {
    const log = [...(this.#disks.get(node) as string[])]
    return { log, applied: this.#appliedIndex.get(node) as number, size: this.#durableSize.get(node) as number }
  }

  /** A node's disk is what it once was. What it had still counts for what the others committed with it. */
  thrownBack(node: number, { log, applied, size }: DiskOf): void {
    if (!this.#forgetful.has(node)) this.#forgetful.set(node, this.#disks.get(node) as string[])
    this.#disks.set(node, [...log])
    this.#appliedIndex.set(node, applied)
    this.#durableSize.set(node, size)
  }

  /** Power was cut, and this is what a node had synced. */
  powerCut(node: number, { log, applied }: DiskOf): void {
    this.#disks.set(node, [...log])
    this.#appliedIndex.set(node, applied)
  }

  get forgetful(): ReadonlySet<number> {
    return new Set(this.#forgetful.keys())
  }

  /** A node says that it can't rely on its memory: it must have reason to. */
  lost(node: number, why: string): void {
    if (!this.#forgetful.has(node)) this.#fail(`node ${node} takes its own disk for an older one (${why})`)
  }

  /** A node votes again: whatever is committed must be on its disk. */
  remembers(node: number): void {
    const disk = this.#disks.get(node) as string[]
    const missing = this.#committed.findIndex((mark, index) => mark !== undefined && disk[index] !== mark)
    const acknowledged = this.#acknowledgedTo > 0
    if (missing > 0 && acknowledged && this.#rests(missing, node))
      this.#fail(`node ${node} votes again without entry ${missing}, which needs it`)
    this.#forgetful.delete(node)
    this.comebacks += 1
  }

  /** Whether a committed entry is on no majority of disks without this node's. */
  #rests(index: number, node: number): boolean {
    const mark = this.#committed[index]
    return NODE_IDS.filter((id) => id !== node && this.#disks.get(id)?.[index] === mark).length < MAJORITY
  }

  /** A node sees itself as leader: nobody else may have in that term. */
  leads(node: number, term: number): void {
    const known = this.#leaderOfTerm.get(term)
    if (known === undefined) this.#leaderOfTerm.set(term, node)
    else if (known !== node) this.#fail(`term ${term} has two leaders: ${known} and ${node}`)
  }

  /** A transaction of a node is durable. */
  stored(node: number, truncateFrom: number | null, append: readonly LogEntry[]): void {
    const disk = this.#disks.get(node) as string[]
    if (truncateFrom !== null) {
      const applied = this.#appliedIndex.get(node) as number
      if (truncateFrom <= applied) this.#fail(`node ${node} cuts its log at ${truncateFrom}, having applied ${applied}`)
      disk.length = Math.min(disk.length, truncateFrom)
    }
    for (const entry of append) disk[entry.index] = this.#mark(entry)
  }

  /** Entries whose effects are durable at a node. */
  applied(node: number, entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      const mark = this.#mark(entry)
      const before = this.#appliedIndex.get(node) as number
      if (entry.index !== before + 1) this.#fail(`node ${node} applied entry ${entry.index} after ${before}`)
      this.#appliedIndex.set(node, entry.index)
      const known = this.#committed[entry.index]
      if (known === undefined) this.#firstApplied(node, entry.index, mark)
      else if (known !== mark) this.#fail(`node ${node} applied another entry ${entry.index} than was committed`)
    }
  }

  /** The first to apply an entry shows that it is committed: then a majority must have it on disk. */
  #firstApplied(node: number, index: number, mark: string): void {
    const holders = NODE_IDS.filter(
      (id) => this.#disks.get(id)?.[index] === mark || this.#forgetful.get(id)?.[index] === mark,
    )
    if (holders.length < MAJORITY)
      this.#fail(`node ${node} applied entry ${index}, which only ${holders.join(', ')} have on disk`)
    this.#committed[index] = mark
  }

  /** Outcomes of a durable pass, in order. */
  decided(node: number, outcomes: readonly Outcome[]): void {
    for (const { outcome, index, entryHash, actor, sequence, reason } of outcomes) {
      if (outcome === 'invalid' || outcome === 'equivocation' || outcome === 'bad')
        this.#fail(`node ${node} found an honest statement ${outcome}: ${reason}`)
      if (outcome !== 'accepted' || index === null) continue
      const hash = toHex(entryHash)
      const known = this.#leaves[index]
      if (known === undefined && index !== this.#leaves.length) this.#fail(`node ${node} skipped to leaf ${index}`)
      if (known !== undefined && known !== hash) this.#fail(`leaf ${index} of node ${node} differs from the others'`)
      this.#leaves[index] = hash
      if (actor === null || sequence === null) continue
      this.#placed(`${actor}:${sequence}`, index)
    }
  }

  /** Once only, and after everything that was acknowledged before it was made: the ledger is linearizable. */
  #placed(key: string, index: number): void {
    const place = this.#accepted.get(key) ?? index
    if (place !== index) this.#fail(`statement ${key} is in the ledger twice: ${place} and ${index}`)
    const after = this.#madeAfter.get(key) ?? 0
    if (index <= after)
      this.#fail(`statement ${key} is at ${index}, although ${after} was acknowledged before it was made`)
    this.#accepted.set(key, index)
  }

  /** A node's ledger after a durable pass, or when it is opened again. */
  ledger(node: number, ledger: Ledger): void {
    const { size } = ledger
    const before = this.#durableSize.get(node) as number
    if (size < before) this.#fail(`the ledger of node ${node} shrank from ${before} to ${size}`)
    this.#durableSize.set(node, size)
    this.#agree(this.#rootOfSize, size, toHex(ledger.root()), `root at size ${size}`, node)
    const { height, stateRootAfter } = ledger.lastSeal()
    this.#agree(this.#stateOfSeal, height, toHex(stateRootAfter), `state root of seal ${height}`, node)
  }

  #agree(seen: Map<number, string>, at: number, value: string, what: string, node: number): void {
    const known = seen.get(at)
    if (known === undefined) seen.set(at, value)
    else if (known !== value) this.#fail(`${what} of node ${node} differs from the others'`)
  }

  /** A statement was acknowledged to its source: it must be committed by then, at the place that was named. */
  acknowledge(actor: string, sequence: number, statementHash: Uint8Array): void {
    const key = `${actor}:${sequence}`
    const index = this.#accepted.get(key)
    const hash = toHex(statementHash)
    if (index === undefined || this.#leaves[index] !== hash)
      this.#fail(`statement ${key} was acknowledged and is not committed`)
    this.#acknowledged.set(key, { index, hash })
    this.#acknowledgedTo = Math.max(this.#acknowledgedTo, index)
  }

  /** After healing: whatever was acknowledged is in every ledger, and every statement that was made exactly once. */
  concluded(ledgers: readonly Ledger[], made: ReadonlyMap<string, { first: number; next: number }>): void {
    for (const [key, { index, hash }] of this.#acknowledged) {
      if (this.#leaves[index] !== hash) this.#fail(`acknowledged statement ${key} was lost`)
      for (const ledger of ledgers) if (ledger.size <= index) this.#fail(`a ledger lacks acknowledged statement ${key}`)
    }
    for (const [actor, { first, next }] of made)
      for (let sequence = first; sequence < next; sequence++)
        if (!this.#accepted.has(`${actor}:${sequence}`))
          this.#fail(`statement ${actor}:${sequence} never got into the ledger`)
  }

  /** Kept as well as thrown: the code under test may catch what it throws. */
  #fail(what: string): never {
    this.violation ??= new Violation(what)
    throw this.violation
  }

  #mark(entry: LogEntry): string {
    return `${entry.term}:${toHex(this.#hash(entry.data))}`
  }
}
