/** The words of the packs that come with this program. */
import { odometerWords } from './odometer/words.ts'
import type { PackWords } from './words.ts'

const TABLES: ReadonlyMap<string, PackWords> = new Map([['odometer', odometerWords]])

/** The table of a pack; null for one that this program does not know. */
export function wordsOfPack(id: string): PackWords | null {
  return TABLES.get(id) ?? null
}
