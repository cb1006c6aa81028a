import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
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

test("a log never takes more than its size five times, loses no newest line, and is its owner's", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'gateway.log')
  writeFileSync(file, '{"old":true}\n')
  chmodSync(file, 0o644)
  const bytesMax = 20_000
  const log = openLog('gw-1', file, bytesMax)
  const files = (): string[] => readdirSync(folder).toSorted()
  for (let i = 0; i < 1_000; i++) {
    log.info({ i }, 'x'.repeat(200))
    if (i % 20 === 0) await new Promise((resolve) => log.flush(resolve))
  }
  await new Promise((resolve) => log.flush(resolve))
  const all = (): string =>
    files()
      .toReversed()
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('')
  await vi.waitFor(() => expect(all()).toContain('"i":999'))
  expect(files()).toEqual(['gateway.log', 'gateway.log.1', 'gateway.log.2', 'gateway.log.3', 'gateway.log.4'])
  for (const name of files()) {
    expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600)
    expect(statSync(join(folder, name)).size, name).toBeLessThan(bytesMax + 32 * 1024)
  }
  const numbers = all()
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { i: number }).i)
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => 1_000 - numbers.length + i))
})
