/**
 * Builds the desktop shell: main process and preload by electron-vite, and beside them the daemon as plain JavaScript,
 * because Electron's own Node is not promised to run TypeScript.
 *
 * The daemon is not bundled: each file keeps its place, so that workers, SQL files and the addon are found the way they
 * are in the checkout. Types are stripped by Node itself (`module.stripTypeScriptTypes`), imports of `.ts` become `.js`.
 * Electron's binary is not needed for any of it.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { inRoot } from './launch/root.mjs'

const daemon = inRoot('out', 'daemon')
/** Launcher and build scripts stay behind: they work on a checkout. */
const LEFT_OUT = /^src-main\/cli\/(?:launch\/|plumbline\.mjs$|build-)|^src-main\/shell\/(?!daemon-entry\.ts$)/

/** A relative import, worker address or re-export of a TypeScript file, in either kind of quotes. */
const TS_REFERENCE = /(['"])(\.{1,2}\/[^'"\n]+)\.ts\1/g

/** @param {string} folder of the checkout @returns {string[]} its files, relative to the checkout, with slashes */
function filesUnder(folder) {
  return readdirSync(inRoot(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(inRoot().length + 1)
        .replaceAll('\\', '/'),
    )
}

/** @param {string} source TypeScript @returns {string} the same as JavaScript */
function toJavaScript(source) {
  return stripTypeScriptTypes(source, { mode: 'strip' }).replace(TS_REFERENCE, '$1$2.js$1')
}

/** @param {string} path relative to the checkout */
function layBeside(path) {
  const isCode = path.endsWith('.ts') && !path.endsWith('.d.ts')
  const target = join(daemon, isCode ? path.replace(/\.ts$/, '.js') : path)
  mkdirSync(dirname(target), { recursive: true })
  if (isCode) writeFileSync(target, toJavaScript(readFileSync(inRoot(path), 'utf8')))
  else cpSync(inRoot(path), target)
}

function buildDaemon() {
  rmSync(daemon, { recursive: true, force: true })
  const files = filesUnder('src-main').filter((path) => !LEFT_OUT.test(path))
  for (const path of [...files, 'native/addon.ts', 'package.json']) layBeside(path)
  for (const product of ['native/plumbline.node', 'out/renderer']) {
    if (existsSync(inRoot(product))) cpSync(inRoot(product), join(daemon, product), { recursive: true })
    else process.stderr.write(`shell: ${product} is missing; npm run build makes it\n`)
  }
  return files.length
}

const { build } = await import('electron-vite')
await build({ root: inRoot(), configFile: inRoot('electron.vite.config.ts'), logLevel: 'warn' })
process.stderr.write(`shell: built; ${buildDaemon()} files of the daemon beside it\n`)
