import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { invocationOf } from '../../../src-main/cli/command.ts'
import { reported, scenario } from '../../../src-main/cli/scenario.ts'
import type { ScenarioRow } from '../../../src-main/gateway/scenario/run-scenario.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const MAIN = fileURLToPath(new URL('../../../src-main/cli/main.ts', import.meta.url))
const call = (...args: string[]): { status: number | null; stderr: string } =>
  spawnSync(process.execPath, [MAIN, 'scenario', ...args], { encoding: 'utf8' })

const used = temporaryFolder(afterAll)

writeFileSync(join(used, 'mine.txt'), '')

test.each<[why: string, args: string[]]>([
  ['--seed 1.5 is no seed', ['odometer', '--seed', '1.5']],
  ["Unknown option '--seeds'", ['odometer', '--seeds', '1']],
])('wrong words end with status 2: %s', (why, args) => {
  const { status, stderr } = call(...args)
  expect(stderr).toContain(why)
  expect(status).toBe(2)
})

test.each<[why: string, args: string[]]>([
  ['say one scenario', []],
  ['there is no scenario "odometre". Did you mean "odometer"?', ['odometre']],
  ['there is no scenario "../demo"', ['../demo']],
  ['--seed 4294967296 is no seed', ['odometer', '--seed', '4294967296']],
  ['is not empty', ['odometer', '--data', used]],
])('nothing is founded and nothing removed for wrong words: %s', async (why, args) => {
  const invocation = invocationOf(scenario, args)
  if (invocation === 'help') throw new Error('help')
  await expect(scenario.run(invocation)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(why) })
  expect(existsSync(join(used, 'mine.txt'))).toBe(true)
})

const row = (asset: string, same: boolean): ScenarioRow => ({
  asset,
  name: 'nothing',
  planted: { verdict: 'good', findings: [] },
  found: { verdict: same ? 'good' : 'bad', findings: same ? [] : ['{"code":"ODD"}'] },
  same,
  way: 'certificate',
  why: null,
})
const run = { name: 'made-up', seed: 1, seconds: 2, isBrief: false }

test('what was found is held against what was planted: status 0 where it is the same, 1 where one differs', () => {
  expect(reported([row('A', true), row('B', true)], run)).toMatchObject({ status: 0, document: { same: true } })
  const { status, shown, document } = reported([row('A', true), row('B', false)], run)
  expect([status, document]).toEqual([1, expect.objectContaining({ same: false, checked: 2 })])
  expect(shown).toMatch(/^B +nothing +good +bad: ODD +DIFFERS$/m)
})

test('--check shows only what differs, and hides no difference', () => {
  const { status, shown } = reported([row('A', true), row('B', false)], { ...run, isBrief: true })
  expect(shown).not.toMatch(/^A /m)
  expect([status, shown.split('\n').at(-1)]).toEqual([1, 'made-up, seed 1: 2 assets, 1 differ. 2 s.'])
})
