/** Runs the command line as a technician's script would: a process, its standard output, its exit status. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src-main/cli/main.ts', import.meta.url))
const LAUNCHER = fileURLToPath(new URL('../../src-main/cli/plumbline.mjs', import.meta.url))
/** Each question is a process of its own, and costs what is waited for. */
const ASK_AGAIN_MS = 1_000
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024

export interface Ended {
  status: number
  stdout: string
  stderr: string
}

/** Runs one command to its end. */
export function plumbline(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { maxBuffer: OUTPUT_BYTES_MAX }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ status, stdout, stderr })
    })
  })
}

/** The JSON document of a command that takes --json. */
export async function plumblineJson<T>(...args: string[]): Promise<{ status: number; document: T }> {
  const ended = await plumbline(...args, '--json')
  try {
    return { status: ended.status, document: JSON.parse(ended.stdout) as T }
  } catch {
    throw new Error(
      `plumbline ${args.join(' ')} ended with ${ended.status} and no JSON: ${ended.stdout}${ended.stderr}`,
    )
  }
}

/** A command that goes on: a demo, a gateway. */
export class Running {
  readonly child: ChildProcess
  output = ''
  readonly ended: Promise<number | null>

  private constructor(child: ChildProcess) {
    this.child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8')
      stream?.on('data', (text: string) => {
        this.output += text
      })
    }
    this.ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)))
  }

  /** `isLaunched`: through the launcher, as `npm start` does. */
  static start(args: string[], options: { isLaunched?: boolean } = {}): Running {
    const program = options.isLaunched === true ? LAUNCHER : MAIN
    return new Running(spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }))
  }

  /** Waits for a line and returns the match. */
  async line(pattern: RegExp, withinMs = 90_000): Promise<RegExpExecArray> {
    const from = performance.now()
    for (;;) {
      const found = pattern.exec(this.output)
      if (found !== null) return found
      if (this.child.exitCode !== null)
        throw new Error(`ended with ${this.child.exitCode} before ${pattern}:\n${this.output}`)
      if (performance.now() - from > withinMs) throw new Error(`no ${pattern} within ${withinMs} ms:\n${this.output}`)
      await pause(50)
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Asks again and again until the answer is good; throws with the last one when it takes too long. */
export async function until<T>(
  what: string,
  withinMs: number,
  ask: () => Promise<T>,
  good: (answer: T) => boolean,
): Promise<T> {
  const from = performance.now()
  for (;;) {
    const answer = await ask()
    if (good(answer)) return answer
    if (performance.now() - from > withinMs)
      throw new Error(`${what} did not come within ${withinMs} ms; last: ${JSON.stringify(answer)}`)
    await pause(ASK_AGAIN_MS)
  }
}

/** True while a process of this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
