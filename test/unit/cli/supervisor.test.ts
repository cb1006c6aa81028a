import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Supervisor } from '../../../src-main/cli/supervisor.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('a daemon that cannot even be forked is said, and does not keep its supervisor from stopping', async () => {
  const folder = temporaryFolder(onTestFinished)
  const { execPath } = process
  process.execPath = join(folder, 'no-such-program')
  onTestFinished(() => {
    process.execPath = execPath
  })
  const lines: string[] = []
  const told = new Promise<void>((resolve) => {
    const supervisor = new Supervisor([{ name: 'gw-1', configFile: join(folder, 'gw-1.yaml'), data: folder }], {
      onReady: () => undefined,
      onGivenUp: () => undefined,
      onLine: (line) => {
        lines.push(line)
        resolve(supervisor.stop())
      },
    })
    supervisor.start()
  })
  await told
  expect(lines[0]).toMatch(/^gw-1 cannot be started; starting it again/)
  expect(lines[0]).toContain('ENOENT')
})

test('stopping right after a start that failed ends, too', async () => {
  const folder = temporaryFolder(onTestFinished)
  const { execPath } = process
  process.execPath = join(folder, 'no-such-program')
  onTestFinished(() => {
    process.execPath = execPath
  })
  const none = { onReady: () => undefined, onGivenUp: () => undefined, onLine: () => undefined }
  const supervisor = new Supervisor([{ name: 'gw-1', configFile: join(folder, 'gw-1.yaml'), data: folder }], none)
  supervisor.start()
  await supervisor.stop()
  expect(process.exitCode).toBeUndefined()
})
