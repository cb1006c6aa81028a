/** What the operating system says about its clock, as batch headers state it. */
import type { SystemClock } from '../../../native/addon.ts'
import type { ClockState } from '../../record/statements.ts'

export interface SystemState extends ClockState {
  readonly state: Exclude<ClockState['state'], 'doubted'>
}

/**
 * The bound of the error that a Linux kernel stops at (NTP_PHASE_LIMIT): it begins there, returns there whenever the clock is
 * set, and gets there within nine hours once nobody corrects the clock any more. Below it somebody does: chrony,
 * systemd-timesyncd and ntpd all tell the kernel. STA_UNSYNC says less, since chrony leaves it set where it is not to touch the
 * hardware clock ("rtcsync"); systemd judges by the same bound. From systemd-timesyncd it is only what a clock may have drifted
 * since its last correction (0.5 ms a second), from the others also how well they know the time.
 */
export const UNSYNCHRONISED_US = 16_000_000
/** A process may be shown another clock than the system's own: then nothing is known about it. */
const SAME_CLOCK_US = 1_000_000

export const UNKNOWN_CLOCK: SystemState = { state: 'unknown', errorUs: null }

/** @param wallUs the clock as this process sees it */
export function clockStateOf(system: SystemClock | null, wallUs: number): SystemState {
  if (system === null || Math.abs(system.wallUs - wallUs) > SAME_CLOCK_US) return UNKNOWN_CLOCK
  if (system.maxErrorUs >= UNSYNCHRONISED_US) return { state: 'unsynchronised', errorUs: null }
  return { state: 'synchronised', errorUs: Math.max(0, system.maxErrorUs) }
}
