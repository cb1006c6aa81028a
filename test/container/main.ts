/**
 * `npm run container-steps -- FOLDER`: the steps of the Containerfile, run in bare Debian roots made by debootstrap, for machines
 * that have no program to build images with. Needs root, debootstrap and Debian's archive. At its end the entry point runs as the
 * account of the image, and must record.
 *
 *   --rust FOLDER    take cargo and rustc from there (`bin/` inside) instead of fetching them with rustup
 *   --ca FILE        certificates to trust besides Debian's, where the way to the registries needs them
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { root as checkout } from '../../src-main/cli/launch/root.mjs'

const SUITE = 'trixie'
const RECORDS_WITHIN_MS = 30_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rust: { type: 'string' }, ca: { type: 'string' } },
})
const [folder] = positionals
if (folder === undefined) throw new Error('name a folder to make the roots in: npm run container-steps -- FOLDER')

/** One instruction of a Containerfile: `RUN`, `COPY`, ... with its text. */
interface Instruction {
  readonly verb: string
  readonly text: string
}

interface Stage {
  readonly name: string
  readonly instructions: Instruction[]
}

function stagesOf(file: string): Stage[] {
  const stages: Stage[] = []
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, verb, text] = /^([A-Z]+) (.+)$/.exec(line) ?? []
    if (verb === undefined || text === undefined) continue
    if (verb === 'FROM') stages.push({ name: / AS (\w+)$/.exec(text)?.[1] ?? 'last', instructions: [] })
    else stages.at(-1)?.instructions.push({ verb, text })
  }
  return stages
}

class Root {
  readonly path: string
  readonly #env: Record<string, string> = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }
  #folder = '/'
  #user: string | null = null

  constructor(path: string) {
    this.path = path
    if (!existsSync(path))
      execFileSync('debootstrap', ['--variant=minbase', SUITE, path], { stdio: ['ignore', 'ignore', 'inherit'] })
    for (const file of ['/etc/resolv.conf', '/etc/hosts']) copyFileSync(file, join(path, file))
    for (const mount of ['/proc', '/dev']) execFileSync('mount', ['--bind', mount, join(path, mount)])
    if (values.ca !== undefined) {
      copyFileSync(values.ca, join(path, 'ca.pem'))
      this.#env['NODE_EXTRA_CA_CERTS'] = '/ca.pem'
      this.#env['CARGO_HTTP_CAINFO'] = '/ca.pem'
    }
  }

  close(): void {
    for (const mount of ['/rust', '/dev', '/proc'])
      if (existsSync(join(this.path, mount))) spawnQuietly('umount', join(this.path, mount))
  }

  do({ verb, text }: Instruction, roots: ReadonlyMap<string, Root>): void {
    console.log(`${verb} ${text}`)
    if (verb === 'RUN') this.#run(text)
    else if (verb === 'WORKDIR') this.#enter(text)
    else if (verb === 'USER') this.#user = text
    else if (verb === 'ENV') this.#env[text.slice(0, text.indexOf('='))] = text.slice(text.indexOf('=') + 1)
    else if (verb === 'COPY') this.#copy(text, roots)
  }

  command(...words: string[]): { program: string; args: string[]; env: Record<string, string> } {
    const account = this.#user === null ? [] : [`--userspec=${this.#user}:${this.#user}`, `--groups=dialout`]
    return { program: 'chroot', args: [...account, this.path, ...words], env: this.#env }
  }

  #run(text: string): void {
    if (values.rust !== undefined && text.startsWith('rustup ')) return this.#bringRust(values.rust)
    const packages = values.rust === undefined ? text : text.replace(/ rustup\b/, '')
    const { program, args, env } = this.command('sh', '-ec', `cd ${this.#folder}; ${packages}`)
    execFileSync(program, args, {
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }

  #bringRust(rust: string): void {
    mkdirSync(join(this.path, 'rust'), { recursive: true })
    execFileSync('mount', ['--bind', rust, join(this.path, 'rust')])
    this.#env['PATH'] += ':/rust/bin'
  }

  #enter(path: string): void {
    this.#folder = path
    mkdirSync(join(this.path, path), { recursive: true })
  }

  #copy(text: string, roots: ReadonlyMap<string, Root>): void {
    const [, stage, from, to] = /^(?:--from=(\w+) )?(\S+) (\S+)$/.exec(text) ?? []
    if (from === undefined || to === undefined) throw new Error(`COPY ${text} is more than is understood here`)
    if (stage !== undefined) {
      cpSync(join(roots.get(stage)!.path, from), join(this.path, to), { recursive: true, verbatimSymlinks: true })
      return
    }
    const ignored = new Set(readFileSync(join(checkout, '.containerignore'), 'utf8').trim().split('\n'))
    cpSync(join(checkout, from), join(this.path, this.#folder, to), {
      recursive: true,
      filter: (path) => !ignored.has(relative(checkout, path)),
    })
  }
}

function spawnQuietly(program: string, ...args: string[]): void {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
  } catch {
    // Not mounted.
  }
}

/** Starts what the image starts and stops it as the image is stopped. */
async function startAndStop(image: Root): Promise<void> {
  const { program, args, env } = image.command('plumbline', 'start')
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const overdue = setTimeout(() => child.kill('SIGKILL'), RECORDS_WITHIN_MS)
  child.stdout.setEncoding('utf8').on('data', (said: string) => {
    process.stdout.write(said)
    if (said.includes('plumbline console prints')) child.kill('SIGTERM')
  })
  const [status, signal] = await once(child, 'exit')
  clearTimeout(overdue)
  if (status !== 0) throw new Error(`the image's own command ended with ${status ?? signal}`)
  const status2 = image.command('plumbline', 'status')
  spawnQuietly(status2.program, ...status2.args)
}

const roots = new Map<string, Root>()
try {
  for (const { name, instructions } of stagesOf(join(checkout, 'Containerfile'))) {
    const root = new Root(join(folder, name))
    roots.set(name, root)
    for (const instruction of instructions) root.do(instruction, roots)
  }
  await startAndStop(roots.get('last')!)
  console.log('every step ran, and what came of them started and stopped')
} finally {
  for (const root of roots.values()) root.close()
  console.log(`the roots are left in ${folder}`)
}
