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
import { nameText, Parts, type LostPart } from '../../ledger/healing/parts.ts'
import type { Opened } from '../../ledger/open-or-rebuild.ts'
import type { ActorId } from '../../wire/ids.ts'
import type { OnCondition } from '../conditions.ts'
import type { GatewayFolder } from '../data-folder.ts'
import { diskSpace } from '../disk.ts'
import { GatewayError } from '../error.ts'
import type { LedgerThread } from '../ledger-thread.ts'
import type { RecordCheck } from '../record-check.ts'
import { keepEvidence } from './evidence.ts'
import type { FromLosses, LossesWorkerData } from './losses-worker.ts'

type NotHealed = (typeof NOT_HEALED)[number]

/** A lost entry's payload is known when the entry is there again. */
const ROUNDS_MAX = 4
const AGAIN_MS_MIN = 60_000
const AGAIN_MS_MAX = 3_600_000

export interface HealingOptions {
  name: string
  folder: GatewayFolder
  thread: Pick<LedgerThread, 'fetchParts' | 'renew' | 'record'>
  record: Pick<RecordCheck, 'finding' | 'damage' | 'healed'>
  /** The other members of the channel. */
  others(): readonly { actor: ActorId; name: string }[]
  afterMs: number
  log: Logger
  onCondition: OnCondition
  nowUs(): number
  onChange(): void
}

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
  #closed = false
  #worker: Worker | null = null

  constructor(options: HealingOptions) {
    this.#o = options
  }

  get state(): HealingState {
    return this.#state
  }

  /** The record's check has a verdict: where it found a change, the repair is due. */
  checked(): void {
    const { finding, damage } = this.#o.record
    if (finding === null && damage === null) return this.#rest()
    if (this.#running === null && this.#timer === null) this.#later(this.#o.afterMs)
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

  async #run(): Promise<void> {
    try {
      const done = await this.#repair()
      this.#failures = 0
      this.#tell({ ...this.#state, state: done, reason: null, detail: null, nextAtUs: null })
    } catch (error) {
      if (!this.#closed) this.#failed(error)
    }
  }

  async #repair(): Promise<'none' | 'healed'> {
    const { record, folder, nowUs } = this.#o
    this.#tell({ ...NONE, state: 'looking' })
    // What an earlier attempt had may be of another time.
    Parts.forget(folder.ledger)
    const { lost, from } = await this.#fetchLost()
    const { finding, damage } = record
    const why = finding?.firstBad.what ?? damage
    if (why === null && lost.length === 0) return 'none'
    this.#requireRoom()
    const addon = loadAddon()
    const hash = (bytes: Uint8Array): Uint8Array => addon.sha256(bytes)
    keepEvidence(folder.evidence, folder.ledger, { finding, parts: lost, atUs: nowUs(), hash })
    this.#tell({ ...this.#state, state: 'rebuilding' })
    const { rebuilt, failed } = await this.#o.thread.renew(why ?? 'parts of it were lost')
    if (rebuilt === null) throw new Unhealed('damaged-otherwise', failed ?? 'nothing was rebuilt')
    this.#healed(lost, from, rebuilt)
    return 'healed'
  }

  async #fetchLost(): Promise<{ lost: LostPart[]; from: ActorId[] }> {
    const all: LostPart[] = []
    const from = new Set<ActorId>()
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const lost = await this.#survey()
      if (lost.length === 0) return { lost: all, from: [...from] }
      all.push(...lost)
      const others = this.#o.others()
      if (others.length === 0) throw new Unhealed('alone', nameText(lost[0] as LostPart))
      this.#tell({ ...this.#state, state: 'fetching', lost: all.length })
      const { missing, from: givers, error } = await this.#o.thread.fetchParts(lost)
      if (error !== null || this.#closed) throw new Unhealed('failed', error ?? 'the gateway stops')
      for (const giver of givers) from.add(giver)
      const [first] = missing
      this.#tell({ ...this.#state, fetched: all.length - missing.length, from: this.#namesOf([...from]) })
      if (first !== undefined) throw new Unhealed(first.why, nameText(first.part))
    }
    throw new Unhealed('failed', 'more is lost each time the ledger is read: its disk is failing')
  }

  async #survey(): Promise<LostPart[]> {
    const { folder } = this.#o
    const data: LossesWorkerData = { file: folder.ledger, genesis: new Uint8Array(readFileSync(folder.genesis)) }
    const worker = new Worker(new URL('./losses-worker.ts', import.meta.url), { workerData: data })
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

  /** The new ledger is written beside the old one. */
  #requireRoom(): void {
    const { root, ledger } = this.#o.folder
    const needed = sizeOf(ledger)
    const { freeBytes } = diskSpace(root)
    if (freeBytes < needed)
      throw new Unhealed(
        'no-room',
        `${Math.ceil(needed / 1e6)} MB are needed, ${Math.floor(freeBytes / 1e6)} MB are free`,
      )
  }

  #healed(lost: readonly LostPart[], from: readonly ActorId[], rebuilt: NonNullable<Opened['rebuilt']>): void {
    const { record, thread, name, log, onCondition, nowUs } = this.#o
    const { finding } = record
    const count = (kind: LostPart['kind']): number => lost.filter((part) => part.kind === kind).length
    const counts = { payloads: count('payload'), entries: count('entry'), logRows: count('log') }
    const names = this.#namesOf(from)
    log.warn(
      { ...counts, from: names, of: rebuilt.what.entries },
      'the record was repaired with what other gateways have',
    )
    record.healed()
    onCondition('rebuild-failed', name, false)
    onCondition('repair-failed', name, false)
    if (lost.length === 0)
      return onCondition('tables-rebuilt', name, true, { entries: rebuilt.what.entries, reason: rebuilt.why })
    onCondition('record-repaired', name, true, { parts: lost.length, gateways: names.join(', ') })
    const entry = finding?.firstBad.entry ?? 0
    thread.record('record.healed', [], { foundAtUs: finding?.foundAtUs ?? nowUs(), entry, ...counts, from })
  }

  #namesOf(actors: readonly ActorId[]): string[] {
    return this.#o.others().flatMap(({ actor, name }) => (actors.includes(actor) ? [name] : []))
  }

  #failed(error: unknown): void {
    const { name, log, onCondition, nowUs } = this.#o
    const reason = error instanceof Unhealed ? error.reason : 'failed'
    const detail = error instanceof Error ? error.message : String(error)
    log.error({ reason, detail }, 'the record could not be repaired')
    onCondition('repair-failed', name, true, { reason: notHealedText({ reason, detail }) })
    // What only a person can change is not tried again by itself.
    const isFutile = reason === 'alone' || reason === 'damaged-otherwise'
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
  try {
    return statSync(file).size
  } catch (cause) {
    throw new GatewayError('ledger_vanished', `${file} is gone`, 'Put it back where it was.', cause)
  }
}
