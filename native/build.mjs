/**
 * Builds the native addon: `cargo build --release --locked`, then the library is copied to
 * `native/plumbline.node` in one rename, so that a running process keeps the file it opened.
 *
 * Plain JavaScript without dependencies, because it runs under whatever Node the machine has (20 or
 * newer), before anything else of the project works. `--force` builds even when nothing changed.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const nativeDir = dirname(fileURLToPath(import.meta.url))
const targetDir = process.env.CARGO_TARGET_DIR ?? join(nativeDir, 'target')
const output = join(nativeDir, 'plumbline.node')
const stampFile = join(nativeDir, 'target', 'plumbline.sources')

/** The newest `rust-version` among the crates in Cargo.lock. */
const RUST_MINOR_MIN = 89

const installHint = (missing) =>
  [
    'the native part of Plumbline is Rust and is compiled once, on this machine.',
    `Missing: ${missing}`,
    'Install it with rustup (https://rustup.rs), or from the distribution where that is new enough, for instance',
    '  Debian, Ubuntu: apt install cargo      Fedora: dnf install cargo      macOS: brew install rust',
    'then run this command again.',
  ].join('\n')

class BuildError extends Error {}

/** Every file that decides what the library is, in a fixed order. */
function sourceFiles(dir) {
  const files = []
  const entries = readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) {
      if (entry.name !== 'target' && entry.name !== 'tests') files.push(...sourceFiles(path))
    } else if (/\.rs$|^Cargo\.(toml|lock)$/.test(entry.name)) files.push(path)
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

/** The environment with rustup's default folder on the path: a fresh install is not in every shell's yet. */
function cargoEnvironment() {
  const cargoBin = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'bin')
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  const path = process.env[name] ?? ''
  return { ...process.env, [name]: existsSync(cargoBin) ? `${path}${delimiter}${cargoBin}` : path }
}

function requireCargo(env) {
  const found = spawnSync('cargo', ['--version'], { cwd: nativeDir, env, encoding: 'utf8' })
  if (found.error || found.status !== 0) {
    throw new BuildError(installHint(`cargo (Rust 1.${RUST_MINOR_MIN} or newer).`))
  }
  const minor = Number(/^cargo 1\.(\d+)\./.exec(found.stdout)?.[1] ?? RUST_MINOR_MIN)
  if (minor < RUST_MINOR_MIN) {
    throw new BuildError(installHint(`Rust 1.${RUST_MINOR_MIN} or newer; here is ${found.stdout.trim()}.`))
  }
}

/**
 * `raft-proto` compiles its messages with a protoc of major version 3. Its build crate carries one
 * for the common platforms but does not use it by itself, so it is named here. A PROTOC that is
 * already set wins.
 */
function bundledProtoc(env) {
  const metadata = spawnSync('cargo', ['metadata', '--format-version', '1', '--locked'], {
    cwd: nativeDir,
    env,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (metadata.status !== 0) {
    throw new BuildError(
      'cargo could not fetch the crates named in native/Cargo.lock (see above). Check the network or the cargo proxy, then run this command again.',
    )
  }
  const crate = JSON.parse(metadata.stdout).packages.find((pkg) => pkg.name === 'protobuf-build')
  const bin = crate ? join(dirname(crate.manifest_path), 'bin') : null
  const names = {
    'linux-x64': 'protoc-linux-x86_64',
    'linux-arm64': 'protoc-linux-aarch_64',
    'linux-ppc64': 'protoc-linux-ppcle_64',
    'darwin-x64': 'protoc-osx-x86_64',
    'win32-x64': 'protoc-win32.exe',
    'win32-arm64': 'protoc-win32.exe',
    'win32-ia32': 'protoc-win32.exe',
  }
  const name = names[`${process.platform}-${process.arch}`]
  const path = bin && name ? join(bin, name) : null
  if (!path || !existsSync(path)) {
    throw new BuildError(
      `No protoc for ${process.platform}-${process.arch} comes with the crates. Install protoc of major version 3 (3.20 or 3.21), set PROTOC to its path, then run this command again.`,
    )
  }
  return path
}

/** Runs cargo with its own progress lines on the terminal. */
function cargoBuild(env) {
  return new Promise((resolve, reject) => {
    const child = spawn('cargo', ['build', '--release', '--locked', '--package', 'plumbline-addon'], {
      cwd: nativeDir,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.on('error', () => reject(new BuildError(installHint('cargo.'))))
    child.on('exit', (code, signal) => {
      if (code === 0) resolve()
      else
        reject(
          new BuildError(
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
  requireCargo(env)
  console.log('native addon: compiling (the first time takes one to three minutes)')
  await cargoBuild({ ...env, PROTOC: env.PROTOC ?? bundledProtoc(env) })
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
  if (!(error instanceof BuildError)) throw error
  console.error(`native addon: ${error.message}`)
  process.exitCode = 1
}
