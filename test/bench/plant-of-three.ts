/** Three gateways in one channel, each a process of its own with its own folder, for measuring. */
import { fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src-main/cli/free-port.ts'
import type { LedgerWorkerData } from '../../src-main/gateway/ledger-worker.ts'
import { prepareTogether } from '../../src-main/gateway/setup.ts'
import type { FromLoad, ToLoad } from './load-gateway.ts'

export type Figures = Extract<FromLoad, { type: 'figures' }>

export class PlantOfThree {
  readonly folder: string
  readonly #children: ChildProcess[]
  readonly #files: string[]

  private constructor(folder: string, children: ChildProcess[], files: string[]) {
    this.folder = folder
    this.#children = children
    this.#files = files
  }

  static async start(sealAfterMs: number): Promise<PlantOfThree> {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'))
    const members = ['gw-1', 'gw-2', 'gw-3'].map((name) => ({ name, legalName: 'Bench' }))
    const folders = prepareTogether(folder, { name: 'Bench', site: 'Bench', simulated: true, members }, Date.now() * 1000)
    const ports = await Promise.all(members.map(() => freePort()))
    const children = folders.map((gateway, i) => {
      const data: LedgerWorkerData = {
        name: members[i]?.name ?? '',
        version: 'bench',
        keysDir: gateway.keys,
        genesisFile: gateway.genesis,
        ledgerFile: gateway.ledger,
        listen: { host: '127.0.0.1', port: ports[i] ?? 0 },
        peers: members.flatMap(({ name }, j) => (i === j ? [] : [{ name, host: '127.0.0.1', port: ports[j] ?? 0 }])),
        limits: { batchReadingsMax: 500, sealAfterMs, queueBytesMax: 2_000_000_000 },
      }
      const file = join(gateway.root, 'load.json')
      writeFileSync(file, JSON.stringify(data))
      return fork(fileURLToPath(new URL('./load-gateway.ts', import.meta.url)), [file], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    })
    await Promise.all(children.map((child) => answer(child, 'ready')))
    return new PlantOfThree(folder, children, folders.map((gateway) => gateway.ledger))
  }

  tell(message: ToLoad): void {
    for (const child of this.#children) child.send(message)
  }

  async figures(): Promise<Figures[]> {
    const answers = Promise.all(this.#children.map((child) => answer(child, 'figures')))
    this.tell({ type: 'figures' })
    return (await answers) as Figures[]
  }

  /** Bytes of the first gateway's database with its write-ahead log. */
  diskBytes(): number {
    return ['', '-wal'].reduce((sum, suffix) => sum + (statSync(`${this.#files[0]}${suffix}`, { throwIfNoEntry: false })?.size ?? 0), 0)
  }

  async stop(): Promise<void> {
    const gone = this.#children.map((child) => new Promise<void>((resolve) => child.once('exit', () => resolve())))
    this.tell({ type: 'stop' })
    await Promise.all(gone)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function answer(child: ChildProcess, type: FromLoad['type']): Promise<FromLoad> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: FromLoad): void => {
      if (message.type === 'fatal') reject(new Error(message.message))
      if (message.type !== type) return
      child.off('message', onMessage)
      resolve(message)
    }
    child.on('message', onMessage)
    child.once('exit', (code) => reject(new Error(`a gateway ended with status ${code}`)))
  })
}
