import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that is removed when `after` (`afterAll`, `onTestFinished`, ...) runs what it is given. */
export function temporaryFolder(after: (clean: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-test-'))
  after(() => {
    for (const item of readdirSync(folder, { recursive: true, withFileTypes: true }))
      if (item.isDirectory()) chmodSync(join(item.parentPath, item.name), 0o700)
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}
