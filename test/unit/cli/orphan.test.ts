import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { temporaryFolder } from '../../support/temporary-folder.ts'

// Loading alone takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

/** Loaded before the program: holds it up until its parent is gone, as slow disks do. */
const HOLD_UP =
  'data:text/javascript,if (process.connected) await new Promise((gone) => process.once("disconnect", gone))'

/** How a child ends whose parent leaves it, after a first message, before it listens. */
async function abandoned(module: string, args: string[], message: object): Promise<unknown[]> {
  const path = fileURLToPath(new URL(`../../../src-main/${module}`, import.meta.url))
  const child = fork(path, args, { execArgv: ['--import', HOLD_UP], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  child.send(message, () => child.disconnect())
  return await once(child, 'exit')
}

test('a daemon whose supervisor is gone before it listened ends', async () => {
  const folder = temporaryFolder(onTestFinished)
  const config = join(folder, 'gw-1.yaml')
  writeFileSync(config, 'name: gw-1\nconsole: { port: 0 }\n')
  expect(await abandoned('cli/main.ts', ['start', '--config', config, '--data', folder], {})).toEqual([0, null])
})

test('an acquiring process whose gateway is gone before it listened ends', async () => {
  const start = { type: 'start', sources: [], streams: [], serverCertificatesDir: '/nowhere', flushMs: 100 }
  expect(await abandoned('acquisition/worker.ts', [], start)).toEqual([0, null])
})
