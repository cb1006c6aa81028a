/**
 * How cargo is called here: by the build of the addon, by the tests and by the checks alike, since other flags would
 * compile everything anew.
 *
 * Plain JavaScript without dependencies, because it runs under whatever Node the machine has (20 or newer), before
 * anything else of the project works.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const nativeDir = dirname(fileURLToPath(import.meta.url))
export const targetDir = process.env.CARGO_TARGET_DIR ?? join(nativeDir, 'target')
const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo')

/** The newest `rust-version` among the crates in Cargo.lock. */
const RUST_MINOR_MIN = 89

/** protoc of major version 3, as the crate `protobuf-build` carries it, by platform. */
const PROTOC_NAMES = {
  'linux-x64': 'protoc-linux-x86_64',
  'linux-arm64': 'protoc-linux-aarch_64',
  'linux-ppc64': 'protoc-linux-ppcle_64',
  'darwin-x64': 'protoc-osx-x86_64',
  'win32-x64': 'protoc-win32.exe',
  'win32-arm64': 'protoc-win32.exe',
  'win32-ia32': 'protoc-win32.exe',
}

/** Something the machine or the checkout lacks. The message says what, and how it is had. */
export class PreconditionError extends Error {}

/** @param {string} missing @returns {string} what to install */
export const installHint = (missing) =>
  [
    'the native part of Plumbline is Rust and is compiled once, on this machine.',
    `Missing: ${missing}`,
    'Install it with rustup (https://rustup.rs), or from the distribution where that is new enough, for instance',
    '  Debian, Ubuntu: apt install cargo      Fedora: dnf install cargo      macOS: brew install rust',
    'then run this command again.',
  ].join('\n')

/**
 * The environment for every call of cargo: rustup's folder on the path (a fresh install is not in every shell's yet), the
 * protoc of the crates, and flags without which the library would hold the names of this machine's folders.
 *
 * @returns {NodeJS.ProcessEnv}
 * @throws {PreconditionError} when cargo, its crates or protoc are missing, or Rust is too old
 */
export function cargoEnvironment() {
  const bin = join(cargoHome, 'bin')
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  const path = process.env[name] ?? ''
  const env = {
    ...process.env,
    [name]: existsSync(bin) ? `${path}${delimiter}${bin}` : path,
    CARGO_TERM_COLOR: 'never',
    CARGO_ENCODED_RUSTFLAGS: [...ownFlags(), ...remapping()].join('\x1f'),
  }
  requireCargo(env)
  return { ...env, PROTOC: process.env.PROTOC ?? bundledProtoc(env) }
}

/**
 * Panic messages hold the path of their source file. Named alike everywhere, so that two builds of the same sources are
 * the same bytes, whoever builds them and where. The last prefix that fits wins: the target folder lies in the first.
 */
function remapping() {
  const folders = { '/native': nativeDir, '/target': targetDir, '/cargo': cargoHome }
  return Object.entries(folders).map(([to, from]) => `--remap-path-prefix=${from}=${to}`)
}

/** What whoever calls has set for rustc. The encoded form, which wins over the plain one, lets folders hold spaces. */
function ownFlags() {
  const { CARGO_ENCODED_RUSTFLAGS: encoded, RUSTFLAGS: plain } = process.env
  return (encoded === undefined ? plain?.split(/\s+/) : encoded.split('\x1f'))?.filter((flag) => flag !== '') ?? []
}

/** @param {NodeJS.ProcessEnv} env */
function requireCargo(env) {
  const found = spawnSync('cargo', ['--version'], { cwd: nativeDir, env, encoding: 'utf8' })
  if (found.error || found.status !== 0) {
    throw new PreconditionError(installHint(`cargo (Rust 1.${RUST_MINOR_MIN} or newer).`))
  }
  const minor = Number(/^cargo 1\.(\d+)\./.exec(found.stdout)?.[1] ?? RUST_MINOR_MIN)
  if (minor < RUST_MINOR_MIN) {
    throw new PreconditionError(installHint(`Rust 1.${RUST_MINOR_MIN} or newer; here is ${found.stdout.trim()}.`))
  }
}

/**
 * `raft-proto` compiles its messages with a protoc of major version 3. Its build crate carries one
 * for the common platforms but does not use it by itself, so it is named here.
 *
 * @param {NodeJS.ProcessEnv} env
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
    throw new PreconditionError(
      'cargo could not fetch the crates named in native/Cargo.lock (see above). Check the network or the cargo proxy, then run this command again.',
    )
  }
  const crate = JSON.parse(metadata.stdout).packages.find(
    (/** @type {{name: string}} */ one) => one.name === 'protobuf-build',
  )
  const name = PROTOC_NAMES[/** @type {keyof typeof PROTOC_NAMES} */ (`${process.platform}-${process.arch}`)]
  const path = crate && name ? join(dirname(crate.manifest_path), 'bin', name) : null
  if (!path || !existsSync(path)) {
    throw new PreconditionError(
      `No protoc for ${process.platform}-${process.arch} comes with the crates. Install protoc of major version 3 (3.20 or 3.21), set PROTOC to its path, then run this command again.`,
    )
  }
  return path
}
