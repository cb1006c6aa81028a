/**
 * The way back of a gateway whose own record was found changed: look what the disk lost, have it from the others, check it, make the
 * ledger anew with it, and cosign again. By itself some time after the change was found, so that a person sees it first, or when
 * a person asks.
 */
import { readFileSync, statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import { loadAddon } from '../../../native/addon.ts'
import { notHealedText } from '../../endpoints/healing.ts'
import type { Healing as HealingState, NOT_HEALED } from '../../endpoints/healing.ts'
import { lostText, Parts, type LostPart } from '../../ledger/healing/parts.ts'
import type { Opened } from '../../ledger/open-or-rebuild.ts'
import type { ActorId } from '../../wire/ids.ts'
import { messageOf } from '../../wire/plumbline-error.ts'
import type { OnCondition } from '../conditions.ts'
import type { GatewayFolder } from '../folder/data-folder.ts'
import { diskSpace } from '../folder/disk.ts'
import { isDiskFull, type LedgerThread } from './ledger-thread.ts'
import type { RecordCheck } from '../check/record-check.ts'
import { beforeRepair, forgetRepair, readRepair, type RepairNote } from '../healing/evidence.ts'
import type { FromLosses, LossesWorkerData } from '../healing/losses-worker.ts'

type NotHealed = (typeof NOT_HEALED)[number]

/** A lost entry's payload is known when the entry is there again. */
const ROUNDS_MAX = 4
const AGAIN_MS_MIN = 60_000
const AGAIN_MS_MAX = 3_600_000
const SPARE_BYTES = 64 * 1024 * 1024

export interface HealingOptions {
  name: string
  folder: GatewayFolder
  thread: Pick<LedgerThread, 'fetchParts' | 'renew' | 'event'>
  record: Pick<RecordCheck, 'finding' | 'damage' | 'healed'>
  /** The other members of the channel. */
  others(): readonly { actor: ActorId; name: string }[]
  afterMs: number
  log: Logger
  onCondition: OnCondition
  nowUs(): number
  onChange(): void
}

const hash = (bytes: Uint8Array): Uint8Array => loadAddon().sha256(bytes)

class Unhealed extends Error {
  readonly reason: NotHealed

  constructor(reason: NotHealed, detail: string) {
    super(detail)
    this.reason = reason
  }
}

const NONE: HealingState = { state: 'none', lost: 0, fetched: 0, from: [], reason: null, detail: null, nextAtUs: null }

export class Healing {
  readonly #o: HealingOptions
  #state: HealingState = NONE
  #running: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null
  #failures = 0
  /** What was found, and is not repaired by itself a second time. */
  #tried: string | null = null
  #closed = false
  #worker: Worker | null = null

  constructor(options: HealingOptions) {
    this.#o = options
  }

  get state(): HealingState {
    return this.#state
  }

  /** A repair that was cut off, or done before the ledger could be opened, is told to its end. */
  start(): void {
    if (readRepair(this.#o.folder.repair) !== null) void this.heal()
  }

  /** The record's check has a verdict: where it found a change, the repair is due. */
  checked(): void {
    if (this.#running !== null) return
    const found = this.#found()
    if (found === null) this.#over()
    else if (this.#timer === null && found !== this.#tried) {
      const { afterMs, nowUs } = this.#o
      this.#later(afterMs)
      this.#tell({ ...NONE, nextAtUs: nowUs() + afterMs * 1000 })
    }
  }

  /** Repairs now; joins the repair that runs. Never rejects: `state` says what came of it. */
  async heal(askedBy: string | null = null): Promise<void> {
    if (this.#closed) return
    if (askedBy !== null) this.#o.log.info({ askedBy }, 'a repair of the record was asked for')
    this.#rest()
    this.#running ??= this.#run().finally(() => {
      this.#running = null
    })
    await this.#running
  }

  /** What runs is left where it is; a ledger that is being made anew, the thread's own stop waits for. */
  async close(): Promise<void> {
    this.#closed = true
    this.#rest()
    await this.#worker?.terminate()
  }

  /** What stands found, so that another find is told from it; null where nothing does. */
  #found(): string | null {
    const { finding, damage } = this.#o.record
    return finding === null ? damage : JSON.stringify(finding.firstBad)
  }

  /** Nothing stands found any more: what was to be tried again is not. */
  #over(): void {
    this.#rest()
    if (this.#state.state !== 'not-healed' && this.#state.nextAtUs === null) return
    this.#clear()
    this.#tell(NONE)
  }

  #clear(): void {
    const { name, onCondition } = this.#o
    onCondition('rebuild-failed', name, false)
    onCondition('repair-failed', name, false)
  }

  async #run(): Promise<void> {
    const found = this.#found()
    try {
      const done = await this.#repair()
      this.#failures = 0
      this.#tried = found
      this.#clear()
      this.#tell({ ...this.#state, state: done, reason: null, detail: null, nextAtUs: null })
    } catch (error) {
      this.#failed(error, found)
    }
  }

  async #repair(): Promise<'none' | 'healed'> {
    const { record, folder, nowUs } = this.#o
    this.#tell({ ...NONE, state: 'looking' })
    const lost = await this.#survey({ fetched: false })
    const note = readRepair(folder.repair)
    const why = record.finding?.firstBad.what ?? record.damage
    // It was cut off after the ledger had been made anew.
    if (note !== null && lost.length === 0) return this.#recorded(note)
    if (why === null && lost.length === 0) return 'none'
    const { all, from } = await this.#fetchAll(lost)
    this.#requireRoom()
    beforeRepair(folder, { finding: record.finding, parts: all, from, atUs: nowUs(), hash })
    this.#tell({ ...this.#state, state: 'rebuilding' })
    const rebuilt = await this.#renewed(why ?? 'parts of it were lost')
    if (all.length > 0) return this.#recorded(readRepair(folder.repair))
    const { entries } = rebuilt.what
    this.#o.onCondition('tables-rebuilt', this.#o.name, true, { entries, reason: rebuilt.why })
    record.healed()
    return 'healed'
  }

  async #renewed(why: string): Promise<NonNullable<Opened['rebuilt']>> {
    const { thread, folder } = this.#o
    try {
      const { rebuilt, failed } = await thread.renew(why)
      if (rebuilt !== null) return rebuilt
      throw new Unhealed('damaged-otherwise', failed ?? 'nothing was rebuilt')
    } catch (error) {
      forgetRepair(folder.repair)
      throw isDiskFull(error) ? new Unhealed('no-room', (error as Error).message) : error
    }
  }

  /** Has from the others what is lost, and what is found to be lost once that is there. */
  async #fetchAll(lost: readonly LostPart[]): Promise<{ all: LostPart[]; from: ActorId[] }> {
    const { folder, others, thread } = this.#o
    // Of an earlier attempt, what may be of another time is had anew.
    const kept = Parts.read(folder.ledger, hash).payloads()
    kept.write(folder.ledger, hash)
    const all = [...lost]
    const from = new Set<ActorId>()
    let missed = lost.filter((part) => !kept.has(part))
    for (let round = 0; missed.length > 0; round++) {
      if (round === ROUNDS_MAX)
        throw new Unhealed('failed', 'more is lost each time the ledger is read: its disk is failing')
      if (others().length === 0) throw new Unhealed('alone', lostText(missed[0] as LostPart))
      this.#tell({ ...this.#state, state: 'fetching', lost: all.length })
      const { missing, from: givers, error } = await thread.fetchParts(missed)
      if (error !== null || this.#closed) throw new Unhealed('failed', error ?? 'the gateway stops')
      for (const giver of givers) from.add(giver)
      const [first] = missing
      this.#tell({ ...this.#state, fetched: all.length - missing.length, from: this.#namesOf([...from]) })
      if (first !== undefined) throw new Unhealed(first.why, lostText(first.part))
      missed = await this.#survey({ fetched: true })
      all.push(...missed)
    }
    return { all, from: [...from] }
  }

  /** `fetched`: counts what was had from the others as there. */
  async #survey({ fetched }: { fetched: boolean }): Promise<LostPart[]> {
    const { ledger: file, genesis } = this.#o.folder
    const data: LossesWorkerData = { file, genesis: new Uint8Array(readFileSync(genesis)), fetched }
    const worker = new Worker(new URL('../healing/losses-worker.ts', import.meta.url), { workerData: data })
    this.#worker = worker
    return await new Promise((resolve, reject) => {
      worker.on('message', (message: FromLosses) => {
        if (message.type === 'done') resolve(message.lost)
        else reject(new Unhealed('damaged-otherwise', message.message))
      })
      worker.on('error', reject)
      worker.on('exit', () => reject(new Unhealed('failed', 'the search ended before it was done')))
    })
  }

  /** The new ledger is written beside the old one, and its log beside it. */
  #requireRoom(): void {
    const { root, ledger } = this.#o.folder
    const needed = sizeOf(ledger) + sizeOf(`${ledger}-wal`) + SPARE_BYTES
    const { freeBytes } = diskSpace(root)
    if (freeBytes >= needed) return
    throw new Unhealed(
      'no-room',
      `${Math.ceil(needed / 1e6)} MB are needed, ${Math.floor(freeBytes / 1e6)} MB are free`,
    )
  }

  /**
   * The finding ends, the note only once the ledger says what it notes: where that is cut off, the next start says it. A repair that leaves
   * no trace would serve whoever changed the record.
   */
  #recorded(note: RepairNote | null): 'healed' {
    const { record, name, folder, log, onCondition } = this.#o
    if (note === null) throw new Unhealed('failed', `${folder.repair} is gone`)
    const gateways = this.#namesOf(note.from).join(', ')
    log.warn({ ...note, gateways }, 'the record was repaired with what other gateways have')
    onCondition('record-repaired', name, true, { parts: note.payloads + note.entries + note.logRows, gateways })
    record.healed()
    void this.#sayOnLedger(note)
    return 'healed'
  }

  async #sayOnLedger(note: RepairNote): Promise<void> {
    const { thread, folder, log } = this.#o
    const { outcome, reason } = await thread.event('record.healed', note)
    if (outcome === 'accepted' || outcome === 'duplicate') forgetRepair(folder.repair)
    else log.warn({ outcome, reason }, 'the repair is not on the ledger yet: the next start says it')
  }

  #namesOf(actors: readonly ActorId[]): string[] {
    return this.#o.others().flatMap(({ actor, name }) => (actors.includes(actor) ? [name] : []))
  }

  #failed(error: unknown, found: string | null): void {
    if (this.#closed) return
    const { name, log, onCondition, nowUs } = this.#o
    const reason = error instanceof Unhealed ? error.reason : 'failed'
    const detail = messageOf(error)
    log.error({ reason, detail }, 'the record could not be repaired')
    onCondition('repair-failed', name, true, { reason: notHealedText({ reason, detail }) })
    // What only a person can change is not tried again by itself.
    const isFutile = reason === 'alone' || reason === 'damaged-otherwise'
    if (isFutile) this.#tried = found
    const againMs = Math.min(AGAIN_MS_MAX, AGAIN_MS_MIN * 2 ** this.#failures++)
    if (!isFutile) this.#later(againMs)
    const nextAtUs = isFutile ? null : nowUs() + againMs * 1000
    this.#tell({ ...this.#state, state: 'not-healed', reason, detail, nextAtUs })
  }

  #later(ms: number): void {
    this.#rest()
    this.#timer = setTimeout(() => void this.heal(), ms)
  }

  #rest(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #tell(state: HealingState): void {
    this.#state = state
    if (!this.#closed) this.#o.onChange()
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
