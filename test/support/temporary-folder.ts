import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that is removed when `after` (`afterAll`, `onTestFinished`, ...) runs what it is given. */
export function temporaryFolder(after: (clean: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-test-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
