import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout under test. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * A folder that looks like the checkout: its configuration, its node_modules, and whatever a test plants. Checks run
 * there exactly as `npm run check` runs them here.
 */
export class PlantedTree {
  readonly folder = mkdtempSync(join(tmpdir(), 'plumbline-planted-'))

  /** @param copied files and folders of the checkout to bring along */
  constructor(copied: readonly string[]) {
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'))
    for (const path of ['package.json', ...copied]) {
      cpSync(join(root, path), join(this.folder, path), { recursive: true })
    }
  }

  plant(path: string, content: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true })
    writeFileSync(join(this.folder, path), content)
  }

  remove(path: string): void {
    rmSync(join(this.folder, path))
  }

  /** Runs a tool of node_modules in the planted tree. */
  run(script: string, args: readonly string[]): Promise<{ status: number; output: string }> {
    return runTool(this.folder, script, args)
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** @returns the exit status and both outputs together */
export function runTool(
  cwd: string,
  script: string,
  args: readonly string[],
): Promise<{ status: number; output: string }> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [join(root, 'node_modules', script), ...args],
      { cwd, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== 'number') reject(error)
        else resolve({ status: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr })
      },
    )
  })
}
