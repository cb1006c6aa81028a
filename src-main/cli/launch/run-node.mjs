import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { pathToFileURL } from 'node:url'
import { inRoot, packagedNode } from './root.mjs'

const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/**
 * Runs a file of the checkout on the packaged Node and waits for its end.
 *
 * Signals: a terminal's Ctrl+C reaches the whole process group and npm passes its own copy on, so one key press can
 * arrive here and in the child several times. Each kind is passed on once; what the child makes of a repetition from
 * the terminal is its own affair (it ignores it).
 *
 * The child also holds the reading end of a pipe whose writing end lives here: when this process dies in a way that no
 * handler sees (SIGKILL), the pipe closes and the child ends itself as if by SIGTERM. No daemon outlives its launcher.
 *
 * @param {[file: string, ...args: string[]]} program file (relative to the checkout) and its arguments
 * @param {{env?: NodeJS.ProcessEnv, command?: string}} [options]
 * @returns {Promise<number>} the exit status; 128 + number for a child that a signal ended, as shells report it
 */
export function runOnPackagedNode([file, ...args], options = {}) {
  const lifeline = pathToFileURL(inRoot('src-main/cli/launch/lifeline.mjs')).href
  return new Promise((resolve, reject) => {
    const child = spawn(packagedNode, ['--import', lifeline, inRoot(file), ...args], {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      env: { ...process.env, ...options.env, PLUMBLINE_LIFELINE_FD: '3' },
    })
    const sent = new Set()
    const handlers = FORWARDED.map((signal) => {
      const handler = () => {
        if (sent.has(signal)) return
        sent.add(signal)
        child.kill(signal)
      }
      process.on(signal, handler)
      return /** @type {const} */ ([signal, handler])
    })
    // The child closes its end when it exits; writing never happens, so an error here says nothing new.
    child.stdio[3]?.on('error', () => {})
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      for (const [name, handler] of handlers) process.off(name, handler)
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}
