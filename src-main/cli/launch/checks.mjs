import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { compileMessages } from './build-missing.mjs'
import { cargoEnvironment, PreconditionError } from '../../../native/cargo.mjs'
import { inRoot, packagedNode, root } from './root.mjs'

/** Named, because oxfmt and oxlint walk node_modules when they are given the whole checkout. */
const FOLDERS = ['src-main', 'src-renderer', 'native', 'test']
const FILES = ['electron.vite.config.ts', 'vitest.config.ts', '.dependency-cruiser.cjs']

/**
 * @typedef {{name: string, command: string, args: string[], cwd?: string, cargo?: boolean, needs?: string}} Step
 *   needs: a file or folder without which there is nothing to check yet
 */

/** @param {string} script inside node_modules @param {string[]} args */
function tool(script, args) {
  return { command: packagedNode, args: [inRoot('node_modules', script), ...args] }
}

/** @param {string} path of the checkout @param {string[]} args */
function script(path, args) {
  return { command: packagedNode, args: [inRoot(path), ...args] }
}

function present() {
  return [...FOLDERS, ...FILES].filter((path) => existsSync(inRoot(path)))
}

/** @returns {Step[]} */
function steps() {
  return [
    { name: 'format (oxfmt)', ...tool('oxfmt/bin/oxfmt', ['--check', ...present()]) },
    {
      name: 'lint (oxlint, type-aware)',
      ...tool('oxlint/bin/oxlint', ['--type-aware', '--deny-warnings', ...present()]),
    },
    { name: 'types (tsc)', ...tool('typescript-7/bin/tsc', ['-p', 'tsconfig.json', '--noEmit']) },
    {
      name: 'types of the pure layers (tsc)',
      ...tool('typescript-7/bin/tsc', ['-p', 'tsconfig.pure.json', '--noEmit']),
    },
    {
      name: 'types of the packs’ rules (tsc)',
      ...tool('typescript-7/bin/tsc', ['-p', 'tsconfig.packs.json', '--noEmit']),
    },
    {
      name: 'types of rules in several files (tsc)',
      ...tool('typescript-7/bin/tsc', ['-p', 'tsconfig.rules.json', '--noEmit']),
    },
    { name: 'types of the shell (tsc)', ...tool('typescript-7/bin/tsc', ['-p', 'tsconfig.shell.json', '--noEmit']) },
    {
      name: 'types of the launcher (tsc)',
      ...tool('typescript-7/bin/tsc', ['-p', 'tsconfig.launcher.json', '--noEmit']),
    },
    {
      name: 'types of the console (svelte-check)',
      ...tool('svelte-check/bin/svelte-check', [
        '--workspace',
        'src-renderer',
        '--tsconfig',
        'tsconfig.json',
        '--fail-on-warnings',
        '--output',
        'human',
      ]),
      needs: 'src-renderer/tsconfig.json',
    },
    { name: 'dead code (knip)', ...tool('knip/bin/knip.js', ['--no-progress']) },
    {
      name: 'layers (dependency-cruiser)',
      ...tool('dependency-cruiser/bin/dependency-cruiser.mjs', [
        '--config',
        '.dependency-cruiser.cjs',
        'src-main',
        'src-renderer',
        'native',
      ]),
    },
    { name: 'licences', ...script('test/supply/main.ts', ['licences']) },
    {
      name: 'Rust format (cargo fmt)',
      command: 'cargo',
      args: ['fmt', '--all', '--check'],
      cwd: inRoot('native'),
      cargo: true,
    },
    {
      name: 'Rust lint (clippy)',
      command: 'cargo',
      args: ['clippy', '--release', '--locked', '--workspace', '--all-targets', '--', '-D', 'warnings'],
      cwd: inRoot('native'),
      cargo: true,
    },
  ]
}

/**
 * Runs every static check, to the end, and lists what failed.
 *
 * @param {string[]} words only steps whose name contains one of them; all when empty
 * @returns {Promise<number>} 0 when every step passed, 1 otherwise
 */
export async function runChecks(words) {
  const chosen = steps().filter((step) => words.length === 0 || words.some((word) => step.name.includes(word)))
  if (chosen.length === 0) {
    process.stderr.write(
      `No check is called like "${words.join(' ')}". There are: ${steps()
        .map((step) => step.name)
        .join('; ')}\n`,
    )
    return 64
  }
  await compileMessages()
  const failed = []
  for (const step of chosen) {
    const started = performance.now()
    const { status, output } = await run(step)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    process.stdout.write(`${status === 0 ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)\n`)
    if (status !== 0) {
      failed.push(step.name)
      process.stdout.write(`${output.trimEnd()}\n\n`)
    }
  }
  const verdict =
    failed.length === 0
      ? `all ${chosen.length} checks passed`
      : `${failed.length} of ${chosen.length} checks failed: ${failed.join('; ')}`
  process.stdout.write(`\n${verdict}\n`)
  return failed.length === 0 ? 0 : 1
}

/** Formats what the format checks look at. @returns {Promise<number>} 0 when both formatters ended well */
export async function runFormat() {
  const all = await Promise.all([
    run({ name: 'oxfmt', ...tool('oxfmt/bin/oxfmt', present()) }),
    run({ name: 'cargo fmt', command: 'cargo', args: ['fmt', '--all'], cwd: inRoot('native'), cargo: true }),
  ])
  for (const { output } of all) process.stdout.write(output)
  return all.every(({ status }) => status === 0) ? 0 : 1
}

/** @param {Step} step @returns {Promise<{status: number, output: string}>} */
function run(step) {
  if (step.needs !== undefined && !existsSync(inRoot(step.needs))) {
    return Promise.resolve({ status: 1, output: `${step.needs} is missing` })
  }
  let env = process.env
  if (step.cargo) {
    try {
      env = cargoEnvironment()
    } catch (error) {
      if (!(error instanceof PreconditionError)) throw error
      return Promise.resolve({ status: 1, output: error.message })
    }
  }
  return new Promise((resolve) => {
    const child = spawn(step.command, step.args, { cwd: step.cwd ?? root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        output += text
      })
    }
    child.once('error', (error) =>
      resolve({ status: 1, output: `${step.command} could not be started: ${error.message}` }),
    )
    child.once('close', (code) => resolve({ status: code ?? 1, output }))
  })
}
