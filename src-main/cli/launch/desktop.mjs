import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { PreconditionError } from '../../../native/cargo.mjs'
import { inRoot, packagedNode, root } from './root.mjs'

/**
 * Fetches Electron's own binary when it is missing (the only step that leaves the package registries), builds the
 * shell and starts it.
 *
 * @param {string[]} args passed to the shell, such as a `.plumb` file to open
 * @returns {Promise<number>} the exit status
 * @throws {PreconditionError} when the binary can't be fetched or the shell can't be built
 */
export async function runDesktop(args) {
  if (!electronIsInstalled()) {
    process.stderr.write("Fetching Electron's binary (once, about 110 MB) ...\n")
    const status = await run(packagedNode, [inRoot('node_modules/electron/install.js')])
    if (status !== 0 || !electronIsInstalled()) {
      throw new PreconditionError(
        "Electron's binary could not be fetched (it comes from github.com, or from ELECTRON_MIRROR where that is set). Everything else works without it: npm start, then open the printed address in a browser.",
      )
    }
  }
  const built = await run(packagedNode, [inRoot('src-main/cli/build-shell.mjs')])
  if (built !== 0) throw new PreconditionError('the desktop shell could not be built; the lines above say why.')
  return run(electronPath(), [root, ...args])
}

function electronIsInstalled() {
  return existsSync(inRoot('node_modules/electron/path.txt')) && existsSync(electronPath())
}

/** As electron's own index.js finds it; that file is not loaded because it fetches the binary when it is missing. */
function electronPath() {
  return inRoot('node_modules/electron/dist', readFileSync(inRoot('node_modules/electron/path.txt'), 'utf8').trim())
}

/** @param {string} command @param {string[]} args @returns {Promise<number>} */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit' })
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal))
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
