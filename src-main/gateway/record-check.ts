/**
 * What this gateway knows about its own record: it is read back and hashed again all the time, and a change that was found
 * once is never forgotten, not even by a restart.
 */
import type { Logger } from 'pino'
import type { FsckReport } from '../ledger/audit.ts'
import type { Alarms } from './alarms.ts'
import { Auditor } from './auditor.ts'
import { GatewayError } from './error.ts'
import { readFinding, writeFinding, type Finding, type FirstBad, type Verdict } from './integrity.ts'

const FIRST_CHECK_MS = 2_000
const CHECKS_KEPT = 2_000

export interface CheckProgress {
  state: 'running' | 'done'
  done: number
  total: number
  verdict: Verdict | null
}

export interface RecordCheckOptions {
  /** Name of this gateway, for what is said about it. */
  name: string
  ledgerFile: string
  findingFile: string
  everyMs: number
  log: Logger
  alarms: Alarms
  nowUs(): number
  onProgress(progress: CheckProgress): void
  onVerdict(verdict: Verdict): void
}

export class RecordCheck {
  /** When each of the newest checks ended, microseconds. */
  readonly times: number[] = []
  readonly #options: RecordCheckOptions
  readonly #auditor: Auditor
  #finding: Finding | null
  #report: FsckReport | null = null
  #failed: string | null = null

  constructor(options: RecordCheckOptions) {
    this.#options = options
    this.#finding = readFinding(options.findingFile)
    this.#auditor = new Auditor({
      file: options.ledgerFile,
      everyMs: options.everyMs,
      onProgress: (done, total) => options.onProgress({ state: 'running', done, total, verdict: null }),
      onReport: (report) => this.#checked(report),
      onFailed: (message) => this.#checkFailed(message),
    })
  }

  start(): void {
    this.#auditor.start(FIRST_CHECK_MS)
  }

  /** Starts a check now, or another one after the one that runs. */
  now(): void {
    this.#auditor.checkNow()
  }

  async close(): Promise<void> {
    await this.#auditor.close()
  }

  get verdict(): Verdict {
    if (this.#finding !== null) return 'changed'
    if (this.#report === null || this.#failed !== null) return 'cannot-tell'
    return this.#report.verdict
  }

  /** The change that was found, if there is one. */
  get finding(): Finding | null {
    return this.#finding
  }

  /** What the newest check covered; null before the first one since the start. */
  get checked(): { readings: number; entries: number } | null {
    return this.#report?.checked ?? null
  }

  /** Why the verdict is not "unchanged"; null when it is. */
  get reason(): { code: string; text: string } | null {
    const bad = this.#finding?.firstBad
    if (bad !== undefined) {
      const reading = bad.reading === null ? '' : `, reading ${bad.reading}`
      return { code: 'record_changed', text: `entry ${bad.entry}${reading}: ${bad.what}` }
    }
    if (this.#failed !== null) return { code: 'check_failed', text: this.#failed }
    if (this.#report === null)
      return { code: 'not_checked_yet', text: 'the record has not been read back since the start' }
    return null
  }

  /** A person has seen the change. Throws GatewayError where there is none. */
  acknowledge(name: string, reason: string): FirstBad {
    const finding = this.#finding
    if (finding === null)
      throw new GatewayError('not_running', 'there is no change to acknowledge on this gateway', 'Reload the page.')
    this.#keep({ ...finding, acknowledged: { name, reason, atUs: this.#options.nowUs() } })
    return finding.firstBad
  }

  #checked(report: FsckReport): void {
    this.#report = report
    this.#failed = null
    this.times.push(this.#options.nowUs())
    if (this.times.length > CHECKS_KEPT) this.times.shift()
    if (report.verdict === 'changed' && report.firstBad !== null && this.#finding === null) this.#found(report.firstBad)
    this.#options.onVerdict(this.verdict)
    const { entries } = report.checked
    this.#options.onProgress({ state: 'done', done: entries, total: entries, verdict: this.verdict })
  }

  #found(bad: NonNullable<FsckReport['firstBad']>): void {
    const { name, log, alarms, nowUs } = this.#options
    const { entry, what, expected, actual, stream, sequence } = bad
    const firstBad: FirstBad = {
      gateway: name,
      entry,
      reading: bad.reading ?? null,
      what,
      expected,
      actual,
      ...(stream === undefined ? {} : { stream }),
      ...(sequence === undefined ? {} : { sequence }),
    }
    this.#keep({ foundAtUs: nowUs(), firstBad, acknowledged: null })
    log.error({ firstBad }, 'the stored record was changed')
    alarms.raise('record_changed', name, `The record was changed at entry ${entry}: ${what}`, 1)
  }

  #keep(finding: Finding): void {
    this.#finding = finding
    writeFinding(this.#options.findingFile, finding)
  }

  #checkFailed(message: string): void {
    this.#failed = message
    this.#options.log.error({ message }, 'the check of the stored record could not be finished')
    this.#options.onVerdict(this.verdict)
  }
}
