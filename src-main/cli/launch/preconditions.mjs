import { existsSync } from 'node:fs'
import { PreconditionError } from '../../../native/cargo.mjs'
import { inRoot, isNodePackaged, NODE_MAJOR, packagedNode } from './root.mjs'

const NODE_MAJOR_MIN = 20
const NPM_MAJOR_MIN = 11

/**
 * @param {{nodeVersion?: string, npmUserAgent?: string|undefined, exists?: (path: string) => boolean, isNodePackaged?: boolean}} [seen]
 *   what to judge; the running process by default
 * @throws {PreconditionError} naming the first thing that is missing
 */
export function checkPreconditions(seen = {}) {
  const nodeVersion = seen.nodeVersion ?? process.versions.node
  const exists = seen.exists ?? existsSync
  const isPackaged = seen.isNodePackaged ?? isNodePackaged
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
  if (!isPackaged && majorOf(nodeVersion) !== NODE_MAJOR) {
    throw new PreconditionError(
      `npm has no package of Node ${NODE_MAJOR} for this platform; this is Node ${nodeVersion}. Install Node ${NODE_MAJOR} (https://nodejs.org), then run this again with it.`,
    )
  }
  if (!exists(packagedNode)) {
    throw new PreconditionError(
      `Node ${NODE_MAJOR} is missing from the installed dependencies (${packagedNode}). It is an optional package, which npm leaves out with --omit=optional or when it could not be fetched. Run: npm ci`,
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
