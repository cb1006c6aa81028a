import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { randomInt } from 'node:crypto'
import { stringify } from 'yaml'
import { messageOf } from '../wire/plumbline-error.ts'
import { People } from '../api/people.ts'
import { roles } from '../endpoints/model.ts'
import { gatewayFolder, makeFolder } from '../gateway/folder/data-folder.ts'
import { readRuntime } from '../gateway/folder/runtime-file.ts'
import { GatewayError } from '../gateway/error.ts'
import { guardFolder, guardParent } from '../gateway/folder/folder-guard.ts'
import { prepareTogether } from '../gateway/folder/setup.ts'
import { nowUs } from '../gateway/wall-clock.ts'
import { demoPlant, type DemoPlant } from '../simulator/demo-plant.ts'
import { FillingLots } from '../simulator/filling-lots.ts'
import type { SaidByPerson } from '../endpoints/person-calls.ts'
import { call } from './daemon-client.ts'
import { lotClerk, noteLine } from './demo-lots.ts'
import { dataOption, type Command, type Invocation } from './command.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { freePort } from './free-port.ts'
import { statusReport } from './status.ts'
import { StopWish } from './stop-wish.ts'
import { Supervisor } from './supervisor.ts'
import { tamper } from './tamper-drill.ts'

const PORT = 7080
const SITE = 'Hall 2, Kulmbach'
const LEGAL_NAME = 'Quellhof Getränke GmbH (demo)'
/** No public address: a code on paper that leads nowhere is worse than one that says so. Made up, like the plant: names under .example and these numbers belong to nobody. */
const ISSUER = {
  address: 'Am Quellhof 4, 95326 Kulmbach, Germany',
  contact: 'Fleet: K. Pohl, +49 9221 000 144, fleet@quellhof.example',
}
const DRILL_AFTER_MS = 10_000
const RETRY_MS = 2_000
const DRILL_WATCHED_MS = 1_000
/** A visitor sees the changed byte, and repairs it with the button, before it is repaired by itself. */
const SHOWN_MS = 600_000

const ENROL_TRIES = 30
/** Who states the lots' plans, at the gateway that reads the checkweigher. */
const LOTS_BY = 'M. Lindner'
const LOTS_AT = 'gw-fill-1'

interface NewPerson {
  name: string
  passphrase: string
}

export const demo: Command = {
  name: 'demo',
  usage: 'demo [--data DIR] [--drill tamper] [--port N]',
  summary:
    'Runs a demo plant: three gateways in one channel, and simulated machines with real protocol endpoints.\nCtrl+C stops everything; starting again goes on with the same ledger.',
  options: {
    drill: {
      type: 'string',
      value: 'tamper',
      help: 'change one recorded byte of one gateway while it runs, to see it noticed',
    },
    port: {
      type: 'string',
      value: 'N',
      help: `port of the first console (default: ${PORT}; the next free one if it is taken)`,
    },
  },
  async run(invocation) {
    const port = portOf(invocation)
    const drill = invocation.text('drill')
    if (drill !== undefined && drill !== 'tamper')
      throw new UsageError(`there is no drill "${drill}"`, 'The drill is: tamper.')
    return await new Demo(invocation, port, drill === 'tamper').run()
  },
}

function portOf(invocation: Invocation): number {
  const text = invocation.text('port') ?? String(PORT)
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_000)
    throw new UsageError(`--port ${text} is no port`, 'Give a number from 1 to 65000.')
  return port
}

class Demo {
  readonly #invocation: Invocation
  readonly #port: number
  readonly #drill: boolean
  /** Why the drill can't be run yet, as last said. */
  #drillWaits = ''
  #plant: DemoPlant | null = null
  #supervisor: Supervisor | null = null
  #lots: FillingLots | null = null
  #end: (status: number) => void = () => {}
  #ready = new Map<string, string>()
  /** Those that ended before they were ever ready. */
  readonly #broken = new Set<string>()
  #announced = false
  #stopping = false
  /** The people of a new plant, an admin first; none where it goes on. */
  #newPeople: readonly NewPerson[] = []

  constructor(invocation: Invocation, port: number, drill: boolean) {
    this.#invocation = invocation
    this.#port = port
    this.#drill = drill
  }

