import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { root } from '../../../src-main/cli/launch/root.mjs'

const folder = temporaryFolder(afterAll)

/** A program that tells its signals and ends a moment after the first, and a launcher that runs it as the real one does. */
function launch(program: string): { child: ChildProcess; output: () => string; ended: Promise<number | null> } {
  const path = join(folder, `${program.length}.mjs`)
  writeFileSync(path, program)
  const launcher = `
    import { runOnPackagedNode } from '${root}/src-main/cli/launch/run-node.mjs'
    process.exitCode = await runOnPackagedNode([${JSON.stringify(relative(root, path))}, 'an argument', '--flag'])`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', launcher], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  return { child, output: () => output, ended: new Promise((resolve) => child.once('close', (code) => resolve(code))) }
}

const TELLS_SIGNALS = `
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {
    console.log(name)
    setTimeout(() => process.exit(7), 300)
  })
  console.log('ready', process.pid)
  setInterval(() => {}, 1000)`

test('passes arguments and the exit status through, on Node 24', async () => {
  const { output, ended } = launch(`console.log(process.version, process.argv.slice(2).join('|')); process.exit(65)`)
  expect(await ended).toBe(65)
  expect(output()).toMatch(/^v24\.\S+ an argument\|--flag\n$/)
})

test('reports a program that a signal ended as shells do', async () => {
  const { ended } = launch(`process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000)`)
  expect(await ended).toBe(128 + 9)
})

test('passes a signal on once, however often it comes, and ends with the program', async () => {
  const { child, output, ended } = launch(TELLS_SIGNALS)
  await expect.poll(output).toContain('ready')
  for (let times = 0; times < 3; times += 1) {
    child.kill('SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  expect(await ended).toBe(7)
  expect(output().match(/SIGINT/g)).toHaveLength(1)
})

test('the program ends in order when its launcher is killed outright', async () => {
  const { child, output, ended } = launch(TELLS_SIGNALS)
  await expect.poll(output).toContain('ready')
  child.kill('SIGKILL')
  // `close` comes when nobody holds the program's output any more: it has ended too.
  await ended
  expect(output()).toContain('SIGTERM')
})
