/**
 * The gateways of a scenario: one for each owner, all in this process, in a channel that is founded as simulated and on one clock that the
 * scenario moves. Each has a person that signs what the scenario says in its name.
 */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import { writeDurably } from '../../disk/durable-file.ts'
import { loadEngine } from '../../documents/engine.ts'
import { openKeyStore } from '../../keys/key-store.ts'
import type { PackScenario, ScenarioPerson } from '../../packs/scenario.ts'
import { personProof } from '../../record/kinds/person.ts'
import { PERSON_ROLES } from '../../record/person-fields.ts'
import type { PersonRole } from '../../record/person-fields.ts'
import type { CoreEvents, CoreEventType } from '../../record/kinds.ts'
import { actorIdOf } from '../../wire/ids.ts'
import type { ActorId } from '../../wire/ids.ts'
import type { JsonValue } from '../../wire/json.ts'
import { ID_BYTES } from '../../wire/limits.ts'
import { quorumCheckpoint } from '../agreement/quorum-checkpoint.ts'
import type { Channel } from '../channel.ts'
import type { EventOutcome } from '../channel/ledger-thread.ts'
import type { Signer } from '../channel/say-as.ts'
import { SimulatedClock } from '../clock/simulated-clock.ts'
import { loadConfig } from '../folder/config.ts'
import { gatewayFolder, makeFolder } from '../folder/data-folder.ts'
import type { GatewayFolder } from '../folder/data-folder.ts'
import { lockFolder } from '../folder/folder-lock.ts'
import { genesisBody, publicKeysOf, signGenesis } from '../folder/found.ts'
import { Gateway } from '../gateway.ts'
import { GatewayError } from '../error.ts'
import type { PackEventSaid } from '../signing/statement-chain.ts'
import { newSeed, PERSON_ALGORITHM, publicKeyOf, signBy } from '../signing/person-seed.ts'

/** Gateways that answer at all agree within a second; a machine with other work may take minutes. */
const DECIDED_WITHIN_MS = 300_000
const LOOK_EVERY_MS = 50
const AGREED_WITHIN_MS = 300_000
/** The record is checked once: nobody waits here for a second time. */
const SELDOM_MS = 86_400_000

type JsonObject = { readonly [name: string]: JsonValue }

export interface PlantOptions {
  scenario: PackScenario
  /** Roles that each actor of the evidence speaks in. */
  roles: ReadonlyMap<string, ReadonlySet<string>>
  /** Parameters of packs that are not their own defaults, by the pack's id. */
  parameters: { readonly [pack: string]: JsonObject }
  /** Folder in which each gateway has one of its own. */
  data: string
  foundedUs: number
  freePort(): Promise<number>
  log(gateway: string, file: string): Logger
}

interface Member {
  legalName: string
  people: ScenarioPerson[]
  name: string
  folder: GatewayFolder
}

export interface PlantPerson extends Signer {
  name: string
  channel: Channel
}

export class Plant {
  readonly clock = new SimulatedClock()
  /** By the actor's name in the evidence. */
  readonly people = new Map<string, PlantPerson>()
  readonly #gateways: Gateway[] = []
  readonly #unlock: (() => void)[] = []
  #failure: GatewayError | null = null

  private constructor() {}

  /** Throws GatewayError, LedgerError, KeyError where it cannot be founded; what was started then is stopped. */
  static async found(options: PlantOptions): Promise<Plant> {
    const plant = new Plant()
    try {
      const members = membersOf(options)
      writeGenesis(members, options)
      await writeConfigs(members, options)
      plant.clock.advance(options.foundedUs)
      await plant.#start(members, options)
      for (const [i, member] of members.entries())
        for (const person of member.people)
          await plant.#enrol(plant.channels[i] as Channel, person, options.roles.get(person.actor) ?? new Set())
      return plant
    } catch (error) {
      await plant.stop()
      throw error
    }
  }