  async run(): Promise<number> {
    const { data, say } = this.#invocation
    const ended = new Promise<number>((resolve) => {
      this.#end = resolve
    })
    const wish = new StopWish(
      () => void this.#stop(),
      () => this.#supervisor?.sayWhatLasts(),
    )
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => wish.again(performance.now()))
    makeFolder(data)
    guardParent(data)
    refuseSecond(data)
    say(`Data folder: ${data}`)
    say('Starting the plant simulator ...')
    this.#plant = await demoPlant({ dir: join(data, 'plant'), nowUs, log: say })
    await this.#startGateways()
    const status = await ended
    say('Stopped. Everything recorded is kept; start again to go on.')
    return status
  }

  async #startGateways(): Promise<void> {
    const { data, say } = this.#invocation
    const plant = this.#plant as DemoPlant
    const members = plant.gateways.map(({ name }) => ({ name, legalName: LEGAL_NAME }))
    const folders = prepareTogether(data, { name: 'Demo plant', site: SITE, simulated: true, members }, nowUs())
    // Before people are added: a list that another account has put there would become this one's.
    for (const line of folders.flatMap((folder) => guardFolder(folder))) say(line)
    const peerPorts = await Promise.all(members.map(() => freePort()))
    const consolePorts = await this.#consolePorts(members.length)
    const specs = plant.gateways.map((gateway, i) => {
      const configFile = (folders[i] as { config: string }).config
      writeFileSync(configFile, stringify(this.#configOf(gateway, i, peerPorts, consolePorts)), { mode: 0o600 })
      return { name: gateway.name, configFile, data: join(data, gateway.name) }
    })
    const people = await this.#people(folders.map((folder) => folder.people))
    if (this.#stopping) return
    say(`Starting ${specs.length} gateways ...`)
    this.#supervisor = new Supervisor(specs, {
      onLine: say,
      onReady: (name, message) => this.#isReady(name, message, people),
      onBroken: (name) => {
        this.#broken.add(name)
        this.#announce(people)
      },
    })
    this.#supervisor.start()
  }

  /** The first free ones from the wanted port on: each gateway is told one of its own, so that none takes that of another. */
  async #consolePorts(count: number): Promise<number[]> {
    const ports: number[] = []
    for (let next = this.#port; ports.length < count; next = (ports.at(-1) ?? next) + 1)
      ports.push(await freePort(next))
    const [first] = ports
    if (first !== this.#port)
      this.#invocation.say(`Port ${this.#port} is in use; the first console is on port ${first}.`)
    return ports
  }

  #configOf(
    gateway: DemoPlant['gateways'][number],
    i: number,
    peerPorts: number[],
    consolePorts: number[],
  ): Record<string, unknown> {
    const plant = this.#plant as DemoPlant
    return {
      name: gateway.name,
      site: SITE,
      legalName: LEGAL_NAME,
      issuer: ISSUER,
      timeZone: 'Europe/Berlin',
      console: { host: '127.0.0.1', port: consolePorts[i] },
      peers: {
        listen: { host: '127.0.0.1', port: peerPorts[i] },
        members: plant.gateways.flatMap(({ name }, j) =>
          i === j ? [] : [{ name, host: '127.0.0.1', port: peerPorts[j], consoleHost: '127.0.0.1' }],
        ),
      },
      batch: { maxReadings: 500, sealAfterMs: 1_000 },
      audit: { healAfterMs: SHOWN_MS },
      sources: gateway.sources,
      assets: gateway.assets,
      imports: gateway.imports,
    }
  }

  /** Three people with passphrases made for this data folder; printed, and kept where only this user can read them. */
  async #people(files: string[]): Promise<string[]> {
    const note = this.#note
    if (existsSync(note) && files.every((path) => existsSync(path))) return [`People and passphrases: ${note}`]
    const demoPeople = [
      { name: 'A. Berger', role: 'technician', passphrase: passphrase() },
      { name: LOTS_BY, role: 'site-manager', passphrase: passphrase() },
      { name: 'R. Hofmann', role: 'member-admin', passphrase: passphrase() },
    ] as const
    for (const path of files) {
      const people = People.open(path, roles)
      for (const person of demoPeople)
        if (people.has(person.name)) await people.reset(person.name, person.passphrase)
        else await people.enrol(person)
    }
    this.#newPeople = demoPeople.map(({ name, passphrase: secret }) => ({ name, passphrase: secret })).toReversed()
    writeFileSync(note, demoPeople.map(({ name, role, passphrase: secret }) => noteLine(name, role, secret)).join(''), {
      mode: 0o600,
    })
    return demoPeople.map(({ name, role, passphrase: secret }) => `  ${name}, ${role}: ${secret}`)
  }

  #isReady(name: string, message: { url: string; signInUrl: string; notes: string[] }, people: string[]): void {
    const { say } = this.#invocation
    for (const note of message.notes) say(`${name}: ${note}`)
    if (this.#ready.has(name)) say(`${name} runs again: ${message.url}`)
    this.#ready.set(name, message.signInUrl)
    this.#broken.delete(name)
    this.#announce(people)
  }

  /** Once each gateway runs or has shown that it does not. */
  #announce(people: string[]): void {
    const { say } = this.#invocation
    const gateways = this.#plant?.gateways ?? []
    const [first, ...others] = gateways.flatMap(({ name }) => {
      const url = this.#ready.get(name)
      return url === undefined ? [] : [{ name, url }]
    })
    if (this.#announced || first === undefined) return
    if (gateways.some(({ name }) => !this.#ready.has(name) && !this.#broken.has(name))) return
    this.#announced = true
    for (const { name, url } of others) say(`  ${name}: ${url.split('#')[0]}`)
    for (const name of this.#broken)
      say(
        `  ${name} does not start: see what it said above. It is tried again and again; the others record without it.`,
      )
    say(`Console: ${first.url}`)
    say('The link signs you in once, within ten minutes. Or sign in by name:')
    for (const line of people) say(line)
    say('Ctrl+C stops everything.')
    void this.#enrolOnLedger(first.name).then(() => this.#fillLots())
    if (this.#drill) setTimeout(() => void this.#runDrill(), DRILL_AFTER_MS)
  }

  /** Where the people's passphrases are kept. */
  get #note(): string {
    return join(this.#invocation.data, 'sign-in.txt')
  }

  async #fillLots(): Promise<void> {
    const { plant } = this.#plant as DemoPlant
    if (this.#stopping || !plant.endpoints.checkweigher.present) return
    const clerk = lotClerk(join(this.#invocation.data, LOTS_AT), this.#note, LOTS_BY)
    const { say } = this.#invocation
    this.#lots = new FillingLots({ checkweigher: plant.checkweigher, clerk, nowUs, pause, say })
    await this.#lots.run()
  }

  /** At the first gateway they sign on the ledger, too: its admin by the gateway's word, the others by the admin's. */
  async #enrolOnLedger(gateway: string): Promise<void> {
    const [admin] = this.#newPeople
    for (const person of this.#newPeople)
      if (!(await this.#enrol(gateway, person, person === admin ? null : (admin ?? null)))) return
  }

  /** Again while there is no majority yet. True once the ledger knows the person. */
  async #enrol(gateway: string, person: NewPerson, by: NewPerson | null): Promise<boolean> {
    let why = ''
    for (let i = 0; i < ENROL_TRIES && !this.#stopping; i++) {
      try {
        const runtime = readRuntime(gatewayFolder(join(this.#invocation.data, gateway)).runtime)
        if (runtime === null) return false
        const said = await call<SaidByPerson>(runtime, 'POST', '/api/persons', { person, by })
        if (said.outcome === 'accepted' || said.refused === 'key-known') return true
        why = said.reason ?? said.outcome
      } catch (error) {
        why = messageOf(error)
      }
      await pause(RETRY_MS)
    }
    if (!this.#stopping) this.#invocation.say(`${gateway}: ${person.name} does not sign on the ledger: ${why}`)
    return false
  }

  async #runDrill(): Promise<void> {
    if (this.#stopping) return
    const { data, say } = this.#invocation
    try {
      // The hardest case: the gateway that leads has to notice, stop signing, and hand over.
      const victim = (await statusReport(data)).gateways.find(({ role }) => role === 'leader')
      if (victim === undefined) throw new GatewayError('too_early', 'no gateway leads yet', 'Wait a moment.')
      const done = tamper(gatewayFolder(join(data, victim.name)).ledger)
      const hex = (byte: number): string => byte.toString(16).padStart(2, '0')
      say(
        `Drill: changed byte ${done.offset} of ${done.file} from ${hex(done.before)} to ${hex(done.after)}, in a payload of entry ${done.entry}.`,
      )
      say(`Drill: ${victim.name} has to notice within 60 s. Its console: ${this.#ready.get(victim.name) ?? ''}`)
      void this.#watchDrill(victim.name, performance.now())
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'too_early') {
        say(`Drill: could not be run: ${messageOf(error)}`)
        return
      }
      if (error.message !== this.#drillWaits) say(`Drill: not yet, ${error.message}.`)
      this.#drillWaits = error.message
      setTimeout(() => void this.#runDrill(), RETRY_MS)
    }
  }

  /** Says when it was noticed, and when it was repaired. */
  async #watchDrill(victim: string, fromMs: number): Promise<void> {
    const { data, say } = this.#invocation
    const seconds = (): number => Math.round((performance.now() - fromMs) / 1000)
    let noticed = false
    while (!this.#stopping) {
      await pause(DRILL_WATCHED_MS)
      const line = (await statusReport(data).catch(() => null))?.gateways.find(({ name }) => name === victim)
      if (!noticed && line?.verdict === 'changed') {
        noticed = true
        say(
          `Drill: noticed after ${seconds()} s. Repair it by the button on its console, or by: plumbline repair --gateway ${victim}${dataOption(this.#invocation)}`,
        )
        say(`Drill: by itself it is repaired ${SHOWN_MS / 60_000} minutes after it was noticed.`)
      }
      if (noticed && line?.verdict === 'unchanged')
        return say(`Drill: repaired after ${seconds()} s, and the same as the others again.`)
    }
  }

  async #stop(): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    this.#lots?.stop()
    this.#invocation.say('Stopping ...')
    await this.#supervisor?.stop()
    await this.#plant?.stop()
    this.#end(EXIT.ok)
  }
}

function refuseSecond(data: string): void {
  for (const name of ['gw-fill-1']) {
    const running = readRuntime(gatewayFolder(join(data, name)).runtime)
    if (running !== null)
      throw new GatewayError(
        'already_running',
        `a demo plant runs already on ${data} (process ${running.pid}, console http://${running.host}:${running.port})`,
        'Use that one (plumbline console prints a link), stop it first, or give another folder with --data DIR.',
      )
  }
}

const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'

function passphrase(): string {
  const group = (): string => Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  return `${group()}-${group()}-${group()}`
}
