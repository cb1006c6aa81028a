/**
 * The engines of a channel's contracts. What decides the next entry may be a version that came onto the ledger with the entry before, and
 * an engine begins only outside of the pass that decides: one stands ready always, and where none does, the rule that was asked longest
 * ago gives way to another. So memory is bounded, whatever a ledger's past holds.
 */
import { MAX_PACKS } from '../wire/limits.ts'
import { BareEngine } from './bare-engine.ts'
import { CallEngine } from './call-engine.ts'

/** Rules that are kept loaded: as many packs as a channel can have in force. */
const RULES_LOADED_MAX = MAX_PACKS

interface Loaded<T> {
  readonly engine: CallEngine
  readonly bare: BareEngine
  readonly with: T
}

export class EnginePool<T> {
  readonly #begin: () => Promise<BareEngine>
  /** By what names a rule; who was asked last stands last. */
  readonly #loaded = new Map<string, Loaded<T>>()
  #ready: BareEngine[]
  #isBeginning = false

  private constructor(begin: () => Promise<BareEngine>, ready: BareEngine[]) {
    this.#begin = begin
    this.#ready = ready
  }

  /** Throws (rejects) PackError where the engine is none. */
  static async of<T>(engineWasm: Uint8Array): Promise<EnginePool<T>> {
    const begin = async (): Promise<BareEngine> => await BareEngine.of(engineWasm)
    return new EnginePool<T>(begin, [await begin()])
  }

  /** Brings the rule that this names into an engine beforehand. */
  async load(name: string, load: () => { readonly rule: string; readonly with: T }): Promise<void> {
    if (this.#ready.length === 0) this.#ready.push(await this.#begin())
    this.get(name, load)
  }

  /** The engine of the rule that this names, with what was given for it. Throws what `load` throws, and PackError where it is no rule. */
  get(name: string, load: () => { readonly rule: string; readonly with: T }): Loaded<T> {
    const known = this.#loaded.get(name)
    if (known !== undefined) {
      this.#loaded.delete(name)
      this.#loaded.set(name, known)
      return known
    }
    const { rule, with: given } = load()
    const bare = this.#free()
    // An engine in which a rule failed is not used again: it may have ended in the middle of something.
    const loaded = { engine: new CallEngine(bare, rule), bare, with: given }
    this.#loaded.set(name, loaded)
    return loaded
  }

  #free(): BareEngine {
    const ready = this.#ready.pop()
    if (ready !== undefined && this.#loaded.size < RULES_LOADED_MAX) {
      this.#another()
      return ready
    }
    if (ready !== undefined) this.#ready.push(ready)
    const [oldest] = this.#loaded
    if (oldest === undefined) throw new Error('no engine is there, and no rule is loaded that could give way')
    const [name, { bare }] = oldest
    this.#loaded.delete(name)
    bare.clear()
    this.#another()
    return bare
  }

  /** Begins beside what goes on; where it fails, rules give way to each other as before. */
  #another(): void {
    if (this.#isBeginning || this.#ready.length > 0 || this.#loaded.size >= RULES_LOADED_MAX) return
    this.#isBeginning = true
    this.#begin()
      .then((bare) => this.#ready.push(bare))
      .catch(() => undefined)
      .finally(() => (this.#isBeginning = false))
  }
}
