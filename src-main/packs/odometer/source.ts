/**
 * The odometer pack as it is activated on a channel and enclosed in certificates: this text, byte for byte.
 * Any change here is a new version of the pack, and old versions stay: channels activated them, certificates enclose them.
 * `test/unit/packs/odometer.test.ts` states what it decides.
 */
import { ALL_SOURCES } from './all-sources.ts'
import { ONE_SOURCE } from './one-source.ts'

export const odometerSource: string = ONE_SOURCE + ALL_SOURCES
