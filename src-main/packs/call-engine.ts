/**
 * A rule that is ready to be called: what decides in consensus is called for every event about an asset, so the engine is not built anew
 * each time. After the rule was read its memory is kept as an image, and each call begins from that image, restored whole: no call
 * sees another, and how calls are grouped cannot show.
 *
 * Memory is fixed. The engine's own begins at 16 MiB; a block that nobody uses takes what the rule may not have, so that engine and rule
 * share 4 MiB. Of the image only what a call can have touched is put back: the engine's data, the end of its stack, and its heap up to
 * where it grew. `test/unit/packs/accept-host.test.ts` compares all of it.
 */
import type { QuickJSContext, QuickJSHandle, QuickJSWASMModule } from 'quickjs-emscripten-core'
import { ENGINE_BYTES, PAGE_BYTES } from './bare-engine.ts'
import type { BareEngine } from './bare-engine.ts'
import type { JsonValue } from '../wire/json.ts'
import { messageOf } from '../wire/plumbline-error.ts'
import { CALL_PRELUDE } from './call-prelude.ts'
import { PackError } from './errors.ts'

/** What engine and rule have together. */
export const CALL_MEMORY_BYTES = 4 * 1024 * 1024
/** Of the stack, by the engine's own count. */
const STACK_BYTES_MAX = 32 * 1024
/** How far below its top the stack can have been written: the count is asked at each call, and what is called between needs some. */
const STACK_TOUCHED_BYTES = 80 * 1024
/** QuickJS asks once per 10,000 loop turns and calls. */
export const CALL_INTERRUPTS_MAX = 5
export const CALL_READS_MAX = 64
export const CALL_WRITES_MAX = 64
/** Of input, reads and answer together. */
export const CALL_CHARS_MAX = 256 * 1024
const RULE_CHARS_MAX = 512 * 1024
/** Of UTF-8, and what the engine needs beside a text. */
const BYTES_A_CHAR = 3
const ROOM_MORE_BYTES = 4_096
/** One BigInt operator may work for minutes. */
const BIGINT = /(?:^|[^\w$.])(?:0[xXoObB][0-9a-fA-F_]+|[0-9][0-9_]*)n(?![\w$])/

/** A state value as JSON; null where there is none. What it throws is no answer of the rule: the call ends with it. */
export type Lookup = (owner: string, kind: string, id: JsonValue) => JsonValue | null

/** What a call used, the same on every replica. */
export interface CallUse {
  /** In tens of thousands. */
  readonly steps: number
  readonly reads: number
  readonly chars: number
  /** How far the heap grew. */
  readonly heapBytes: number
}

export type CallResult = { readonly use: CallUse } & (
  | { readonly answer: JsonValue }
  /** The rule did not come to an answer: it threw, or would have used more than it may. */
  | { readonly trap: string }
)

/** The part of the engine's module that its package keeps to itself. */
interface EngineModule {
  _malloc(bytes: number): number
  _free(at: number): void
}

interface Loaded {
  readonly runner: QuickJSHandle
  readonly pack: QuickJSHandle
  readonly accepts: boolean
  readonly judges: boolean
}

interface Running {
  readonly lookup: Lookup
  interrupts: number
  reads: number
  chars: number
  /** Why it must end; nothing that the rule does afterwards counts. */
  ends: string | null
  /** What the host threw. */
  failure: { readonly cause: unknown } | null
}

export class CallEngine {
  readonly #context: QuickJSContext
  readonly #module: EngineModule
  readonly #bytes: Uint8Array
  readonly #words: Uint32Array
  readonly #stackFrom: number
  readonly #heapFrom: number
  /** Word in which the allocator keeps how far the heap goes. */
  readonly #heapEndAt: number
  readonly #image: { readonly data: Uint8Array; readonly stack: Uint8Array; readonly heap: Uint8Array }
  readonly #runner: QuickJSHandle
  readonly #pack: QuickJSHandle
  /** Whether the rule has an `accept` at all. */
  readonly accepts: boolean
  /** Whether it has a `judge`. */
  readonly judges: boolean
  readonly #bare: BareEngine
  #running: Running | null = null
  #broken: string | null = null

