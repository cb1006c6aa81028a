/**
 * Packs as contracts: `accept` of every pack that an event's assets are bound to, each once, in the order of their ids, all over the state
 * before the event. What a rule cannot answer is decided like everything else: an act is refused with `pack/trap`, a fact is recorded
 * with that finding. Only what is wrong with this gateway itself (a pack or engine that it lacks, a host that fails) ends the channel.
 */
import { memberOf } from '../record/speaker.ts'
import { NOTHING_SAID } from '../record/contracts.ts'
import type { AskedEvent, Contracts, ContractsDecision, ContractView, KeptValue } from '../record/contracts.ts'
import { askedValue, isAskedKind } from '../record/asked-values.ts'
import type { PackState } from '../record/core-state.ts'
import { packBytes } from '../record/pack-view.ts'
import type { PackHash } from '../record/pack-state.ts'
import type { CoreRefusalCode } from '../record/refusals.ts'
import { disposalRefusal } from '../record/relation.ts'
import { CORE_OWNER } from '../record/state-keys.ts'
import type { EventStatement } from '../record/statements.ts'
import { equalBytes, sha256, toHex } from '../wire/bytes.ts'
import { WireError } from '../wire/errors.ts'
import type { ActorId } from '../wire/ids.ts'
import type { JsonValue } from '../wire/json.ts'
import { isKeptName, readAnswer } from './accept-answer.ts'
import type { AcceptAnswer } from './accept-answer.ts'
import type { CallEngine } from './call-engine.ts'
import { EnginePool } from './engine-pool.ts'
import { recordedPack } from './recorded-pack.ts'
import { PackError } from './errors.ts'
import { TRAP } from './manifest.ts'
import type { PackEvent } from './manifest.ts'
import type { Pack } from './pack.ts'

interface Loaded {
  readonly pack: Pack
  readonly engine: CallEngine
}

/**
 * The given packs, ready to be asked; those that a channel activated on its ledger are taken from there. Throws (rejects) PackError for a rule
 * that cannot be loaded.
 */
export async function createContracts(engineWasm: Uint8Array, packs: readonly Pack[]): Promise<Contracts> {
  const pool = await EnginePool.of<Pack>(engineWasm)
  const shipped = new Map(packs.map((pack) => [toHex(pack.ruleHash), pack]))
  for (const [name, pack] of shipped) await pool.load(name, () => ({ rule: pack.files.rule, with: pack }))
  return new PackContracts(pool, shipped, sha256(engineWasm))
}

class PackContracts implements Contracts {
  readonly #pool: EnginePool<Pack>
  readonly #shipped: ReadonlyMap<string, Pack>
  readonly #engineHash: Uint8Array

  constructor(pool: EnginePool<Pack>, shipped: ReadonlyMap<string, Pack>, engineHash: Uint8Array) {
    this.#pool = pool
    this.#shipped = shipped
    this.#engineHash = engineHash
  }

  decide(view: ContractView, asked: AskedEvent): ContractsDecision {
    const { event } = asked
    const about = asked.core ?? this.#ownEvent(view, event)
    if (typeof about === 'string') return about
    const { body, mayRefuse } = about
    const findings: string[] = []
    const kept: KeptValue[] = []
    for (const id of asked.packs) {
      const state = activeIn(view, id)
      const { pack, engine } = this.#of(view, id, state)
      if (!engine.accepts) continue
      const said = this.#ask(view, { pack, engine }, callOf(view, asked, body, state))
      if (said === null || 'refuse' in said) {
        const code = `${id}/${said === null ? TRAP : said.refuse}` as const
        if (mayRefuse) return code
        findings.push(code)
        continue
      }
      for (const code of said.findings) findings.push(`${id}/${code}`)
      for (const one of said.set) kept.push({ owner: id, ...one })
    }
    return findings.length === 0 && kept.length === 0 ? NOTHING_SAID : { findings, kept }
  }

