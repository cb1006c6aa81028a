/** Three gateways in one channel, each a process of its own with its own folder and real TLS between them, under load. */
import { fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { portToKeep } from '../port-to-keep.ts'
import type { LedgerWorkerData } from '../../../src-main/gateway/channel/ledger-loop.ts'
import { prepareTogether } from '../../../src-main/gateway/folder/setup.ts'
import type { FromLoad, ToLoad } from './load-gateway.ts'

export type Figures = Extract<FromLoad, { type: 'figures' }>
export type Acknowledged = Extract<FromLoad, { type: 'acknowledged' }>

const NAMES = ['gw-1', 'gw-2', 'gw-3']

export class PlantOfThree {
  readonly folder: string
  readonly acknowledged: Acknowledged[] = []
  readonly ledgers: string[]
  readonly #loads: string[]
  readonly #environment: NodeJS.ProcessEnv
  #children: ChildProcess[] = []

  private constructor(folder: string, ledgers: string[], loads: string[], environment: NodeJS.ProcessEnv) {
    this.folder = folder
    this.#environment = environment
    this.ledgers = ledgers
    this.#loads = loads
  }

  /** `environment`: of the gateways' processes, by the folder that everything of theirs lies in. */
  static async start(
    closeAfterMs: number,
    environment: (folder: string) => NodeJS.ProcessEnv = () => process.env,
  ): Promise<PlantOfThree> {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-load-'))
    const members = NAMES.map((name) => ({ name, legalName: 'Load' }))
    const folders = prepareTogether(folder, { name: 'Load', site: 'Load', simulated: true, members }, Date.now() * 1000)
    const ports = await Promise.all(members.map(() => portToKeep()))
    const loads = folders.map((gateway, i) => {
      const data: LedgerWorkerData = {
        name: NAMES[i] ?? '',
        version: 'load',
        keysDir: gateway.keys,
        genesisFile: gateway.genesis,
        ledgerFile: gateway.ledger,
        agreement: gateway.agreement,
        evidence: gateway.evidence,
        repair: gateway.repair,
        listen: { host: '127.0.0.1', port: ports[i] ?? 0 },
        peers: NAMES.flatMap((name, j) => (i === j ? [] : [{ name, host: '127.0.0.1', port: ports[j] ?? 0 }])),
        limits: { batchReadingsMax: 500, closeAfterMs, queueBytesMax: 2_000_000_000 },
        cosigning: true,
        rebuild: null,
      }
      const file = join(gateway.root, 'load.json')
      writeFileSync(file, JSON.stringify(data))
      return file
    })
    const plant = new PlantOfThree(
      folder,
      folders.map((gateway) => gateway.ledger),
      loads,
      environment(folder),
    )
    await Promise.all(NAMES.map((_, i) => plant.startOne(i)))
    return plant
  }

  /** Starts one gateway, for the first time or again. */
  async startOne(i: number): Promise<void> {
    const program = fileURLToPath(new URL('./load-gateway.ts', import.meta.url))
    const child = fork(program, [this.#loads[i] as string], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [],
      env: this.#environment,
    })
    this.#children[i] = child
    child.on('message', (message: FromLoad) => {
      if (message.type === 'acknowledged') this.acknowledged.push(message)
    })
    await answer(child, 'ready')
  }

  /** Ends one gateway as a power cut would. */
  async kill(i: number): Promise<void> {
    const child = this.#children[i] as ChildProcess
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill('SIGKILL')
    await gone
  }

  tell(message: ToLoad, only?: number): void {
    for (const child of this.#running) if (only === undefined || child === this.#children[only]) child.send(message)
  }

  /** Of all that run. */
  async figures(): Promise<Figures[]> {
    const answers = Promise.all(this.#running.map((child) => answer(child, 'figures')))
    this.tell({ type: 'figures' })
    return (await answers) as Figures[]
  }

  /** Bytes of the first gateway's database with its write-ahead log. */
  diskBytes(): number {
    return ['', '-wal'].reduce(
      (sum, suffix) => sum + (statSync(`${this.ledgers[0]}${suffix}`, { throwIfNoEntry: false })?.size ?? 0),
      0,
    )
  }

  /** Ends all gateways cleanly; their folders stay until `remove`. */
  async stop(): Promise<void> {
    const running = this.#running
    const gone = running.map((child) => new Promise<void>((resolve) => child.once('exit', () => resolve())))
    for (const child of running) child.send({ type: 'stop' } satisfies ToLoad)
    await Promise.all(gone)
  }

  get #running(): ChildProcess[] {
    return this.#children.filter((child) => child.exitCode === null && child.signalCode === null)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function answer(child: ChildProcess, type: FromLoad['type']): Promise<FromLoad> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`a gateway ended with status ${code}`))
    const onMessage = (message: FromLoad): void => {
      if (message.type === 'fatal') reject(new Error(message.message))
      if (message.type !== type) return
      child.off('message', onMessage)
      child.off('exit', onExit)
      resolve(message)
    }
    child.on('message', onMessage)
    child.once('exit', onExit)
  })
}
