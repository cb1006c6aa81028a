/**
 * The state that the two seals commit to: each enclosed value is shown to stand in it, each enclosed absence to be one.
 */
import { equalBytes, fromHex, toHex } from '../wire/bytes.ts'
import { decodeCbor } from '../wire/cbor.ts'
import { coreKey, coreKeyOf, decodeCoreValue } from '../record/core-state.ts'
import type { AssetState, ChannelState, CoreKind, CoreValues } from '../record/core-state.ts'
import type { KeyState, MemberState, PackState } from '../record/core-state.ts'
import { versionAt } from '../record/rules.ts'
import { isSuspended } from '../record/speaker.ts'
import { keyId } from '../wire/ids.ts'
import type { ActorId, KeyId } from '../wire/ids.ts'
import { messageOf } from '../wire/plumbline-error.ts'
import { parseTreeValue, treeKey } from '../record/state-keys.ts'
import { verifyAbsence, verifyExistence } from '../proof/state-proof.ts'
import type { LedgerFacts } from './check-seals.ts'
import type { CertificateMaterial, StateItem } from './material.ts'
import { hold } from './step.ts'

/** A member with one of these roles may issue. */
export const ISSUING_ROLES: readonly string[] = ['site-manager', 'issuer']

/** A proven state. Looking up what is not enclosed stops the step: nothing is assumed. */
export class StateView {
  readonly #items: ReadonlyMap<string, Uint8Array | null>
  readonly #which: string
  readonly #unused: Set<string>

  constructor(items: readonly StateItem[], stateRoot: Uint8Array, which: string) {
    this.#which = which
    const proven = new Map<string, Uint8Array | null>()
    for (const item of items) {
      const name = toHex(item.stateKey)
      hold(!proven.has(name), `${which} holds ${nameOf(item.stateKey)} twice`)
      prove(item, stateRoot, which)
      proven.set(name, item.treeValue)
    }
    this.#items = proven
    this.#unused = new Set(proven.keys())
  }

  /** Must be called last: what nobody looked up stands there to be read by somebody who believes that it was checked. */
  end(): void {
    for (const name of this.#unused)
      hold(false, `${this.#which} holds ${nameOf(fromHex(name))}, which nothing rests on`)
  }

  get size(): number {
    return this.#items.size
  }

  holds(key: Uint8Array): boolean {
    return this.#items.has(toHex(key))
  }

  /** The value under a core key; null where its absence is proven. */
  find<K extends CoreKind>(kind: K, key: Uint8Array): CoreValues[K] | null {
    const name = toHex(key)
    const value = this.#items.get(name)
    this.#unused.delete(name)
    hold(value !== undefined, `${this.#which} lacks ${nameOf(key)}`)
    return value === null ? null : decodeCoreValue(kind, parseTreeValue(value).value)
  }

  get<K extends CoreKind>(kind: K, key: Uint8Array): CoreValues[K] {
    const value = this.find(kind, key)
    hold(value !== null, `${nameOf(key)} is not in ${this.#which}`)
    return value
  }
}

function prove(item: StateItem, stateRoot: Uint8Array, which: string): void {
  const key = treeKey(item.stateKey)
  try {
    if (item.treeValue === null) verifyAbsence({ root: stateRoot, treeKey: key, proof: item.proof })
    else verifyExistence({ root: stateRoot, treeKey: key, treeValue: item.treeValue, proof: item.proof })
  } catch (error) {
    const why = messageOf(error)
    hold(false, `${nameOf(item.stateKey)} is not proven in ${which}: ${why}`)
  }
}

/** Readable form of a state key, for messages. */
function nameOf(stateKey: Uint8Array): string {
  const parts = decodeCbor(stateKey, { maxBytes: 4096, maxDepth: 4 })
  const word = (part: unknown): string => {
    if (part instanceof Uint8Array) return toHex(part)
    return Array.isArray(part) ? part.map(word).join(' ') : String(part)
  }
  return Array.isArray(parts) ? parts.map(word).join(' ').trim() : word(parts)
}

export interface Issuer {
  actor: ActorId
  keyId: KeyId
  member: MemberState
  key: KeyState
}

export interface StateFacts {
  newer: StateView
  older: StateView | null
  channel: ChannelState
  asset: AssetState
  pack: PackState
  issuer: Issuer
  /** Version of the rules that was in force at the newer state. */
  rules: number
}

/** Proves both states and reads what a certificate rests on. Throws StepStop, WireError or ProofError. */
export function checkStates(material: CertificateMaterial, ledger: LedgerFacts, issuerKey: Uint8Array): StateFacts {
  const newer = new StateView(material.newer.state, ledger.newer.seal.stateRoot, 'the state at the newer seal')
  const older =
    material.older === null || ledger.older === null
      ? null
      : new StateView(material.older.state, ledger.older.seal.stateRoot, 'the state at the older seal')
  const { id } = material.pack.manifest
  const asset = newer.get('asset', coreKey.asset(material.asset))
  hold(asset.packs.includes(id), `the asset is not bound to the pack ${id}`)
  // The state that a seal of height k commits to is the one that the seal before it closed.
  const rules = versionAt(newer.get('rules', coreKeyOf('rules', '')), ledger.newer.seal.height - 1)
  return {
    newer,
    older,
    channel: newer.get('channel', coreKey.channel()),
    asset,
    pack: newer.get('pack', coreKey.pack(id)),
    issuer: checkIssuer(newer, issuerKey, ledger.newer.seal.timeUs),
    rules,
  }
}

/** The key must be the one that the credential is signed with, be meant for that, still be valid, and its member may issue. */
function checkIssuer(state: StateView, publicKey: Uint8Array, ledgerTimeUs: number): Issuer {
  const id = keyId(1, publicKey)
  const key = state.get('key', coreKey.key(id))
  hold(key.alg === 1 && equalBytes(key.public, publicKey), `key ${id} is another key than the one that signed`)
  hold(key.use === 'credential', `the issuer's key is registered for another use`, 'credential', key.use)
  hold(key.to === null, `the issuer's key was retired at entry ${key.to}`)
  hold(!isSuspended({ ledgerTimeUs }, key), `the issuer's key was suspended`)
  const member = state.get('member', coreKey.member(key.actor))
  const role = member.roles.find((one) => ISSUING_ROLES.includes(one))
  hold(
    role !== undefined,
    `${member.name} has no role that may issue`,
    ISSUING_ROLES.join(' or '),
    member.roles.join(', '),
  )
  return { actor: key.actor, keyId: id, member, key }
}
