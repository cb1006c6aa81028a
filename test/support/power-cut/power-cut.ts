/** Power cuts for real processes: what was synced is kept aside (shim.c) and put back in place of what was only written. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Why no power can be cut here; null where it can. */
export function noPowerCut(): string | null {
  if (process.platform !== 'linux') return 'power cuts need LD_PRELOAD, which this platform has not'
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' })
    return null
  } catch {
    return 'power cuts need a C compiler (cc)'
  }
}

export class PowerCut {
  readonly #folder = mkdtempSync(join(tmpdir(), 'plumbline-synced-'))
  readonly #synced = join(this.#folder, 'synced')
  readonly #shim = join(this.#folder, 'shim.so')

  constructor() {
    mkdirSync(this.#synced)
    const source = fileURLToPath(new URL('./shim.c', import.meta.url))
    execFileSync('cc', ['-shared', '-fPIC', '-O2', '-Wall', '-Werror', '-o', this.#shim, source, '-ldl', '-lpthread'])
  }

  /** Environment of a process whose files below `watched` are to lose what was not synced. */
  environment(watched: string): NodeJS.ProcessEnv {
    return { ...process.env, LD_PRELOAD: this.#shim, PLUMBLINE_WATCHED: watched, PLUMBLINE_SYNCED: this.#synced }
  }

  /** The process has ended: these files are now as they were when they were synced last; one that never was is gone. */
  cut(files: readonly string[]): void {
    for (const file of files) {
      const kept = join(this.#synced, file.replaceAll('/', '%'))
      if (existsSync(kept)) copyFileSync(kept, file)
      else rmSync(file, { force: true })
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