  /** null: it came to no answer. */
  #ask(view: ContractView, { pack: { manifest }, engine }: Loaded, call: JsonValue): AcceptAnswer | null {
    const { id, uses } = manifest
    const result = engine.call(call, (owner, kind, key) => {
      if (owner === CORE_OWNER) return coreValue(view, kind, key)
      if (owner !== id && !uses.includes(owner))
        throw new PackError('pack_invalid', `it asked for a value of ${owner}, which it does not list under "uses"`)
      if (!isKeptName(kind, key))
        throw new PackError('pack_invalid', 'it asked for a value under a name that none can have')
      return view.kept(owner, kind, key)
    })
    if ('trap' in result) return null
    try {
      return readAnswer(manifest, result.answer)
    } catch (error) {
      if (error instanceof WireError) return null
      throw error
    }
  }

  /** An event of a pack's own is what its `pack.json` says: its body, who may sign it, and whether it may be refused. */
  #ownEvent(view: ContractView, event: EventStatement): { body: JsonValue; mayRefuse: boolean } | CoreRefusalCode {
    const id = event.type.slice(0, event.type.indexOf('.'))
    const { events } = this.#of(view, id, activeIn(view, id)).pack.manifest
    const own = Object.hasOwn(events, event.type) ? (events[event.type] as PackEvent) : null
    if (own === null) return 'type-unknown'
    let body: JsonValue
    try {
      body = own.body.toJson(own.body.decode(event.body, event.type))
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      return 'body-malformed'
    }
    if (own.by === 'holder')
      for (const asset of event.assets) {
        const refused = disposalRefusal(view, event.actor, asset)
        if (refused !== null) return refused
      }
    return { body, mayRefuse: own.act }
  }

  /** Throws PackError where neither this release nor the ledger has what the channel activated: it may decide nothing by it. */
  #of(view: ContractView, id: string, { version, hash, ruleHash, engineHash }: PackState): Loaded {
    const name = toHex(ruleHash)
    const { engine, with: pack } = this.#pool.get(name, () => {
      const found = this.#shipped.get(name) ?? packIn(view, toHex(hash) as PackHash)
      if (found === null || toHex(found.ruleHash) !== name)
        throw new PackError(
          'pack_invalid',
          `pack ${id} ${version} (rule ${name}) is not in this release; update Plumbline`,
        )
      return { rule: found.files.rule, with: found }
    })
    if (!equalBytes(engineHash, this.#engineHash))
      throw new PackError(
        'engine_invalid',
        `pack ${id} was activated for engine ${toHex(engineHash)}, this is ${toHex(this.#engineHash)}; update Plumbline`,
      )
    return { pack, engine }
  }
}

function packIn(view: ContractView, hash: PackHash): Pack | null {
  const bytes = packBytes(view, hash)
  return bytes === null ? null : recordedPack(bytes, hash)
}

function activeIn(view: ContractView, id: string): PackState {
  const state = view.get('pack', id)
  if (state === undefined)
    throw new PackError('pack_invalid', `pack ${id} is bound to an asset but not active; run "plumbline fsck"`)
  return state
}

/** What `accept` gets. No nonce is in it: whoever sees the values must not be able to tell hidden ones by their hashes. */
function callOf(
  view: ContractView,
  { event, approvals }: AskedEvent,
  body: JsonValue,
  { parameters }: PackState,
): JsonValue {
  const { actor, type, role, occurredAtUs, assets } = event
  return {
    statement: { type, role, occurredAtUs, body },
    signer: signerIn(view, actor),
    assets: [...assets],
    index: view.index,
    ledgerTimeUs: view.ledgerTimeUs,
    parameters,
    // Of an act they are asked twice: when it is proposed, dry, where nobody has agreed to it, and when it takes effect.
    approvals: approvals.map((person) => signerIn(view, person)),
  }
}

function signerIn(view: ContractView, actor: ActorId): JsonValue {
  const person = view.get('person', actor)
  const member = view.get('member', memberOf(view, actor))
  return {
    actor,
    kind: person === undefined ? 'gateway' : 'person',
    member: member?.name ?? '',
    owner: member?.legalName ?? '',
    roles: [...(person?.roles ?? member?.roles ?? [])],
  }
}

/** What a rule asks for wrongly is its own fault. */
function coreValue(view: ContractView, kind: string, key: JsonValue): JsonValue | null {
  if (!isAskedKind(kind))
    throw new PackError('pack_invalid', `it asked for "${kind}" of the core, which no contract may ask for`)
  try {
    return askedValue(view, kind, key)
  } catch (error) {
    if (error instanceof WireError && error.code === 'malformed_id')
      throw new PackError('pack_invalid', `it asked for ${error.message}`)
    throw error
  }
}
