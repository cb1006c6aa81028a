import { existsSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { openLog } from '../../../src-main/cli/daemon-log.ts'

test.skipIf(!existsSync('/dev/full'))('a log on a full disk is said once, and ends nothing', async () => {
  const said: string[] = []
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  try {
    const log = openLog('gw-1', '/dev/full')
    for (let i = 0; i < 3; i++) log.info({ i }, 'x'.repeat(10_000))
    await vi.waitFor(() => expect(said).not.toEqual([]), 20_000)
  } finally {
    write.mockRestore()
  }
  expect(said.filter((line) => line.startsWith('plumbline: gw-1: the log /dev/full cannot be written'))).toHaveLength(1)
})