  /**
   * @param bare as it began; it is this one's alone from then on
   * @param rule text of `rule.js`
   * Throws PackError `pack_failed`, `pack_limit` and `pack_invalid` for what is no rule.
   */
  constructor(bare: BareEngine, rule: string) {
    const { engine, bytes } = bare
    this.#bare = bare
    this.#module = (engine as unknown as { module: EngineModule }).module
    this.#bytes = bytes
    this.#words = new Uint32Array(bytes.buffer)
    const { heapFrom, heapEndAt, stackTop } = reserve(engine, this.#words)
    this.#heapFrom = heapFrom
    this.#heapEndAt = heapEndAt
    this.#stackFrom = stackTop - STACK_TOUCHED_BYTES
    const runtime = engine.newRuntime()
    runtime.setMaxStackSize(STACK_BYTES_MAX)
    runtime.setInterruptHandler(() => this.#interrupt())
    this.#context = runtime.newContext({ intrinsics: INTRINSICS })
    const { runner, pack, accepts, judges } = this.#loaded(rule)
    this.#runner = runner
    this.#pack = pack
    this.accepts = accepts
    this.judges = judges
    this.#image = {
      data: this.#bytes.slice(0, dataEnd(this.#bytes)),
      stack: this.#bytes.slice(this.#stackFrom, stackTop),
      heap: this.#bytes.slice(this.#heapFrom, this.#heapEnd),
    }
  }

  /** Synchronous. Throws what `lookup` threw, and PackError `pack_trap` where the engine itself broke: both decide nothing. */
  call(input: JsonValue, lookup: Lookup): CallResult {
    if (this.#broken !== null) throw new PackError('pack_trap', `the rule engine broke before (${this.#broken})`)
    const text = JSON.stringify(input)
    const running: Running = { lookup, interrupts: 0, reads: 0, chars: text.length, ends: null, failure: null }
    if (text.length > CALL_CHARS_MAX) return this.#trapped(running, `its input has ${text.length} characters`)
    this.#restore()
    this.#running = running
    try {
      return this.#answer(running, text)
    } catch (cause) {
      if (running.failure !== null) throw running.failure.cause
      // In a memory of one size what breaks follows from the call alone, as every trap does; but how deep this process may go does not.
      if (!(cause instanceof RangeError)) return this.#trapped(running, running.ends ?? `it broke: ${messageOf(cause)}`)
      this.#broken = messageOf(cause)
      throw new PackError('pack_trap', `the rule engine broke in accept: ${this.#broken}`)
    } finally {
      this.#running = null
    }
  }

  #answer(running: Running, text: string): CallResult {
    const context = this.#context
    if (!this.#hasRoom(text)) return this.#trapped(running, 'it left no memory for its input')
    // Handles of a call are not given back: the next one begins with a memory in which they never were.
    const result = context.callFunction(this.#runner, context.undefined, this.#pack, context.newString(text))
    if (running.failure !== null) throw running.failure.cause
    if (running.ends !== null) return this.#trapped(running, running.ends)
    if (result.error) return this.#trapped(running, describeThrown(context, result.error))
    const output = context.getString(result.value)
    running.chars += output.length
    if (running.chars > CALL_CHARS_MAX) return this.#trapped(running, 'input, reads and answer are too long')
    try {
      return { use: this.#use(running), answer: JSON.parse(output) as JsonValue }
    } catch {
      return this.#trapped(running, 'its answer is no JSON')
    }
  }

  /** Whether the engine takes a text now: where it has no room, the host would write it over the engine itself. */
  #hasRoom(text: string): boolean {
    const at = this.#module._malloc(BYTES_A_CHAR * text.length + ROOM_MORE_BYTES)
    if (at === 0) return false
    this.#module._free(at)
    return true
  }

  #trapped(running: Running, trap: string): CallResult {
    return { use: this.#use(running), trap }
  }

  #use({ interrupts: steps, reads, chars }: Running): CallUse {
    return { steps, reads, chars, heapBytes: this.#heapEnd - this.#heapFrom }
  }

  /** True ends what runs, and the rule cannot catch it. */
  #interrupt(): boolean {
    const running = this.#running
    if (running === null) return false
    if (++running.interrupts > CALL_INTERRUPTS_MAX)
      running.ends ??= `it did not end within ${CALL_INTERRUPTS_MAX} x 10,000 steps`
    return running.ends !== null
  }

  #get(owner: string, kind: string, id: string): string {
    const running = this.#running
    if (running === null || running.ends !== null) return ''
    if (++running.reads > CALL_READS_MAX) {
      running.ends = `it read more than ${CALL_READS_MAX} values`
      return ''
    }
    const name = parsed(id)
    if (name === undefined) {
      running.ends = 'it asked by what is no name'
      return ''
    }
    try {
      const value = running.lookup(owner, kind, name)
      const text = value === null ? '' : JSON.stringify(value)
      running.chars += id.length + text.length
      if (running.chars > CALL_CHARS_MAX) running.ends = 'input and reads are too long'
      else if (!this.#hasRoom(text)) running.ends = 'it left no memory for what it asked for'
      return running.ends === null ? text : ''
    } catch (cause) {
      // What a rule may not ask is its own fault; whatever else is thrown is ours, and the rule must not see it.
      if (cause instanceof PackError) running.ends = cause.message
      else running.failure = { cause }
      running.ends ??= 'the host failed'
      return ''
    }
  }

  /** What breaks while a rule is read is that rule's own fault. */
  #loaded(rule: string): Loaded {
    try {
      return this.#load(rule)
    } catch (cause) {
      if (cause instanceof PackError) throw cause
      throw new PackError('pack_failed', `evaluating rule.js: ${messageOf(cause)}`.slice(0, 500))
    }
  }

  #load(rule: string): Loaded {
    const context = this.#context
    if (rule.length > RULE_CHARS_MAX)
      throw new PackError('pack_limit', `a rule has ${rule.length} characters; at most ${RULE_CHARS_MAX}`)
    const running: Running = { lookup: () => null, interrupts: 0, reads: 0, chars: 0, ends: null, failure: null }
    const value = (result: ReturnType<QuickJSContext['evalCode']>, what: string): QuickJSHandle => {
      if (result.error)
        throw new PackError('pack_failed', `${what}: ${describeThrown(context, result.error)}`.slice(0, 500))
      return result.value
    }
    const get = context.newFunction('get', (...given) => {
      const [owner = '', kind = '', id = ''] = given.map((handle) => context.getString(handle))
      return context.newString(this.#get(owner, kind, id))
    })
    const prelude = value(
      context.evalCode(`(${CALL_PRELUDE})`, 'prelude.js', { strict: true }),
      'evaluating prelude.js',
    )
    const runner = value(context.callFunction(prelude, context.undefined, get), 'preparing prelude.js')
    this.#running = running
    const pack = value(context.evalCode(rule, 'rule.js', { strict: true }), 'evaluating rule.js')
    const has = (name: string): boolean => context.typeof(context.getProp(pack, name)) === 'function'
    const [accepts, judges] = [has('accept'), has('judge')]
    this.#running = null
    if (accepts && BIGINT.test(rule))
      throw new PackError('pack_invalid', 'a rule with accept may not hold BigInt literals')
    return { runner, pack, accepts, judges }
  }

  get #heapEnd(): number {
    return this.#words[this.#heapEndAt] as number
  }

