/**
 * The clock by which a gateway signs: its wall clock as long as that can be believed (`ClockWatch`), else what goes on from there.
 * While it is in doubt, readings are flagged, headers say so, and this gateway seals nothing.
 */
import type { Ledger } from '../../ledger/ledger.ts'
import type { ActorId } from '../../wire/ids.ts'
import { CLOCK_AHEAD_US_MAX } from '../../wire/limits.ts'
import { FLAG } from '../../wire/quality.ts'
import { flagRows, type Rows } from '../../wire/rows.ts'
import type { ClockState } from '../../record/statements.ts'
import type { OnCondition } from '../conditions.ts'
import type { GapReport } from '../signing/rows-handed.ts'
import type { ClockBrief } from '../agreement/peer-hello.ts'
import type { Believed } from './believed-file.ts'
import { ClockWatch, type ClockDoubt, type Instant } from './clock-watch.ts'
import { UNKNOWN_CLOCK, type SystemState } from './system-clock.ts'

const SYSTEM_EVERY_US = 1_000_000
/** Readings reach this gateway a little after they were taken: those of the doubt's last moments, too, are flagged. */
const FLAGGED_AFTER_US = 2_000_000
/** Clocks that differ by more do not agree. */
const AGREES_US = 30_000_000
const KEPT_TO_US = 1_000_000
const MINUTE_US = 60_000_000
const DAY_US = 86_400_000_000

/** What a member says of its clock, and how far it is ahead of ours. */
export interface PeerClock {
  raftId: number
  /** Null where it was not measured yet. */
  offsetUs: number | null
  doubted: boolean
  /** Synchronised, or confirmed by a person, and not in doubt. */
  sure: boolean
}

export interface ClockSources {
  /** Microseconds that never jump, and go on while the system sleeps. */
  elapsedUs(): number
  system(): SystemState
  /** The members that can be reached. */
  peers(): readonly PeerClock[]
  /** What was believed when it was looked at last, also by an earlier run. */
  believed: Believed
}

export interface GatewayClockOptions {
  ledger: Ledger
  actor: ActorId
  sources: ClockSources
  /** The wall clock. */
  wallUs(): number
  /** This gateway, as conditions name it. */
  name: string
  onCondition: OnCondition
}

export class GatewayClock {
  readonly #o: GatewayClockOptions
  readonly #watch: ClockWatch
  #system: SystemState = UNKNOWN_CLOCK
  #systemAtUs = Number.NEGATIVE_INFINITY
  /** Until when readings are flagged, on the count of elapsed time. */
  #flaggedToUs = Number.NEGATIVE_INFINITY
  #told = ''
  /** As it was kept last. */
  #keptUs = Number.NaN

  constructor(options: GatewayClockOptions) {
    this.#o = options
    const { ledger, sources } = options
    this.#watch = new ClockWatch(this.#now(), ledger.lastSeal().timeUs, sources.believed.read())
    this.tick()
  }

  /** The time to sign with. */
  nowUs(): number {
    const now = this.#now()
    const timeUs = this.#watch.time(now)
    if (this.#watch.doubt !== null) this.#flaggedToUs = now.elapsedUs + FLAGGED_AFTER_US
    return timeUs
  }

  get doubt(): ClockDoubt | null {
    return this.#watch.doubt
  }

  /** As peers and screens are told. */
  get brief(): ClockBrief {
    const { state, errorUs } = this.#system
    return { state, errorUs, doubt: this.doubt?.kind ?? null, sure: this.#sure }
  }

  /** As batch headers state it. */
  get state(): ClockState {
    return this.doubt === null ? this.#system : { state: 'doubted', errorUs: null }
  }

  /** Whether other gateways may rely on it. */
  get #sure(): boolean {
    return this.doubt === null && (this.#system.state === 'synchronised' || this.#watch.confirmed)
  }

  tick(): void {
    const { ledger, sources, wallUs } = this.#o
    const now = this.#now()
    if (now.elapsedUs - this.#systemAtUs >= SYSTEM_EVERY_US) {
      this.#systemAtUs = now.elapsedUs
      this.#system = sources.system()
    }
    this.nowUs()
    const sure = this.doubt !== null && (this.#system.state === 'synchronised' || this.#agreed())
    this.#watch.judge({ wallUs: wallUs(), elapsedUs: now.elapsedUs }, { sealedUs: ledger.lastSeal().timeUs, sure })
    this.#keep()
    this.#tell()
  }

  /** A person says that the clock is right as it is. */
  confirm(): void {
    this.#watch.confirm(this.#now())
    this.#keep()
    this.#tell()
  }

  /** Other voters that can seal now. */
  sealers(): number[] {
    const voters = this.#others()
    return this.#o.sources
      .peers()
      .filter(({ raftId, doubted }) => !doubted && voters.has(raftId))
      .map(({ raftId }) => raftId)
  }

  /** Readings as they come in, flagged where this clock is in doubt; changed in place. */
  flagged(rows: Rows): Rows {
    this.nowUs()
    if (this.#o.sources.elapsedUs() <= this.#flaggedToUs) flagRows(rows, FLAG.gatewayClockDoubted)
    return rows
  }

  /** A gap as it was told, without the times of a clock that had leapt ahead: no stretch ends later than now. */
  bounded(gap: GapReport): GapReport {
    const latestUs = this.nowUs() + CLOCK_AHEAD_US_MAX
    const { fromTimeUs, toTimeUs } = gap
    return { ...gap, fromTimeUs: Math.min(fromTimeUs, latestUs), toTimeUs: Math.min(toTimeUs, latestUs) }
  }

  #now(): Instant {
    return { wallUs: this.#o.wallUs(), elapsedUs: this.#o.sources.elapsedUs() }
  }

  #others(): Set<number> {
    const { ledger, actor } = this.#o
    return new Set(ledger.members().flatMap((one) => (one.voter && one.actor !== actor ? [one.raftId] : [])))
  }

  /** Whether most other voters have a clock that is sure, and shows the same as this one. */
  #agreed(): boolean {
    const voters = this.#others()
    const agreeing = this.#o.sources
      .peers()
      .filter(({ raftId, offsetUs, sure }) => sure && voters.has(raftId) && Math.abs(offsetUs ?? Infinity) <= AGREES_US)
    return agreeing.length > voters.size / 2
  }

  #keep(): void {
    const { believedUs } = this.#watch
    // A clock that is kept by nobody drifts by less than that in an hour.
    if (believedUs === null || Math.abs(believedUs - this.#keptUs) < KEPT_TO_US) return
    this.#keptUs = believedUs
    this.#o.sources.believed.write(believedUs)
  }

  #tell(): void {
    const { name, onCondition } = this.#o
    const { kind, byUs = 0 } = this.doubt ?? {}
    // Ten times a second there is nothing new to say.
    const told = `${kind ?? ''} ${Math.round(byUs / MINUTE_US)}`
    if (told === this.#told) return
    this.#told = told
    const seconds = Math.round(byUs / 1e6)
    onCondition('clock-leapt', name, kind === 'leapt', { seconds })
    onCondition('clock-before-ledger', name, kind === 'before-seal', { seconds: -seconds })
    onCondition('clock-after-pause', name, kind === 'after-seal', { days: Math.floor(byUs / DAY_US) })
  }
}
