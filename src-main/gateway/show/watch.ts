/**
 * What this gateway sees in its own status that should not be so. Pure: each status carries its own monotonic time, and how long
 * something has stood is measured between statuses, so that a wall clock that leaps raises nothing.
 */
import type { OnCondition } from '../conditions.ts'
import type { DiskSpace } from '../folder/disk.ts'
import type { GatewayView, LedgerStatus } from '../channel/messages.ts'

/** A difference beyond this is a clock that nobody sets; seals only allow for 60 s (ledger/apply-seal.ts). */
export const CLOCK_OFFSET_MS_MAX = 30_000
export const LEADERLESS_MS_MAX = 10_000
export const SILENT_MS_MAX = 10_000
export const UNCOSIGNED_MS_MAX = 60_000
/** Where this gateway has bound no stream it writes once a minute, and checkpoints need come no more often. */
export const UNCOSIGNED_QUIET_MS_MAX = 180_000
export const QUEUED_MS_MAX = 60_000
export const LAG_MS_MAX = 10_000
export const LAG_ENTRIES_MAX = 1_000
export const DISK_FREE_SHARE_MIN = 0.1
export const DISK_DAYS_MIN = 3

const SIZES_KEPT = 600

export interface DiskSeen extends DiskSpace {
  daysLeft: number | null
}

/** When a value became what it is, on the monotonic clock of the statuses. */
interface Since {
  value: number | string | null
  sinceMs: number
}

export class Watch {
  readonly #name: string
  readonly #onCondition: OnCondition
  readonly #since = new Map<string, Since>()
  /** What most gateways had reached, oldest first. */
  readonly #sizes: { atMs: number; size: number }[] = []

  constructor(name: string, onCondition: OnCondition) {
    this.#name = name
    this.#onCondition = onCondition
  }

  /** `isQuiet`: this gateway has bound no stream to the channel. */
  see(status: LedgerStatus, disk: DiskSeen, isQuiet = false): void {
    const { atMs, leader, queue, checkpointSize } = status
    const say = this.#onCondition
    const name = this.#name
    const ledMs = this.#stands('leader', leader, atMs)
    say('no-leader', name, leader === null && ledMs >= LEADERLESS_MS_MAX)
    const uncosignedMs = this.#stands('checkpoint', checkpointSize, atMs)
    say('no-checkpoint', name, uncosignedMs >= (isQuiet ? UNCOSIGNED_QUIET_MS_MAX : UNCOSIGNED_MS_MAX))
    const queuedMs = this.#stands('queue', queue.oldest, atMs)
    say('queue-old', name, queue.oldest !== null && queuedMs >= QUEUED_MS_MAX)
    this.#seeDisk(disk)
    this.#seeSizes(status)
    for (const view of status.gateways) this.#seeGateway(view, atMs)
  }

  #seeDisk({ freeBytes, totalBytes, daysLeft }: DiskSeen): void {
    const share = totalBytes > 0 ? freeBytes / totalBytes : 1
    this.#onCondition('disk-low', this.#name, share < DISK_FREE_SHARE_MIN, { percent: Math.floor(share * 100) })
    const days = daysLeft ?? Infinity
    this.#onCondition('disk-soon-full', this.#name, days < DISK_DAYS_MIN, {
      days: Number.isFinite(days) ? Math.floor(days * 10) / 10 : 0,
    })
  }

  #seeSizes({ atMs, gateways }: LedgerStatus): void {
    this.#sizes.push({ atMs, size: majoritySize(gateways) })
    if (this.#sizes.length > SIZES_KEPT) this.#sizes.shift()
  }

  #seeGateway(view: GatewayView, atMs: number): void {
    const { name, self, hello, lastContactUs } = view
    const silent = !self && this.#stands(`contact ${name}`, lastContactUs, atMs) >= SILENT_MS_MAX
    if (!self) {
      this.#onCondition('peer-silent', name, silent)
      this.#seeClock(view)
      if (hello !== null) {
        const changed = hello.verdict === 'changed' && hello.changed?.acknowledged !== true
        this.#onCondition('peer-changed', name, changed)
      }
    }
    // One that is silent is named for its silence alone.
    if (silent || hello === null) return this.#onCondition('gateway-lags', name, false)
    const entries = Math.max(0, (this.#sizes.at(-1)?.size ?? 0) - hello.treeSize)
    const seconds = Math.floor(this.#behindMs(hello.treeSize, atMs) / 1000)
    const lags = entries > LAG_ENTRIES_MAX || seconds * 1000 >= LAG_MS_MAX
    this.#onCondition('gateway-lags', name, lags, { entries, seconds })
  }

  #seeClock({ name, clockOffsetMs }: GatewayView): void {
    if (clockOffsetMs === null) return
    const differs = Math.abs(clockOffsetMs) > CLOCK_OFFSET_MS_MAX
    this.#onCondition('clock-differs', name, differs, { seconds: Math.round(clockOffsetMs / 1000) })
  }

  /** How long ago most gateways first had more than `size`. */
  #behindMs(size: number, atMs: number): number {
    const first = this.#sizes.find((one) => one.size > size)
    return first === undefined ? 0 : atMs - first.atMs
  }

  /** How long a value has been the same; 0 where it is another one than before. */
  #stands(what: string, value: Since['value'], atMs: number): number {
    const before = this.#since.get(what)
    if (before !== undefined && before.value === value) return atMs - before.sinceMs
    this.#since.set(what, { value, sinceMs: atMs })
    return 0
  }
}

/** The largest size that most gateways say they have reached: no single one can make the others late by a claim. */
function majoritySize(gateways: readonly GatewayView[]): number {
  const sizes = gateways.map(({ hello }) => hello?.treeSize ?? 0).toSorted((a, b) => b - a)
  return sizes[Math.floor(gateways.length / 2)] ?? 0
}
