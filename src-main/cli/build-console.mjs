/**
 * Builds the verifier that HTML certificates carry into out/verifier, then the console, which knows that verifier by its hash, into
 * out/renderer: messages by paraglide, then vite. Skips what has not changed.
 *
 *   node src-main/cli/build-console.mjs              build when needed
 *   node src-main/cli/build-console.mjs --force      build anyway
 *   node src-main/cli/build-console.mjs --messages   compile the messages only (svelte-check needs them)
 *
 * Needs Node 24: run by an older one, it starts itself again on the packaged one.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import process from 'node:process'
import { NODE_MAJOR, packagedNode } from './launch/root.mjs'

const root = resolve(import.meta.dirname, '..', '..')
const output = join(root, 'out', 'renderer')
const renderer = join(root, 'src-renderer')
/** What ends up in the console besides src-renderer: the pure layers, and what draws a PDF's page. */
const sources = [
  'src-renderer',
  'src-main/endpoints',
  'src-main/wire',
  'src-main/proof',
  'src-main/packs',
  'src-main/certificates',
  'src-main/documents',
  'vite.config.ts',
  'vite.verifier.config.ts',
  'package-lock.json',
  'src-main/cli/build-console.mjs',
]
/** What ends up in the verifier inside an HTML certificate. */
const verifierSources = [
  'src-renderer/verifier',
  'src-main/wire',
  'src-main/proof',
  'src-main/packs',
  'src-main/certificates',
  'vite.verifier.config.ts',
  'package-lock.json',
]
const generated = new Set(['paraglide', 'node_modules'])

function say(line) {
  process.stderr.write(`console: ${line}\n`)
}

function* filesUnder(path) {
  if (!existsSync(path)) return
  if (statSync(path).isFile()) {
    yield path
    return
  }
  for (const entry of readdirSync(path, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || generated.has(entry.name)) continue
    // The compiler of messages writes a text of its own beside what is ours.
    if (path.endsWith('.inlang') && entry.name !== 'settings.json') continue
    const child = join(path, entry.name)
    if (entry.isDirectory()) yield* filesUnder(child)
    else yield child
  }
}

function fingerprint(inputs) {
  const hash = createHash('sha256').update(process.version)
  for (const source of inputs) {
    for (const file of filesUnder(join(root, source))) {
      hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file))
    }
  }
  return hash.digest('hex')
}

/** The plugin is a local module: loaded from the network it would compile no messages, and say nothing. */
async function compileMessages() {
  const { compile } = await import('@inlang/paraglide-js')
  await compile({
    project: join(renderer, 'project.inlang'),
    outdir: join(renderer, 'paraglide'),
    strategy: ['globalVariable', 'baseLocale'],
    outputStructure: 'message-modules',
    isServer: 'false',
  })
  const known = Object.keys(JSON.parse(readFileSync(join(renderer, 'messages', 'en.json'), 'utf8'))).length
  const compiled =
    readFileSync(join(renderer, 'paraglide', 'messages', '_index.js'), 'utf8').split('export * from ').length - 1
  // The schema line of the file is no message.
  if (compiled !== known - 1) throw new Error(`${known - 1} messages are written, ${compiled} were compiled`)
  return compiled
}

async function buildConsole() {
  const started = Date.now()
  const messages = await compileMessages()
  say(`${messages} messages in English and German`)
  const { build: bundle } = await import('vite')
  await bundle({ configFile: join(root, 'vite.config.ts'), logLevel: 'warn' })
  const files = [...filesUnder(output)]
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
  say(
    `built ${files.length} files, ${Math.round(bytes / 1024)} KiB, in ${((Date.now() - started) / 1000).toFixed(1)} s`,
  )
}

/** One classic script. Without it no HTML certificate can be written. */
async function buildVerifier() {
  const started = Date.now()
  const { build: bundle } = await import('vite')
  await bundle({ configFile: join(root, 'vite.verifier.config.ts'), logLevel: 'error' })
  const bytes = statSync(join(root, 'out', 'verifier', 'offline.js')).size
  say(`built the offline verifier, ${Math.round(bytes / 1024)} KiB, in ${((Date.now() - started) / 1000).toFixed(1)} s`)
}

/** Builds unless the stamp of the last build says that nothing has changed since. */
async function buildWhenChanged({ what, made, stampFile, inputs, build }, force) {
  const stamp = fingerprint(inputs)
  const isCurrent = existsSync(made) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp
  if (isCurrent && !force) {
    say(`${what} unchanged`)
    return
  }
  say(`building ${what}`)
  await build()
  mkdirSync(join(root, 'out'), { recursive: true })
  writeFileSync(stampFile, stamp)
}

const targets = [
  {
    what: 'the offline verifier',
    made: join(root, 'out', 'verifier', 'offline.js'),
    stampFile: join(root, 'out', 'verifier.stamp'),
    inputs: verifierSources,
    build: buildVerifier,
  },
  {
    what: 'the console',
    made: join(output, 'index.html'),
    stampFile: join(root, 'out', 'renderer.stamp'),
    inputs: sources,
    build: buildConsole,
  },
]

async function main(options) {
  // Whoever calls it, a test too: what is built here is what is handed on.
  process.env.NODE_ENV = 'production'
  if (options.includes('--messages')) {
    await compileMessages()
    return
  }
  for (const target of targets) await buildWhenChanged(target, options.includes('--force'))
}

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
  if (!existsSync(packagedNode)) {
    say(`Node ${NODE_MAJOR} is missing: run \`npm ci\` first`)
    process.exit(1)
  }
  const { status } = spawnSync(packagedNode, [import.meta.filename, ...process.argv.slice(2)], { stdio: 'inherit' })
  process.exit(status ?? 1)
}
try {
  await main(process.argv.slice(2))
} catch (error) {
  say(`could not be built: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
