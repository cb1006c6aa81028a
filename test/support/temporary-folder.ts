import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that is removed when `after` (`afterAll`, `onTestFinished`, ...) runs what it is given. */
export function temporaryFolder(after: (clean: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-test-'))
  after(() => {
    openUp(folder)
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** Folders that a test has closed can be emptied again. Not through links: `readdir` that recurses by itself goes through them. */
function openUp(folder: string): void {
  chmodSync(folder, 0o700)
  for (const item of readdirSync(folder, { withFileTypes: true }))
    if (item.isDirectory()) openUp(join(folder, item.name))
}
