/** Builds what is built here, the addon and the console, once more in another folder, and compares the bytes. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { inRoot, packagedNode, root } from '../../src-main/cli/launch/root.mjs'

const ADDON = { script: 'native/build.mjs', made: ['native/plumbline.node'] }
const CONSOLE = { script: 'src-main/cli/build-console.mjs', made: ['out/renderer', 'out/verifier'] }
const NOT_COPIED = new Set([
  '.git',
  'node_modules',
  'out',
  'native/target',
  'native/plumbline.node',
  'src-renderer/paraglide',
])

/** @returns SHA-256 of each file below a path of `folder`, by its name there; empty where there is none */
export function fileHashes(folder: string, path: string): Map<string, string> {
  const whole = join(folder, path)
  const hash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')
  try {
    const names = readdirSync(whole, { recursive: true, withFileTypes: true })
    const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
    return new Map(files.toSorted().map((file) => [relative(folder, file), hash(file)]))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTDIR') return new Map([[path, hash(whole)]])
    if (code === 'ENOENT') return new Map()
    throw error
  }
}

/** @returns one line for each file that one side lacks or that differs */
export function differences(here: ReadonlyMap<string, string>, there: ReadonlyMap<string, string>): string[] {
  const names = [...new Set([...here.keys(), ...there.keys()])].toSorted()
  return names
    .filter((name) => here.get(name) !== there.get(name))
    .map((name) => `${name}: ${here.get(name) ?? 'not made'} here, ${there.get(name) ?? 'not made'} there`)
}

/** @returns the exit status: 1 when a byte differs */
export function checkReproducible(onlyConsole: boolean): number {
  const parts = onlyConsole ? [CONSOLE] : [ADDON, CONSOLE]
  if (onlyConsole) console.log(`${ADDON.made.join()} is not built again (without --console it is)`)
  // A name with a space, because paths must not matter in any way.
  const folder = mkdtempSync(join(tmpdir(), 'plumbline built elsewhere '))
  try {
    cpSync(root, folder, { recursive: true, filter: (path) => !NOT_COPIED.has(relative(root, path)) })
    symlinkSync(inRoot('node_modules'), join(folder, 'node_modules'))
    for (const { script } of parts) {
      const { CARGO_TARGET_DIR: _, ...env } = process.env
      const { status } = spawnSync(packagedNode, [join(folder, script)], { env, stdio: ['ignore', 2, 2] })
      if (status !== 0) throw new Error(`${script} failed in ${folder}; its own output is above`)
    }
    let isSame = true
    for (const path of parts.flatMap(({ made }) => made)) {
      const here = fileHashes(root, path)
      if (here.size === 0) throw new Error(`${path} is not built: npm run build`)
      const different = differences(here, fileHashes(folder, path))
      for (const line of different) console.log(`differs: ${line}`)
      if (different.length > 0) isSame = false
      else console.log(`same: ${path}, ${here.size === 1 ? [...here.values()][0] : `${here.size} files`}`)
    }
    return isSame ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
