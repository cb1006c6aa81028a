import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cargoEnvironment, PreconditionError } from '../../../native/cargo.mjs'
import { BuildFailed, buildMissing } from './build-missing.mjs'
import { inRoot, packagedNode, root } from './root.mjs'
import { countCargo, countVitest, failuresOfVitest, sum } from './test-counts.mjs'

/**
 * Builds what is missing, runs every test project and `cargo test`, and ends with one line
 * `N passed, N failed, N skipped`.
 *
 * @param {string[]} args for vitest (`--project unit test/unit/api`); with any, only vitest runs
 * @returns {Promise<number>} 0 when nothing failed, 1 otherwise
 */
export async function runTests(args) {
  /** @type {import('./test-counts.mjs').Counts[]} */
  const counts = []
  /** @type {string[]} */
  const failures = []
  try {
    const unknown = namesWithoutTests(args)
    if (unknown.length > 0)
      throw new PreconditionError(`no test file of the chosen projects has ${unknown.join(' or ')} in its path`)
    await buildMissing({ thorough: true })
    const outcome = await vitest(args)
    counts.push(outcome.counts)
    failures.push(...outcome.failures)
    if (args.length === 0) counts.push(await cargoTest())
  } catch (error) {
    if (!(error instanceof PreconditionError)) throw error
    if (!(error instanceof BuildFailed)) process.stderr.write(`plumbline: ${error.message}\n`)
    counts.push({ passed: 0, failed: 1, skipped: 0 })
  }
  const total = sum(counts)
  for (const failure of failures) process.stdout.write(`\nfailed: ${failure}`)
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)
  return total.failed === 0 ? 0 : 1
}

/**
 * Names among vitest's arguments that match no test file. Where it cannot read them, it says so itself when it runs.
 *
 * @param {string[]} args
 */
function namesWithoutTests(args) {
  if (args.length === 0) return []
  const script = inRoot('test/support/names-without-tests.ts')
  const { status, stdout } = spawnSync(packagedNode, [script, ...args], { cwd: root, encoding: 'utf8' })
  return status === 0 ? JSON.parse(stdout).map((/** @type {string} */ name) => JSON.stringify(name)) : []
}

/** @param {string[]} args @returns {Promise<{counts: import('./test-counts.mjs').Counts, failures: string[]}>} */
async function vitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-tests-'))
  const report = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  // Hundreds of short processes load the same modules.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') }
  try {
    const { status } = await run(
      packagedNode,
      [inRoot('node_modules/vitest/vitest.mjs'), 'run', ...reporters, ...args],
      { env },
    )
    const written = readOrNull(report)
    return { counts: countVitest(written, status), failures: failuresOfVitest(written, root) }
  } finally {
    // A process that is still ending may write there.
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function cargoTest() {
  process.stdout.write('\ncargo test\n')
  const { status, output } = await run('cargo', ['test', '--release', '--locked', '--workspace'], {
    cwd: inRoot('native'),
    env: cargoEnvironment(),
    keep: true,
  })
  return countCargo(output, status)
}

/** @param {string} path */
function readOrNull(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, keep?: boolean}} [options] keep: also return standard output
 * @returns {Promise<{status: number, output: string}>}
 */
function run(command, args, { cwd = root, env = process.env, keep = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', keep ? 'pipe' : 'inherit', 'inherit'] })
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output += text
      process.stdout.write(text)
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (signal !== null) process.kill(process.pid, signal)
      resolve({ status: code ?? 1, output })
    })
  })
}