  #restore(): void {
    this.#bare.resetStack()
    const { data, stack, heap } = this.#image
    const grown = this.#heapEnd
    this.#bytes.set(data)
    this.#bytes.set(stack, this.#stackFrom)
    this.#bytes.set(heap, this.#heapFrom)
    if (grown > this.#heapFrom + heap.length) this.#bytes.fill(0, this.#heapFrom + heap.length, grown)
  }
}

/** Undefined for what is no JSON. */
function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

/** Regular expressions can be written, since `judge` may use them; what runs them is taken away. */
const INTRINSICS = { BaseObjects: true, Eval: true, JSON: true, RegExp: true }

/**
 * Takes away the memory that a rule may not have. The word that moves with such a block, and goes furthest, is the end of the heap
 * (`sbrk`); the stack ends where the heap begins.
 */
function reserve(
  engine: QuickJSWASMModule,
  words: Uint32Array,
): { heapFrom: number; heapEndAt: number; stackTop: number } {
  const { _malloc } = (engine as unknown as { module: EngineModule }).module
  const stackTop = _malloc(16) & ~15
  const before = words.slice(0, stackTop >>> 2)
  const ballast = ENGINE_BYTES - CALL_MEMORY_BYTES - stackTop - PAGE_BYTES
  const at = _malloc(ballast)
  let heapEndAt = -1
  for (let i = 0; i < before.length; i++) {
    const now = words[i] as number
    if (now === before[i] || now < at + ballast || now > ENGINE_BYTES) continue
    if (heapEndAt === -1 || now > (words[heapEndAt] as number)) heapEndAt = i
  }
  if (at === 0 || heapEndAt === -1)
    throw new PackError('engine_invalid', 'the rule engine does not tell how far its heap goes')
  return { heapFrom: (at + ballast - 64) & ~15, heapEndAt, stackTop }
}

/** The engine's own data end where nothing was written any more, below the stack; what follows at once may be written later. */
function dataEnd(bytes: Uint8Array): number {
  let end = 0
  for (let at = 0; at - end <= PAGE_BYTES; at++) if (bytes[at] !== 0) end = at
  return end + PAGE_BYTES
}

/** Of an object name and message are read, and only where they are texts. */
function describeThrown(context: QuickJSContext, thrown: QuickJSHandle): string {
  if (context.typeof(thrown) !== 'object' && context.typeof(thrown) !== 'function') return context.typeof(thrown)
  const textAt = (name: string): string => {
    const value = context.getProp(thrown, name)
    return context.typeof(value) === 'string' ? context.getString(value).slice(0, 200) : ''
  }
  return `${textAt('name') || 'error'}: ${textAt('message')}`
}
