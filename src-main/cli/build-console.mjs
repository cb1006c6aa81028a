/**
 * Builds the console into out/renderer: messages by paraglide, then vite. Skips at once when nothing has changed.
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

const root = resolve(import.meta.dirname, '..', '..')
const output = join(root, 'out', 'renderer')
const stampFile = join(root, 'out', 'renderer.stamp')
const renderer = join(root, 'src-renderer')
/** What ends up in the console besides src-renderer: the pure layers. */
const sources = [
  'src-renderer',
  'src-main/endpoints',
  'src-main/wire',
  'src-main/proof',
  'src-main/packs',
  'src-main/certificates',
  'vite.config.ts',
  'package-lock.json',
  'src-main/cli/build-console.mjs',
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
    const child = join(path, entry.name)
    if (entry.isDirectory()) yield* filesUnder(child)
    else yield child
  }
}

function fingerprint() {
  const hash = createHash('sha256').update(process.version)
  for (const source of sources) {
    for (const file of filesUnder(join(root, source))) {
      hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file))
    }
  }
  return hash.digest('hex')
}

function isCurrent(stamp) {
  return existsSync(join(output, 'index.html')) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp
}

/** The plugin is a local module: loaded from the network it would compile no messages, and say nothing. */
async function compileMessages() {
  const { compile } = await import('@inlang/paraglide-js')
  await compile({
    project: join(renderer, 'project.inlang'),
    outdir: join(renderer, 'paraglide'),
    strategy: ['globalVariable', 'baseLocale'],
    outputStructure: 'locale-modules',
    isServer: 'false',
  })
  const known = Object.keys(JSON.parse(readFileSync(join(renderer, 'messages', 'en.json'), 'utf8'))).length
  const compiled = readFileSync(join(renderer, 'paraglide', 'messages', 'en.js'), 'utf8').split('export const ').length - 1
  // The schema line of the file is no message.
  if (compiled !== known - 1) throw new Error(`${known - 1} messages are written, ${compiled} were compiled`)
  return compiled
}

async function build() {
  const started = Date.now()
  const messages = await compileMessages()
  say(`${messages} messages in English and German`)
  const { build: bundle } = await import('vite')
  await bundle({ configFile: join(root, 'vite.config.ts'), logLevel: 'warn' })
  const files = [...filesUnder(output)]
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
  say(`built ${files.length} files, ${Math.round(bytes / 1024)} KiB, in ${((Date.now() - started) / 1000).toFixed(1)} s`)
}

async function main(options) {
  if (options.includes('--messages')) {
    await compileMessages()
    return
  }
  const stamp = fingerprint()
  if (!options.includes('--force') && isCurrent(stamp)) {
    say('unchanged')
    return
  }
  say('building')
  await build()
  mkdirSync(join(root, 'out'), { recursive: true })
  writeFileSync(stampFile, stamp)
}

if (Number(process.versions.node.split('.')[0]) < 24) {
  const packaged = join(root, 'node_modules', '.bin', 'node')
  if (!existsSync(packaged)) {
    say('Node 24 is missing: run `npm ci` first')
    process.exit(1)
  }
  const { status } = spawnSync(packaged, [import.meta.filename, ...process.argv.slice(2)], { stdio: 'inherit' })
  process.exit(status ?? 1)
}
try {
  await main(process.argv.slice(2))
} catch (error) {
  say(`could not be built: ${error instanceof Error ? error.message : error}`)
  process.exit(1)
}
