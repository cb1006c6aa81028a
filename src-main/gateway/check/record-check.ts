/**
 * What this gateway knows about its own record. Every few seconds all of it is hashed again, and less often applied again from
 * its first entry on; a change that was found once is never forgotten, not even by a restart.
 */
import type { Logger } from 'pino'
import type { FsckReport } from '../../ledger/audit.ts'
import type { AuditThread } from './audit-thread.ts'
import type { CheckKind } from './audit-worker.ts'
import { Auditor } from './auditor.ts'
import type { Verdict } from '../../wire/verdict.ts'
import type { OnCondition } from '../conditions.ts'
import { GatewayError } from '../error.ts'
import { forgetFinding, readFinding, worstOf, writeFinding, type Finding, type FirstBad } from './integrity.ts'

const FIRST_CHECK_MS: Record<CheckKind, number> = { hashes: 1_000, replay: 15_000 }
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
  everyMs: Record<CheckKind, number>
  /** Where the short records of a gateway in several channels are checked. */
  shared?: AuditThread | undefined
  log: Logger
  onCondition: OnCondition
  nowUs(): number
  onProgress(progress: CheckProgress): void
  /** After each check: the verdict, or what was found, may be another one. */
  onVerdict(): void
}

export class RecordCheck {
  /** When each of the newest checks ended, microseconds. */
  readonly times: number[] = []
  readonly #options: RecordCheckOptions
  readonly #auditors: readonly Auditor[]
  readonly #results = new Map<CheckKind, FsckReport | { verdict: 'cannot-tell'; reason: string }>()
  #finding: Finding | null
  #checked: FsckReport['checked'] | null = null
  #isAsked = false
  /** What was refused because it is damaged, before a check has named the place. */
  #damage: string | null = null

