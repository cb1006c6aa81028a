import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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

/** The vectors of RFC 6962 proofs of one kind; none where there is no data. */
export function merkleVectors<T>(kind: 'inclusion' | 'consistency'): { name: string; vector: T }[] {
  const root = join(vectorsDir() ?? '', 'merkle', kind)
  if (!existsSync(root)) return []
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'))
  // The leaf index of one vector is 2^64 - 1, which JSON.parse rounds; it stays out of range either way.
  return names.map((name) => ({ name, vector: JSON.parse(readFileSync(join(root, name), 'utf8')) as T }))
}
