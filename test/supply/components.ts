/** Everything that others wrote and this product is made of or built with, read from its two lock files. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cargoEnvironment, nativeDir } from '../../native/cargo.mjs'
import { inRoot } from '../../src-main/cli/launch/root.mjs'

export interface Component {
  readonly ecosystem: 'npm' | 'cargo'
  readonly name: string
  readonly version: string
  /** SPDX expression as its author states it; null where nothing is stated. */
  readonly licence: string | null
  /** Of the archive as the registry hands it out; null where the lock file has none. */
  readonly hash: { readonly algorithm: 'SHA-512' | 'SHA-256'; readonly hex: string } | null
  /** Needed to build or to test. Parts of some are compiled into the console (Svelte, uPlot), so they are listed alike. */
  readonly isDevelopment: boolean
  /** Asks to run a script of its own while it is installed. */
  readonly hasInstallScript: boolean
}

interface LockedPackage {
  readonly name?: string
  readonly version: string
  readonly license?: string
  readonly integrity?: string
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
}

/** @param lockFile text of a package-lock.json of version 3 */
export function npmComponents(lockFile: string): Component[] {
  const { packages } = JSON.parse(lockFile) as { packages: Record<string, LockedPackage> }
  const components = Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, locked]): Component => {
      const sha512 = /^sha512-(\S+)$/.exec(locked.integrity ?? '')?.[1]
      return {
        ecosystem: 'npm',
        // An alias (`typescript-7`) is installed under another name than its package's.
        name: locked.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
        version: locked.version,
        licence: locked.license ?? null,
        hash:
          sha512 === undefined ? null : { algorithm: 'SHA-512', hex: Buffer.from(sha512, 'base64').toString('hex') },
        isDevelopment: locked.dev === true,
        hasInstallScript: locked.hasInstallScript === true,
      }
    })
  // One version may be installed at several places of the tree.
  const once = new Map<string, Component>()
  for (const component of components) {
    const key = `${component.name}@${component.version}`
    const before = once.get(key)
    once.set(key, before === undefined || before.isDevelopment ? component : before)
  }
  return [...once.values()]
}

interface Crate {
  readonly name: string
  readonly version: string
  readonly license: string | null
  readonly source: string | null
}

/**
 * @param lockFile text of a Cargo.lock, which has the hashes
 * @param metadata what `cargo metadata` prints, which has the licences
 */
export function cargoComponents(lockFile: string, metadata: string): Component[] {
  const hashes = new Map<string, string>()
  for (const block of lockFile.split('[[package]]').slice(1)) {
    const field = (name: string) => new RegExp(`^${name} = "(.*)"$`, 'm').exec(block)?.[1]
    const checksum = field('checksum')
    if (checksum !== undefined) hashes.set(`${field('name')}@${field('version')}`, checksum)
  }
  const { packages } = JSON.parse(metadata) as { packages: Crate[] }
  return packages
    .filter((crate) => crate.source !== null)
    .map(({ name, version, license }) => {
      const hex = hashes.get(`${name}@${version}`)
      return {
        ecosystem: 'cargo',
        name,
        version,
        // Before SPDX, crates wrote "either" as a slash.
        licence: license?.replaceAll('/', ' OR ') ?? null,
        hash: hex === undefined ? null : { algorithm: 'SHA-256', hex },
        isDevelopment: false,
        hasInstallScript: false,
      }
    })
}

/** Of this checkout, in order of ecosystem, name and version. */
export function allComponents(): Component[] {
  const metadata = execFileSync('cargo', ['metadata', '--format-version', '1', '--locked'], {
    cwd: nativeDir,
    env: cargoEnvironment(),
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const crates = cargoComponents(readFileSync(inRoot('native/Cargo.lock'), 'utf8'), metadata)
  const packages = npmComponents(readFileSync(inRoot('package-lock.json'), 'utf8'))
  return [...crates, ...packages].toSorted((a, b) => (purl(a) < purl(b) ? -1 : 1))
}

/** Package URL (purl specification, types `npm` and `cargo`). */
export function purl({ ecosystem, name, version }: Component): string {
  return `pkg:${ecosystem}/${name.replace('@', '%40')}@${encodeURIComponent(version)}`
}
