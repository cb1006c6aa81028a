/** What a command compiled is kept in the installation, for its own account alone, unless somebody says where. */
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const root = resolve(import.meta.dirname, '..', '..', '..')
const KEPT = join(root, 'node_modules', '.cache', 'plumbline')

function run(more: NodeJS.ProcessEnv): void {
  const { NODE_COMPILE_CACHE: _, ...env } = process.env
  execFileSync(process.execPath, [join(root, 'src-main', 'cli', 'main.ts'), 'status', '--help'], {
    env: { ...env, ...more },
  })
}

test('in the installation', () => {
  run({})
  expect(readdirSync(KEPT).length).toBeGreaterThan(0)
  if (process.platform !== 'win32')
    for (const name of readdirSync(KEPT)) expect(statSync(join(KEPT, name)).mode & 0o077).toBe(0)
})

test('elsewhere where that is said', () => {
  const folder = temporaryFolder(onTestFinished)
  run({ NODE_COMPILE_CACHE: folder })
  expect(readdirSync(folder).length).toBeGreaterThan(0)
})