  constructor(options: RecordCheckOptions) {
    this.#options = options
    this.#finding = readFinding(options.findingFile, options.name)
    this.#auditors = (['hashes', 'replay'] as const).map(
      (kind) =>
        new Auditor({
          kind,
          file: options.ledgerFile,
          everyMs: options.everyMs[kind],
          shared: options.shared,
          onProgress: (done, total) => this.#tell(kind, { state: 'running', done, total, verdict: null }),
          onReport: (report) => this.#done(kind, report),
          onFailed: (message) => this.#failed(kind, message),
        }),
    )
  }

  start(): void {
    if (this.#finding !== null) this.#raise(this.#finding.firstBad)
    for (const auditor of this.#auditors) auditor.start(FIRST_CHECK_MS[auditor.kind])
  }

  /** Starts both checks now, or again after the ones that run; their progress is told. */
  now(): void {
    this.#isAsked = true
    for (const auditor of this.#auditors) auditor.checkNow()
  }

  async close(): Promise<void> {
    await Promise.all(this.#auditors.map(async (auditor) => await auditor.close()))
  }

  get verdict(): Verdict {
    if (this.#finding !== null || this.#damage !== null) return 'changed'
    return worstOf([...this.#results.values()].map(({ verdict }) => verdict))
  }

  /** The change that was found, if there is one. */
  get finding(): Finding | null {
    return this.#finding
  }

  /** What was refused over damage before a check has named its place; null where nothing was. */
  get damage(): string | null {
    return this.#damage
  }

  /** The record was made good: what was found before is over, and all of it is checked again. */
  healed(): void {
    const { findingFile, name, onCondition, onVerdict } = this.#options
    forgetFinding(findingFile)
    this.#finding = null
    this.#damage = null
    this.#results.clear()
    onCondition('record-changed', name, false)
    for (const auditor of this.#auditors) auditor.restart()
    onVerdict()
  }

  /** What the newest check covered; null before the first one since the start. */
  get checked(): { readings: number; entries: number } | null {
    return this.#checked
  }

  /** Why the verdict is not "unchanged"; null when it is. */
  get reason(): { code: string; text: string } | null {
    const bad = this.#finding?.firstBad
    if (bad !== undefined) {
      const reading = bad.reading === null ? '' : `, reading ${bad.reading}`
      return { code: 'record_changed', text: `entry ${bad.entry}${reading}: ${bad.what}` }
    }
    if (this.#damage !== null) return { code: 'record_changed', text: this.#damage }
    for (const result of this.#results.values())
      if (result.verdict === 'cannot-tell')
        return { code: 'check_failed', text: result.reason ?? 'the check did not end' }
    return this.#results.size > 0
      ? null
      : { code: 'not_checked_yet', text: 'the record has not been read back since the start' }
  }

  /** A question was refused over a damaged place. That it is damaged stands from now on; where it is, the short check says. */
  damaged({ message }: Error): void {
    if (this.#finding !== null || this.#damage !== null) return
    this.#damage = message
    const { name, log, onCondition } = this.#options
    log.error({ message }, 'the stored record is damaged')
    onCondition('record-changed', name, true, { where: message })
    for (const auditor of this.#auditors) if (auditor.kind === 'hashes') auditor.checkNow()
    this.#options.onVerdict()
  }

  /** A person has seen the change. Throws GatewayError where there is none. */
  acknowledge(name: string, reason: string): FirstBad {
    const finding = this.#finding
    if (finding === null)
      throw new GatewayError('nothing_changed', 'there is no change to acknowledge on this gateway', 'Reload the page.')
    this.#keep({ ...finding, acknowledged: { name, reason, atUs: this.#options.nowUs() } })
    return finding.firstBad
  }

  #done(kind: CheckKind, report: FsckReport): void {
    const { entries } = report.checked
    this.#results.set(kind, report)
    // One that found a change stopped there: it did not cover the record.
    if (report.verdict === 'unchanged') this.#checked = report.checked
    this.times.push(this.#options.nowUs())
    if (this.times.length > CHECKS_KEPT) this.times.shift()
    if (report.verdict === 'changed' && report.firstBad !== null && this.#finding === null) this.#found(report.firstBad)
    this.#options.onVerdict()
    this.#tell(kind, { state: 'done', done: entries, total: entries, verdict: this.verdict })
    if (kind === 'replay') this.#isAsked = false
  }

  /** Screens are told of a full check that a person asked for, and of the very first one; the others go on unseen. */
  #tell(kind: CheckKind, progress: CheckProgress): void {
    const isShown = kind === 'replay' ? this.#isAsked : this.times.length <= 1 && !this.#isAsked
    if (isShown) this.#options.onProgress(progress)
  }

  #found(bad: NonNullable<FsckReport['firstBad']>): void {
    const { name, log, nowUs } = this.#options
    const { entry, what, expected, actual, stream, sequence, derived } = bad
    const firstBad: FirstBad = {
      gateway: name,
      entry,
      reading: bad.reading ?? null,
      what,
      expected,
      actual,
      ...(stream === undefined ? {} : { stream }),
      ...(sequence === undefined ? {} : { sequence }),
      ...(derived === undefined ? {} : { derived }),
    }
    log.error({ firstBad }, 'the stored record was changed')
    this.#raise(firstBad)
    // Last, because it may fail on a full disk.
    this.#keep({ foundAtUs: nowUs(), firstBad, acknowledged: null })
  }

  #raise({ entry, what }: FirstBad): void {
    const { name, onCondition } = this.#options
    onCondition('record-changed', name, true, { where: `entry ${entry}, ${what}` })
  }

  #keep(finding: Finding): void {
    this.#finding = finding
    writeFinding(this.#options.findingFile, finding)
  }

  #failed(kind: CheckKind, message: string): void {
    this.#results.set(kind, { verdict: 'cannot-tell', reason: message })
    this.#options.log.error({ message, kind }, 'the check of the stored record could not be finished')
    this.#options.onVerdict()
    this.#tell(kind, { state: 'done', done: 0, total: 0, verdict: this.verdict })
    if (kind === 'replay') this.#isAsked = false
  }
}
