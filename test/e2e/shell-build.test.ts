import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url)
const inRoot = (path: string): string => new URL(path, root).pathname

beforeAll(async () => {
  await run(process.execPath, [inRoot('src-main/cli/build-shell.mjs')], { cwd: root })
})

test("the shell builds without Electron's binary", () => {
  const main = readFileSync(inRoot('out/main/main.js'), 'utf8')
  expect(main).toContain('from "electron"')
  expect(main).toContain('enableSandbox()')
})

test('the preload is one CommonJS file that reaches for Electron only', () => {
  const preload = readFileSync(inRoot('out/preload/preload.cjs'), 'utf8')
  expect([...preload.matchAll(/require\("([^"]+)"\)/g)].map((match) => match[1])).toEqual(['electron'])
  expect(preload).not.toMatch(/^import /m)
})

test('the daemon beside it runs where Node strips no types', async () => {
  const plain = ['--no-strip-types', inRoot('out/daemon/src-main/cli/main.js')]
  const version = await run(process.execPath, [...plain, '--version'])
  const { version: expected } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8')) as { version: string }
  expect(version.stdout.trim()).toBe(expected)
  for (const command of ['start', 'demo', 'verify', 'fsck']) {
    const { stdout } = await run(process.execPath, [...plain, command, '--help'])
    expect(stdout, command).toContain('usage')
  }
})
