/** The scenarios that come with this release: each pack's folder that holds `scenario/scenario.ts`. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { PackScenario } from '../../packs/scenario.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'packs')
const fileOf = (pack: string): string => join(FOLDER, pack, 'scenario', 'scenario.ts')

/** Packs that have one, ascending; a scenario has its pack's name. */
export function scenarioNames(): string[] {
  return readdirSync(FOLDER)
    .filter((pack) => existsSync(fileOf(pack)))
    .toSorted()
}

/** `pack`: one of `scenarioNames`. */
export async function loadScenario(pack: string): Promise<PackScenario> {
  const { scenario } = (await import(pathToFileURL(fileOf(pack)).href)) as { scenario: PackScenario }
  return scenario
}
