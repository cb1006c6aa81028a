/**
 * The sandbox in which rule packs run: QuickJS compiled to WebAssembly.
 *
 * A pack must give the same answer on every replica, today, and in a stranger's browser in ten years. So it gets nothing
 * that could differ: no clock, no randomness, no weak references (they show when memory is collected), no typed arrays
 * (they show the bits of a NaN), no I/O. The engine is the bytes given to `createPackHost`, named by their hash, and its
 * linear memory is put back to the same image before every call: an earlier call leaves nothing that a later one could see, not
 * even in how the allocator places things, on which the memory cap depends.
 */
import baseVariant from '@jitl/quickjs-wasmfile-release-sync'
import { newQuickJSWASMModuleFromVariant, newVariant } from 'quickjs-emscripten-core'
import type { QuickJSContext, QuickJSHandle, QuickJSRuntime } from 'quickjs-emscripten-core'
import type { QuickJSSyncVariant, QuickJSWASMModule } from 'quickjs-emscripten-core'
import { sha256 } from '../wire/bytes.ts'
import type { JsonValue } from '../wire/json.ts'
import { PackError } from './errors.ts'
import { PRELUDE } from './prelude.ts'

/** The package's types describe its CommonJS form; as a module, its default export is the variant itself. */
const VARIANT = baseVariant as unknown as QuickJSSyncVariant

/** Everything a call may hold: engine, input, pack and output. */
export const PACK_MEMORY_BYTES_MAX = 128 * 1024 * 1024
const MEMORY_BYTES_INITIAL = 16 * 1024 * 1024
const PAGE_BYTES = 65_536
/** Of the engine's own count, which it keeps well before the host's stack ends: that one is another on every machine. */
export const PACK_STACK_BYTES_MAX = 32 * 1024
/** QuickJS asks once per 10,000 loop turns and calls; the count is the same in every run, so it may decide. */
export const PACK_INTERRUPTS_MAX = 20_000
export const PACK_SOURCE_CHARS_MAX = 512 * 1024
export const PACK_INPUT_CHARS_MAX = 16 * 1024 * 1024
export const PACK_OUTPUT_CHARS_MAX = 1024 * 1024

/** `judge` gives the verdict over a period. */
export type PackFunction = 'judge'

export interface PackHost {
  /** SHA-256 of the engine's WebAssembly bytes. */
  readonly engineHash: Uint8Array
  /**
   * Runs one function of a pack over `input` in a fresh engine. Synchronous.
   * Throws PackError; after `pack_trap` every further call throws it too.
   */
  run(packSource: string, fn: PackFunction, input: JsonValue): JsonValue
}

/** Instantiates the engine once (some milliseconds). Throws PackError `engine_invalid`. */
export async function createPackHost(engineWasm: Uint8Array): Promise<PackHost> {
  const wasmBinary = new Uint8Array(engineWasm).buffer
  // The cap is the memory's own maximum: QuickJS's setMemoryLimit counts allocations here, not their sizes.
  const wasmMemory = new WebAssembly.Memory({
    initial: MEMORY_BYTES_INITIAL / PAGE_BYTES,
    maximum: PACK_MEMORY_BYTES_MAX / PAGE_BYTES,
  })
  try {
    if (!WebAssembly.validate(wasmBinary)) throw new Error('these bytes are no WebAssembly')
    const engine = await newQuickJSWASMModuleFromVariant(newVariant(VARIANT, { wasmBinary, wasmMemory }))
    return new QuickJsHost(engine, wasmMemory, sha256(engineWasm))
  } catch (cause) {
    throw new PackError(
      'engine_invalid',
      `the rule engine (${engineWasm.length} bytes) does not start: ${textOf(cause)}`,
    )
  }
}

class QuickJsHost implements PackHost {
  readonly engineHash: Uint8Array
  readonly #engine: QuickJSWASMModule
  readonly #image: Uint8Array
  readonly #memory: WebAssembly.Memory
  #trap: string | null = null

  constructor(engine: QuickJSWASMModule, memory: WebAssembly.Memory, engineHash: Uint8Array) {
    this.#engine = engine
    this.#memory = memory
    this.engineHash = engineHash
    const bytes = new Uint8Array(memory.buffer)
    let used = bytes.length
    while (used > 0 && bytes[used - 1] === 0) used--
    this.#image = bytes.slice(0, used)
  }

