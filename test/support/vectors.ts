import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Folder of the public test data that lies beside the checkout, or null where this machine has none. */
export function vectorsDir(): string | null {
  const folder = fileURLToPath(new URL('../../../shared/vectors/', import.meta.url))
  return existsSync(folder) ? folder : null
}

/** Says once, visibly, that a suite has no data to read here. */
export function warnNoVectors(suite: string): void {
  console.warn(`skipped: ${suite}: no shared test data beside this checkout`)
}
