#!/usr/bin/env node
/**
 * The launcher: the one file that must run on whatever Node the machine has (20 or newer).
 *
 * It checks what a checkout needs, builds what is missing (progress on standard error, so that `--json` output stays
 * one document), and then runs `main.ts` on the Node 24 that npm installed as a package, because that version runs
 * TypeScript as it is. Signals and the exit status go through unchanged.
 *
 *   --npm-start    what `npm start` passes: no command means `demo`, `--gateway` means `start`
 *   --npm-test     what `npm test` passes: build, all test projects, `cargo test`, one line of totals
 *   --npm-check    what `npm run check` passes
 *   --npm-desktop  what `npm run desktop` passes: Electron's binary if it is missing, then the shell
 *   --npm-bench    what `npm run bench` passes
 *   --npm-sim      what `npm run sim` passes
 *   --npm-fixture  what `npm run fixture` passes
 *   --npm-flips    what `npm run flips` passes
 *   --npm-matrix   what `npm run matrix` passes
 *   --npm-supply   what `npm run sbom`, `licences`, `advisories` and `reproducible` pass
 *   --npm-texts    what `npm run texts` passes
 *   --npm-container-steps   what `npm run container-steps` passes
 *   --npm-build    what `npm run build` passes: addon, console and shell
 *   --npm-format   what `npm run format` passes
 */
import { BuildFailed, buildMissing } from './launch/build-missing.mjs'
import { runDesktop } from './launch/desktop.mjs'
import { startArguments } from './launch/npm-arguments.mjs'
import { PreconditionError } from '../../native/cargo.mjs'
import { checkPreconditions } from './launch/preconditions.mjs'
import { runOnPackagedNode } from './launch/run-node.mjs'
import { runTests } from './launch/run-tests.mjs'
import { runChecks, runFormat } from './launch/checks.mjs'

const MAIN = 'src-main/cli/main.ts'
const BENCH = 'test/bench/main.ts'
const FIXTURE = 'test/fixture/main.ts'
const FLIPS = 'test/flips/main.ts'
const MATRIX = 'test/stage/main.ts'
const SIM = 'test/sim/main.ts'
const SUPPLY = 'test/supply/main.ts'
const TEXTS = 'test/texts/main.ts'
const CONTAINER = 'test/container/main.ts'

/** @param {string[]} args @returns {Promise<number>} the exit status */
async function launch(args) {
  const [mode, ...rest] = args
  checkPreconditions()
  switch (mode) {
    case '--npm-start':
      await buildMissing({ thorough: true })
      return runOnPackagedNode([MAIN, ...startArguments(rest)])
    case '--npm-test':
      return runTests(rest)
    case '--npm-check':
      return runChecks(rest)
    case '--npm-bench':
      await buildMissing({ thorough: true })
      return runOnPackagedNode([BENCH, ...rest])
    case '--npm-sim':
      await buildMissing({ thorough: true })
      return runOnPackagedNode([SIM, ...rest])
    case '--npm-fixture':
      await buildMissing({ thorough: true })
      return runOnPackagedNode([FIXTURE, ...rest])
    case '--npm-flips':
      await buildMissing({ thorough: true })
      return runOnPackagedNode([FLIPS, ...rest])
    case '--npm-matrix':
      await buildMissing({ thorough: true })
      return runOnPackagedNode([MATRIX, ...rest])
    case '--npm-supply':
      if (rest[0] === 'reproducible') await buildMissing({ thorough: true })
      return runOnPackagedNode([SUPPLY, ...rest])
    case '--npm-texts':
      return runOnPackagedNode([TEXTS, ...rest])
    case '--npm-container-steps':
      return runOnPackagedNode([CONTAINER, ...rest])
    case '--npm-build':
      await buildMissing({ thorough: true })
      return runOnPackagedNode(['src-main/cli/build-shell.mjs'])
    case '--npm-format':
      return runFormat()
    case '--npm-desktop':
      await buildMissing({ thorough: true })
      return runDesktop(rest)
    default:
      await buildMissing({ thorough: false })
      return runOnPackagedNode([MAIN, ...args])
  }
}

try {
  process.exitCode = await launch(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof PreconditionError)) throw error
  if (!(error instanceof BuildFailed)) process.stderr.write(`plumbline: ${error.message}\n`)
  process.exitCode = 69 // EX_UNAVAILABLE of sysexits.h: something the machine must provide is missing
}
