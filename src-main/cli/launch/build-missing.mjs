import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { PreconditionError } from '../../../native/cargo.mjs'
import { inRoot, packagedNode, root } from './root.mjs'

/** A build script failed and has said why: nothing is added to its message. */
export class BuildFailed extends PreconditionError {}

/**
 * What a checkout builds before it runs. Every script compares its sources with what it built last and returns at once
 * when they agree, so that running it again costs little.
 */
const builds = [
  { name: 'native addon', script: 'native/build.mjs', product: 'native/plumbline.node' },
  { name: 'console', script: 'src-main/cli/build-console.mjs', product: 'out/renderer/index.html' },
]

/**
 * Builds what is not there, in order. Progress goes to standard error.
 *
 * @param {{thorough: boolean}} how thorough: let every build script look for changed sources; otherwise only build
 *   products that do not exist, which keeps a technician's `plumbline status` quick
 * @throws {BuildFailed} when a build fails; its own output says why
 */
export async function buildMissing({ thorough }) {
  for (const { name, script, product } of builds) {
    if (!thorough && existsSync(inRoot(product))) continue
    const status = await runToStandardError(inRoot(script))
    if (status !== 0) throw new BuildFailed(`the ${name} could not be built`)
  }
}

const COMPILED = 'src-renderer/paraglide/messages/_index.js'
const WRITTEN = ['src-renderer/messages/en.json', 'src-renderer/messages/de.json']

/**
 * Compiles the console's messages where they are missing or older than what is written: without them nothing of the console can be checked.
 *
 * @throws {BuildFailed} when they cannot be compiled; the output of the compiler says why
 */
export async function compileMessages() {
  const isCurrent =
    existsSync(inRoot(COMPILED)) &&
    WRITTEN.every((path) => statSync(inRoot(path)).mtimeMs <= statSync(inRoot(COMPILED)).mtimeMs)
  if (isCurrent) return
  process.stderr.write('console: compiling its messages, which its checks need\n')
  const status = await runToStandardError(inRoot('src-main/cli/build-console.mjs'), '--messages')
  if (status !== 0) throw new BuildFailed('the messages of the console could not be compiled')
}

/** @param {string} script @param {string[]} args @returns {Promise<number>} */
function runToStandardError(script, ...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(packagedNode, [script, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      // A Ctrl+C during the build ends the build script itself; end like it instead of reporting a failed build.
      if (signal !== null) process.kill(process.pid, signal)
      else resolve(code ?? 1)
    })
  })
}
