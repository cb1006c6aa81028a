/**
 * Flips one bit somewhere in a gateway's data folder, starts the gateway on it, and compares every answer with the answer of the
 * intact copy: equal, or refused with a code, or the gateway had said that its record is damaged; or it does not start, and says
 * why. Anything else is a wrong answer.
 */
import { readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadAddon } from '../../native/addon.ts'
import { PAGE_BYTES } from '../../src-main/ledger/checked-file.ts'
import { Prng } from '../sim/prng.ts'
import { startAndAsk, Unforeseen, type Answers, type Started } from './flip-answers.ts'
import { copyFolder, makeRecord, type FlipRecord } from './flip-record.ts'

export interface Flip {
  number: number
  file: string
  byte: number
  bit: number
}

export type Outcome = 'as before' | 'as after a power cut' | 'rebuilt' | 'refused' | 'told' | 'does not start' | 'WRONG'

export interface Result extends Flip {
  outcome: Outcome
  /** The answers that are wrong, or why it does not start. */
  what: string
}

/** Bytes of a frame's header in SQLite's write-ahead log, and of the log's. */
const FRAME_HEADER_BYTES = 24
const LOG_HEADER_BYTES = 32

export class Campaign {
  readonly #root: string
  readonly #seed: number
  readonly #record: FlipRecord
  readonly #intact: Answers
  /** Answers without the log's newest transaction, which nobody can tell from one that a power cut tore. */
  readonly #torn: Answers
  readonly #files: string[]

  private constructor(root: string, seed: number, record: FlipRecord, intact: Answers, torn: Answers) {
    this.#root = root
    this.#seed = seed
    this.#record = record
    this.#intact = intact
    this.#torn = torn
    const keys = readdirSync(record.folder.keys).map((name) => join('keys', name))
    this.#files = [...Array.from({ length: 6 }, () => 'ledger.db'), 'ledger.db-wal', 'ledger.db-wal', 'genesis.cose']
    this.#files.push(...keys.slice(0, 1))
  }

  static async prepare(root: string, seed: number): Promise<Campaign> {
    const addon = loadAddon()
    const record = await makeRecord(root, addon, seed)
    const intact = await startAndAsk(copyFolder(record.folder, join(root, 'copy')), record, addon)
    const cut = copyFolder(record.folder, join(root, 'copy'))
    cutNewestTransaction(`${cut.ledger}-wal`)
    const torn = await startAndAsk(cut, record, addon)
    for (const { refused, answers } of [intact, torn]) {
      const none = [...answers].filter(([, answer]) => 'refused' in answer)
      if (refused !== null || none.length > 0)
        throw new Error(`the intact copy refuses: ${refused ?? none.map(([name]) => name).join(', ')}`)
    }
    return new Campaign(root, seed, record, intact.answers, torn.answers)
  }

  /** Answers that are compared for each flip. */
  get answers(): number {
    return this.#intact.size
  }

  /** The place of a flip follows from seed and number. */
  place(number: number): Flip {
    const random = new Prng(this.#seed, number)
    const file = random.pick(this.#files)
    const { size } = statSync(join(this.#record.folder.root, file))
    return { number, file, byte: random.int(0, size - 1), bit: random.int(0, 7) }
  }

  async run(number: number): Promise<Result> {
    const flip = this.place(number)
    const copy = copyFolder(this.#record.folder, join(this.#root, 'copy'))
    const file = join(copy.root, flip.file)
    const bytes = readFileSync(file)
    bytes[flip.byte] = (bytes[flip.byte] as number) ^ (1 << flip.bit)
    writeFileSync(file, bytes)
    try {
      return { ...flip, ...this.#judge(await startAndAsk(copy, this.#record, loadAddon())) }
    } catch (error) {
      if (!(error instanceof Unforeseen)) throw error
      return { ...flip, outcome: 'WRONG', what: error.message }
    } finally {
      rmSync(copy.root, { recursive: true, force: true })
    }
  }

  #judge({ refused, rebuilt, answers }: Started): { outcome: Outcome; what: string } {
    if (refused !== null) return { outcome: 'does not start', what: refused }
    const other = differing(this.#intact, answers)
    const unsaid = other.filter((name) => !excused(answers, name))
    if (unsaid.length > 0) {
      if (differing(this.#torn, answers).length === 0) return { outcome: 'as after a power cut', what: '' }
      return { outcome: 'WRONG', what: unsaid.join(', ') }
    }
    if (other.some((name) => !('refused' in (answers.get(name) ?? {}))))
      return { outcome: 'told', what: other.join(', ') }
    if (other.length > 0) return { outcome: 'refused', what: other.join(', ') }
    return { outcome: rebuilt ? 'rebuilt' : 'as before', what: '' }
  }
}

function differing(expected: Answers, actual: Answers): string[] {
  return [...expected.keys()].filter((name) => {
    const [one, two] = [expected.get(name), actual.get(name)]
    return one === undefined || two === undefined || !('value' in one && 'value' in two && one.value === two.value)
  })
}

function excused(answers: Answers, name: string): boolean {
  const answer = answers.get(name)
  return answer !== undefined && ('refused' in answer || answer.told)
}

function cutNewestTransaction(log: string): void {
  const bytes = readFileSync(log)
  const frames = Math.floor((bytes.length - LOG_HEADER_BYTES) / (FRAME_HEADER_BYTES + PAGE_BYTES))
  const start = (frame: number): number => LOG_HEADER_BYTES + frame * (FRAME_HEADER_BYTES + PAGE_BYTES)
  // A frame that ends a transaction gives the size of the database after it.
  const ends = Array.from({ length: frames }, (_, i) => i).filter((i) => bytes.readUInt32BE(start(i) + 4) !== 0)
  const before = ends.at(-2)
  if (before === undefined) throw new Error('the log holds fewer than two transactions')
  truncateSync(log, start(before + 1))
}
