import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { gatewayFolder } from '../../../../src-main/gateway/folder/data-folder.ts'
import { lockFolder } from '../../../../src-main/gateway/folder/folder-lock.ts'
import { writeRuntime } from '../../../../src-main/gateway/folder/runtime-file.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const MODULES = new URL('../../../../src-main/gateway/folder/', import.meta.url)

/** A process that locks `root`, says so, and then waits. */
function script(root: string): string {
  const path = join(root, '..', 'locks.ts')
  writeFileSync(
    path,
    `import { gatewayFolder } from '${fileURLToPath(new URL('data-folder.ts', MODULES))}'
import { lockFolder } from '${fileURLToPath(new URL('folder-lock.ts', MODULES))}'
try {
  lockFolder(gatewayFolder(process.argv[2]), 'gw-1')
  // It holds also where nobody keeps what gives it back.
  globalThis.gc()
  await new Promise((resolve) => setTimeout(resolve, 50))
  globalThis.gc()
  console.log('locked')
  setInterval(() => {}, 1_000)
} catch (error) {
  console.log(error.code + ': ' + error.message)
}
`,
  )
  return path
}

test('a folder has one process, until it ends, however it ends', async () => {
  const root = join(temporaryFolder(onTestFinished), 'gw-1')
  const folder = gatewayFolder(root)
  lockFolder(folder, 'gw-1')()
  const holder = spawn(process.execPath, ['--expose-gc', script(root), root], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void holder.kill('SIGKILL'))
  expect(String(await once(holder.stdout, 'data'))).toBe('locked\n')
  expect(() => lockFolder(folder, 'gw-1')).toThrow(
    expect.objectContaining({ code: 'already_running', message: expect.stringContaining('another process holds') }),
  )
  const ended = once(holder, 'exit')
  holder.kill('SIGKILL')
  await ended
  lockFolder(folder, 'gw-1')()
})

test('a second process is told who holds the folder, where that is known', async () => {
  const root = join(temporaryFolder(onTestFinished), 'gw-1')
  const folder = gatewayFolder(root)
  onTestFinished(lockFolder(folder, 'gw-1'))
  const runtime = { host: '127.0.0.1', port: 7080, token: 'a'.repeat(64), startedAtUs: 1, version: '1' }
  writeRuntime(folder.runtime, { pid: process.pid, name: 'gw-1', ...runtime })
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script(root), root])
  expect(stdout).toContain(`already_running: gateway gw-1 runs already (process ${process.pid}`)
})