  run(packSource: string, fn: PackFunction, input: JsonValue): JsonValue {
    if (this.#trap !== null) {
      throw new PackError('pack_trap', `the rule engine broke before (${this.#trap}); start a new one`)
    }
    if (packSource.length > PACK_SOURCE_CHARS_MAX) {
      throw new PackError(
        'pack_limit',
        `pack source has ${packSource.length} characters; at most ${PACK_SOURCE_CHARS_MAX}`,
      )
    }
    const inputText = JSON.stringify(input)
    if (inputText.length > PACK_INPUT_CHARS_MAX) {
      throw new PackError(
        'pack_limit',
        `input of ${fn} has ${inputText.length} characters; at most ${PACK_INPUT_CHARS_MAX}. Choose a shorter period`,
      )
    }
    try {
      this.#restore()
      return runFresh(this.#engine, packSource, fn, inputText)
    } catch (error) {
      if (error instanceof PackError) throw error
      this.#trap = textOf(error)
      throw new PackError('pack_trap', `the rule engine broke in ${fn}: ${this.#trap}`)
    }
  }

  #restore(): void {
    const bytes = new Uint8Array(this.#memory.buffer)
    bytes.set(this.#image)
    bytes.fill(0, this.#image.length)
  }
}

/** Nothing is given back: the next call begins with a memory in which none of it ever was, and a rule may leave behind what cannot be. */
function runFresh(engine: QuickJSWASMModule, source: string, fn: PackFunction, inputText: string): JsonValue {
  const runtime = engine.newRuntime()
  runtime.setMaxStackSize(PACK_STACK_BYTES_MAX)
  const budget = { interrupts: 0 }
  runtime.setInterruptHandler(() => ++budget.interrupts > PACK_INTERRUPTS_MAX)
  const context = newContext(runtime)
  try {
    const outputText = callPack(context, source, fn, inputText)
    return JSON.parse(outputText) as JsonValue
  } catch (error) {
    if (error instanceof PackError && error.code === 'pack_failed' && budget.interrupts > PACK_INTERRUPTS_MAX) {
      throw new PackError('pack_limit', `${fn} did not end within ${PACK_INTERRUPTS_MAX} x 10,000 steps`)
    }
    throw error
  }
}

/** Date, Promise, Proxy and typed arrays are never linked in; the prelude takes away the rest. */
function newContext(runtime: QuickJSRuntime): QuickJSContext {
  return runtime.newContext({
    intrinsics: { BaseObjects: true, Eval: true, JSON: true, RegExp: true, MapSet: true, BigInt: true },
  })
}

function callPack(context: QuickJSContext, source: string, fn: PackFunction, inputText: string): string {
  const evaluate = (code: string, name: string): QuickJSHandle => {
    const result = context.evalCode(code, name, { strict: true })
    if (result.error) throw failure(context, result.error, `evaluating ${name}`)
    return result.value
  }
  const runner = evaluate(PRELUDE, 'prelude.js')
  const pack = evaluate(source, 'pack.js')
  const args = [pack, context.newString(fn), context.newString(inputText)]
  const result = context.callFunction(runner, context.undefined, ...args)
  if (result.error) throw failure(context, result.error, fn)
  if (context.typeof(result.value) !== 'string')
    throw new PackError('pack_invalid', `the pack must end in an object with the function ${fn}`)
  const text = context.getString(result.value)
  if (text.length > PACK_OUTPUT_CHARS_MAX)
    throw new PackError('pack_limit', `${fn} returned ${text.length} characters; at most ${PACK_OUTPUT_CHARS_MAX}`)
  return text
}

function failure(context: QuickJSContext, error: QuickJSHandle, where: string): PackError {
  const text = describeThrown(context, error)
  const code = /^(?:InternalError: (?:out of memory|stack overflow)|SyntaxError: stack overflow)/.test(text)
    ? 'pack_limit'
    : 'pack_failed'
  return new PackError(code, `${where}: ${text}`.slice(0, 500))
}

/** Of an object name and message are read, and only where they are texts: dumping all of it breaks the engine on deep nesting. */
function describeThrown(context: QuickJSContext, thrown: QuickJSHandle): string {
  if (context.typeof(thrown) !== 'object' && context.typeof(thrown) !== 'function') return String(context.dump(thrown))
  const textAt = (name: string): string | null => {
    const value = context.getProp(thrown, name)
    const text = context.typeof(value) === 'string' ? context.getString(value) : null
    return text
  }
  return `${textAt('name') ?? 'error'}: ${textAt('message') ?? 'no message'}`
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
