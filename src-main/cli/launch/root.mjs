import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout: the folder that holds package.json. */
export const root = fileURLToPath(new URL('../../../', import.meta.url)).replace(/[/\\]$/, '')

/** @param {string[]} parts @returns {string} an absolute path inside the checkout */
export function inRoot(...parts) {
  return join(root, ...parts)
}

/** Node 24, which npm installs as the package `node`. */
export const packagedNode = inRoot('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
