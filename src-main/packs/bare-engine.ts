/** The engine of contracts before a rule is loaded into it: how it begins, and how it comes back to that. */
import baseVariant from '@jitl/quickjs-wasmfile-release-sync'
import { newQuickJSWASMModuleFromVariant, newVariant } from 'quickjs-emscripten-core'
import type { QuickJSSyncVariant, QuickJSWASMModule } from 'quickjs-emscripten-core'
import { PackError } from './errors.ts'

const VARIANT = baseVariant as unknown as QuickJSSyncVariant

export const PAGE_BYTES = 65_536
const PAGES = 256
export const ENGINE_BYTES = PAGES * PAGE_BYTES

/** Where the engine's stack stands: the one thing that a call can change and that is not in memory. */
interface EngineStack {
  get(): number
  restore(at: number): void
}

/** As the engine's build calls what its package keeps to itself; the bytes of the engine are pinned by their hash. */
const STACK_GET = 'Oa'
const STACK_RESTORE = 'Ma'

const STACK_STEP_BYTES = 16

/** An engine that no rule was loaded into, and its memory as it is then: what one rule left behind makes room for another. */
export class BareEngine {
  readonly engine: QuickJSWASMModule
  readonly bytes: Uint8Array
  readonly #begin: Uint8Array
  readonly #stack: EngineStack
  readonly #stackAt: number

  private constructor(engine: QuickJSWASMModule, memory: WebAssembly.Memory, stack: EngineStack) {
    this.engine = engine
    this.bytes = new Uint8Array(memory.buffer)
    this.#begin = this.bytes.slice(0, writtenEnd(new Uint32Array(memory.buffer)))
    this.#stack = stack
    this.#stackAt = stack.get()
  }

  /**
   * @param memory where the engine lives, 16 MiB that do not grow: for tests, which look into it
   * Throws (rejects) PackError `engine_invalid`.
   */
  static async of(engineWasm: Uint8Array, memory: WebAssembly.Memory = callMemory()): Promise<BareEngine> {
    const wasm = await WebAssembly.compile(new Uint8Array(engineWasm))
    let exports: WebAssembly.Exports = {}
    const instantiateWasm = (imports: object, done: (instance: WebAssembly.Instance) => void): object => {
      const instance = new WebAssembly.Instance(wasm, imports)
      exports = instance.exports
      done(instance)
      return exports
    }
    const variant = newVariant(VARIANT, { wasmMemory: memory, emscriptenModule: { instantiateWasm } as object })
    return new BareEngine(await newQuickJSWASMModuleFromVariant(variant), memory, stackOf(exports))
  }

  /** As it began: the same rule loaded into it once more answers and counts the same. */
  clear(): void {
    this.bytes.set(this.#begin)
    this.bytes.fill(0, this.#begin.length)
    this.resetStack()
  }

  /** Whatever was called ended in the middle: its stack is given back. */
  resetStack(): void {
    this.#stack.restore(this.#stackAt)
  }
}

/** As large as the engine asks for, and never larger. */
export function callMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: PAGES, maximum: PAGES })
}

/** Throws PackError `engine_invalid` where the engine does not say where its stack stands. */
function stackOf(exports: WebAssembly.Exports): EngineStack {
  const [get, restore] = [exports[STACK_GET], exports[STACK_RESTORE]] as [EngineStack['get'], EngineStack['restore']]
  const isThere = typeof get === 'function' && get.length === 0 && typeof restore === 'function' && restore.length === 1
  const at = isThere ? get() : 0
  if (at > 0) restore(at - STACK_STEP_BYTES)
  if (!isThere || get() !== at - STACK_STEP_BYTES)
    throw new PackError('engine_invalid', 'the rule engine does not tell where its stack stands')
  restore(at)
  return { get, restore }
}

/** Behind the last byte that is not zero. */
function writtenEnd(words: Uint32Array): number {
  let end = words.length
  while (end > 0 && words[end - 1] === 0) end--
  return end * Uint32Array.BYTES_PER_ELEMENT
}
