/** The HTML rendering with its parts off the disk. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { composeHtml } from '../certificates/render-html.ts'
import { utf8 } from '../wire/bytes.ts'
import { DocumentError } from './errors.ts'

/** Where `vite build -c vite.verifier.config.ts` puts the verifier, below the installation's top folder. */
const VERIFIER_PATH = join('out', 'verifier', 'offline.js')
const LEVELS_UP_MAX = 5

/** The built verifier script; found from the source tree and from a built one. Throws DocumentError `verifier_missing`. */
export function loadVerifierScript(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (let level = 0; level < LEVELS_UP_MAX; level++) {
    const path = join(folder, VERIFIER_PATH)
    if (existsSync(path)) return readFileSync(path, 'utf8')
    folder = dirname(folder)
  }
  throw new DocumentError(
    'verifier_missing',
    `the verifier for HTML certificates (${VERIFIER_PATH}) is not built`,
    'Run: npm run build',
  )
}

/** The bytes of one self-contained HTML file. Throws DocumentError, or StepStop for bytes that are no certificate. */
export function renderHtml(certificate: Uint8Array): Uint8Array {
  return utf8(composeHtml(certificate, loadVerifierScript()))
}