  /** Of the gateways, in the order of their owners: the first one reads and issues. */
  get channels(): Channel[] {
    if (this.#failure !== null) throw this.#failure
    return this.#gateways.map(({ first }) => first)
  }

  get first(): Channel {
    return this.channels[0] as Channel
  }

  /**
   * Every gateway says something, so that ledger time follows the clock. Decided then is what was handed to the first one before.
   *
   * @returns the entry up to which that stands
   */
  async alive(): Promise<number> {
    const [first, ...others] = this.channels
    for (const { thread } of others) thread.record('gateway.alive', {})
    return decided(await (first as Channel).thread.event('gateway.alive', {}, DECIDED_WITHIN_MS), 'gateway.alive')
  }

  /** A person signs an event of a pack's own. */
  async say({ actor, seed, channel }: PlantPerson, role: PersonRole, said: PackEventSaid): Promise<EventOutcome> {
    return await channel.thread.say({ person: actor, role, seed, ...said }, DECIDED_WITHIN_MS)
  }

  /** A gateway signs an event of the core's. Throws GatewayError `not_recorded` for what the ledger did not take. */
  async event<T extends CoreEventType>(channel: Channel, type: T, body: CoreEvents[T]): Promise<void> {
    decided(await channel.thread.event(type, body, DECIDED_WITHIN_MS), type)
  }

  /** Until the state with everything so far is sealed, and cosigned by all, on the first gateway. */
  async agreed(): Promise<void> {
    const last = await this.alive()
    const untilMs = performance.now() + AGREED_WITHIN_MS
    while (performance.now() < untilMs) {
      const { reader } = this.first
      const size = quorumCheckpoint(reader)?.size ?? 0
      const seal = size === 0 ? null : reader.blocks.sealBelow(size)
      if (seal !== null && seal.treeSize > last) return
      // A seal commits to what the seal before it closed: something has to be there for the next one to close.
      await pause(LOOK_EVERY_MS)
      await this.alive()
    }
    throw new GatewayError('not_cosigned_yet', 'the gateways of the scenario do not agree', 'See their gateway.log.')
  }

  async stop(): Promise<void> {
    await Promise.all(this.#gateways.map(async (gateway) => await gateway.stop()))
    for (const unlock of this.#unlock.splice(0)) unlock()
  }

  async #start(members: readonly Member[], { log }: PlantOptions): Promise<void> {
    for (const { name, folder } of members) this.#unlock.push(lockFolder(folder, name))
    const starting = members.map(async ({ name, folder }) =>
      Gateway.start({
        config: loadConfig(folder.config),
        folder,
        log: log(name, folder.log),
        nowUs: this.clock.nowUs,
        clock: this.clock,
        events: {
          onStatus: () => {},
          onPoints: () => {},
          onSealed: () => {},
          onEvents: () => {},
          onAudit: () => {},
          onOpened: () => {},
          onFatal: (error) => (this.#failure ??= error),
        },
      }),
    )
    const started = await Promise.allSettled(starting)
    for (const one of started) if (one.status === 'fulfilled') this.#gateways.push(one.value)
    for (const one of started) if (one.status === 'rejected') throw one.reason
  }

  /** A member's first person its gateway enrols, as its admin; the others that one. */
  async #enrol(channel: Channel, person: ScenarioPerson, wanted: ReadonlySet<string>): Promise<void> {
    const { thread, reader } = channel
    const admin = [...this.people.values()].find((one) => one.channel === channel)
    const roles = PERSON_ROLES.filter((role) => wanted.has(role) || (admin === undefined && role === 'member-admin'))
    const keeper = channel.actor as ActorId
    const seed = newSeed()
    const actor = actorIdOf(randomBytes(ID_BYTES))
    const body = {
      person: actor,
      name: person.name,
      roles,
      alg: PERSON_ALGORITHM,
      public: publicKeyOf(seed),
      proof: signBy(seed, personProof(reader.channel, keeper, actor)),
    }
    const type = 'person.enrolled'
    const outcome =
      admin === undefined
        ? await thread.event(type, body, DECIDED_WITHIN_MS)
        : await thread.say(
            { person: admin.actor, role: 'member-admin', seed: admin.seed, type, body },
            DECIDED_WITHIN_MS,
          )
    decided(outcome, `${type} of ${person.name}`)
    this.people.set(person.actor, { name: person.name, actor, roles, seed, channel })
  }
}

/** @returns the entry. Throws GatewayError `not_recorded` for what the ledger did not take. */
function decided({ outcome, index, refused, reason }: EventOutcome, what: string): number {
  if (outcome === 'accepted' && index !== null) return index
  throw new GatewayError(
    'not_recorded',
    `${what} was not recorded: ${reason ?? outcome}${refused === null ? '' : ` (${refused})`}`,
    'A scenario says nothing that is refused but where it says so. Please report this.',
  )
}

function membersOf({ scenario, data }: PlantOptions): Member[] {
  const owners = [...new Set(scenario.people.map(({ legalName }) => legalName))]
  return owners.map((legalName, i) => {
    const name = `gw-${i + 1}`
    const people = scenario.people.filter((person) => person.legalName === legalName)
    return { legalName, people, name, folder: gatewayFolder(join(data, name)) }
  })
}

function writeGenesis(members: readonly Member[], { foundedUs, parameters }: PlantOptions): void {
  const random = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes))
  for (const { folder } of members) makeFolder(folder.root)
  const stores = members.map(({ folder }) => openKeyStore(folder.keys))
  const named = members.map(({ name, legalName }, i) => {
    const keys = stores[i] as (typeof stores)[number]
    return { actor: keys.actorId, name, legalName, keys: publicKeysOf(keys) }
  })
  const body = genesisBody({
    name: 'Scenario',
    site: 'Scenario',
    simulated: true,
    members: named,
    engine: loadEngine(),
    nowUs: foundedUs,
    random,
    quorum: members.length,
  })
  const packs = body.packs.map((pack) => ({
    ...pack,
    parameters: { ...(pack.parameters as JsonObject), ...parameters[pack.id] },
  }))
  const genesis = signGenesis(stores[0] as (typeof stores)[number], { ...body, packs }, { nowUs: foundedUs, random })
  for (const { folder } of members) writeDurably(folder.genesis, genesis)
}

/** As configurations that `plumbline start` takes, too: whoever keeps the folder may look at it. JSON is YAML. */
async function writeConfigs(members: readonly Member[], { freePort }: PlantOptions): Promise<void> {
  const ports = await Promise.all(members.map(async () => await freePort()))
  for (const [i, { name, legalName, folder }] of members.entries()) {
    const others = members.flatMap((other, j) =>
      i === j ? [] : [{ name: other.name, host: '127.0.0.1', port: ports[j] }],
    )
    const config = {
      name,
      site: 'Scenario',
      legalName,
      clock: 'simulated',
      timeZone: 'UTC',
      console: { host: '127.0.0.1', port: 0 },
      peers: { listen: { host: '127.0.0.1', port: ports[i] }, members: others },
      audit: { everyMs: SELDOM_MS, replayEveryMs: SELDOM_MS },
    }
    writeFileSync(folder.config, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 })
  }
}
