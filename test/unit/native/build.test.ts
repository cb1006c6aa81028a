import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../../native/build.mjs', import.meta.url))
const empty = mkdtempSync(join(tmpdir(), 'plumbline-no-cargo-'))
afterAll(() => rmSync(empty, { recursive: true }))

test('a machine without cargo is told what to install, in one message', () => {
  const env = { PATH: empty, CARGO_HOME: empty, HOME: empty }
  const run = spawnSync(process.execPath, [script, '--force'], { env, encoding: 'utf8' })
  expect(run.status).toBe(1)
  expect(run.stderr).toContain('Missing: cargo (Rust 1.')
  expect(run.stderr).toContain('rustup')
  expect(run.stderr).not.toMatch(/^\s+at /m)
})

test('an addon that is up to date is left alone, cargo or not', () => {
  const env = { PATH: empty, CARGO_HOME: empty, HOME: empty }
  const run = spawnSync(process.execPath, [script], { env, encoding: 'utf8' })
  expect(run.stderr).toBe('')
  expect(run.stdout).toBe('native addon: up to date\n')
})
