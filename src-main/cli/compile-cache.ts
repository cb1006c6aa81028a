/**
 * Compiled code is kept between runs: a command then begins after a third of the time. It lies in the installation, since whoever can write
 * it can write the program: a shared folder such as /tmp would give that to everybody. Where the installation cannot be written, nothing is kept.
 */
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

const KEPT = fileURLToPath(new URL('../../node_modules/.cache/plumbline/', import.meta.url))

/** Before a command's modules are loaded; not where somebody has chosen another folder, or none. */
export function keepCompiled(): void {
  if (process.env['NODE_COMPILE_CACHE'] === undefined) enableCompileCache(KEPT)
}
