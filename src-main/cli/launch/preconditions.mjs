import { existsSync } from 'node:fs'
import { inRoot, packagedNode } from './root.mjs'

const NODE_MAJOR_MIN = 20
const NPM_MAJOR_MIN = 11

/** Something the machine or the checkout lacks. The message says what, and the command that mends it. */
export class PreconditionError extends Error {}

/**
 * @param {{nodeVersion?: string, npmUserAgent?: string|undefined, exists?: (path: string) => boolean}} [seen]
 *   what to judge; the running process by default
 * @throws {PreconditionError} naming the first thing that is missing
 */
export function checkPreconditions(seen = {}) {
  const nodeVersion = seen.nodeVersion ?? process.versions.node
  const exists = seen.exists ?? existsSync
  const userAgent = 'npmUserAgent' in seen ? seen.npmUserAgent : process.env.npm_config_user_agent

  if (majorOf(nodeVersion) < NODE_MAJOR_MIN) {
    throw new PreconditionError(
      `Node ${NODE_MAJOR_MIN} or newer is needed to start; this is Node ${nodeVersion}. Install a newer Node (https://nodejs.org), then run this again.`,
    )
  }
  const npm = npmVersion(userAgent)
  if (npm !== null && majorOf(npm) < NPM_MAJOR_MIN) {
    throw new PreconditionError(
      `npm ${NPM_MAJOR_MIN} or newer is needed; this is npm ${npm}, which ignores the list of permitted install scripts in package.json. Run: npm install --global npm@${NPM_MAJOR_MIN}, then: npm ci`,
    )
  }
  if (!exists(inRoot('node_modules'))) {
    throw new PreconditionError('the dependencies are not installed (no node_modules). Run: npm ci')
  }
  if (!exists(packagedNode)) {
    throw new PreconditionError(
      `Node 24 is missing from the installed dependencies (${packagedNode}). Its install script did not run; with npm ${NPM_MAJOR_MIN} run: npm ci (without --ignore-scripts)`,
    )
  }
}

/** @param {string} version such as "20.11.1" @returns {number} */
function majorOf(version) {
  return Number.parseInt(version, 10)
}

/** @param {string|undefined} userAgent as npm sets it: "npm/11.2.0 node/v20.11.1 linux x64" @returns {string|null} */
function npmVersion(userAgent) {
  return /\bnpm\/(\d[^\s]*)/.exec(userAgent ?? '')?.[1] ?? null
}
