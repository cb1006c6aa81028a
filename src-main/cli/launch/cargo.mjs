import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { PreconditionError } from './preconditions.mjs'
import { inRoot } from './root.mjs'

/** protoc of major version 3, as the crate `protobuf-build` carries it, by platform. */
const PROTOC_NAMES = {
  'linux-x64': 'protoc-linux-x86_64',
  'linux-arm64': 'protoc-linux-aarch_64',
  'darwin-x64': 'protoc-osx-x86_64',
  'win32-x64': 'protoc-win32.exe',
}

/**
 * The environment in which cargo finds itself (rustup's folder is not in every shell's path) and its protoc.
 *
 * @returns {NodeJS.ProcessEnv}
 * @throws {PreconditionError} when cargo is missing
 */
export function cargoEnvironment() {
  const bin = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'bin')
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}${delimiter}${bin}`, CARGO_TERM_COLOR: 'never' }
  const version = spawnSync('cargo', ['--version'], { env, encoding: 'utf8' })
  if (version.status !== 0) {
    throw new PreconditionError(
      "Rust is missing: no cargo on the path. Install it from https://rustup.rs (or your system's package cargo), then run this again.",
    )
  }
  const protoc = process.env.PROTOC ?? bundledProtoc(env)
  return protoc === null ? env : { ...env, PROTOC: protoc }
}

/** @param {NodeJS.ProcessEnv} env @returns {string|null} */
function bundledProtoc(env) {
  const metadata = spawnSync('cargo', ['metadata', '--format-version', '1', '--locked'], {
    cwd: inRoot('native'),
    env,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  if (metadata.status !== 0) return null // cargo itself will say why, in the step that needs it
  const crate = JSON.parse(metadata.stdout).packages.find(
    (/** @type {{name: string}} */ one) => one.name === 'protobuf-build',
  )
  const name = PROTOC_NAMES[/** @type {keyof typeof PROTOC_NAMES} */ (`${process.platform}-${process.arch}`)]
  if (crate === undefined || name === undefined) return null
  const path = join(dirname(crate.manifest_path), 'bin', name)
  return existsSync(path) ? path : null
}
