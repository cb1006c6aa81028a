/**
 * Builds the native addon: `cargo build --release --locked`, then the library is copied to
 * `native/plumbline.node` in one rename, so that a running process keeps the file it opened.
 *
 * Plain JavaScript without dependencies, because it runs under whatever Node the machine has (20 or
 * newer), before anything else of the project works. `--force` builds even when nothing changed.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { cargoEnvironment, installHint, nativeDir, PreconditionError, targetDir } from './cargo.mjs'

const output = join(nativeDir, 'plumbline.node')
const stampFile = join(nativeDir, 'target', 'plumbline.sources')

/** Every file that decides what the library is, in a fixed order. */
function sourceFiles(dir) {
  const files = []
  const entries = readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) {
      if (entry.name !== 'target' && entry.name !== 'tests') files.push(...sourceFiles(path))
    } else if (/\.rs$|^Cargo\.(toml|lock)$|^cargo\.mjs$/.test(entry.name)) files.push(path)
  }
  return files
}

/** Names this machine too: a checkout carried to another one must not keep the library of the first. */
function sourcesHash() {
  const hash = createHash('sha256')
  hash.update(`${process.platform} ${process.arch}\n`)
  for (const path of sourceFiles(nativeDir)) {
    hash.update(`${relative(nativeDir, path)}\n`)
    hash.update(createHash('sha256').update(readFileSync(path)).digest())
  }
  return hash.digest('hex')
}

/** Runs cargo with its own progress lines on the terminal. */
function cargoBuild(env) {
  return new Promise((resolve, reject) => {
    const child = spawn('cargo', ['build', '--release', '--locked', '--package', 'plumbline-addon'], {
      cwd: nativeDir,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.on('error', () => reject(new PreconditionError(installHint('cargo.'))))
    child.on('exit', (code, signal) => {
      if (code === 0) resolve()
      else
        reject(
          new PreconditionError(
            `cargo build stopped (${signal ?? `status ${code}`}); its own message is above. A C linker is needed too: Debian, Ubuntu: apt install build-essential.`,
          ),
        )
    })
  })
}

function libraryPath() {
  const name =
    { win32: 'plumbline_addon.dll', darwin: 'libplumbline_addon.dylib' }[process.platform] ?? 'libplumbline_addon.so'
  return join(targetDir, 'release', name)
}

async function main() {
  const started = Date.now()
  const hash = sourcesHash()
  const isForced = process.argv.includes('--force')
  if (!isForced && existsSync(output) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hash) {
    console.log('native addon: up to date')
    return
  }
  const env = cargoEnvironment()
  console.log('native addon: compiling (the first time takes one to three minutes)')
  await cargoBuild(env)
  const staged = `${output}.${process.pid}`
  copyFileSync(libraryPath(), staged)
  renameSync(staged, output)
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, hash)
  console.log(
    `native addon: built in ${Math.round((Date.now() - started) / 1000)} s -> ${relative(process.cwd(), output)}`,
  )
}

try {
  await main()
} catch (error) {
  if (!(error instanceof PreconditionError)) throw error
  console.error(`native addon: ${error.message}`)
  process.exitCode = 1
}
