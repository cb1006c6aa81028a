import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadEngine } from '../../../src-main/documents/engine.ts'
import { PackError } from '../../../src-main/packs/errors.ts'
import { createPackHost } from '../../../src-main/packs/host.ts'
import type { PackHost } from '../../../src-main/packs/host.ts'
import { PACK_OUTPUT_DEPTH_MAX } from '../../../src-main/packs/prelude.ts'
import type { JsonValue } from '../../../src-main/wire/json.ts'

let host: PackHost
beforeAll(async () => {
  host = await createPackHost(loadEngine())
})

/** A pack whose judge evaluates one expression over `input`. */
const judging = (expression: string, before = ''): string => `${before}\n;({ judge: (input) => (${expression}) })`
const judge = (expression: string, input: JsonValue = {}, before = ''): JsonValue =>
  host.run(judging(expression, before), 'judge', input)

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof PackError) return error.code
    throw error
  }
  return 'no error'
}

describe('the pack host', () => {
  test('names its engine by the SHA-256 of the bytes given', () => {
    expect(Buffer.from(host.engineHash).toString('hex')).toBe(createHash('sha256').update(loadEngine()).digest('hex'))
  })

  test('refuses bytes that are no engine', async () => {
    await expect(createPackHost(new Uint8Array([1, 2, 3]))).rejects.toMatchObject({ code: 'engine_invalid' })
  })

  test('hands JSON in and gives JSON back', () => {
    const input = { a: [1, 2.5, null, true, 'ü'], __proto__x: {} }
    expect(judge('input', input)).toEqual(input)
    expect(judge('input.a[1] * 2', input)).toBe(5)
  })

  test('freezes the input to its depths', () => {
    expect(codeOf(() => judge('(() => { input.deep.list.push(1) })()', { deep: { list: [] } }))).toBe('pack_failed')
    expect(judge('Object.isFrozen(input.deep) && Object.isFrozen(input.deep.list[0])', { deep: { list: [{}] } })).toBe(
      true,
    )
  })

  test.each([
    'Date',
    'WeakRef',
    'FinalizationRegistry',
    'Promise',
    'Proxy',
    'Float64Array',
    'DataView',
    'SharedArrayBuffer',
    'performance',
    'console',
    'process',
    'require',
    'fetch',
    'setTimeout',
    'crypto',
    'eval',
  ])('offers no %s', (name) => {
    expect(judge(`typeof globalThis[${JSON.stringify(name)}]`)).toBe('undefined')
  })

  test('has no randomness, yet the rest of Math', () => {
    expect(judge('[typeof Math.random, Math.max(1, 2), Math.sqrt(2)]')).toEqual(['undefined', 2, Math.SQRT2])
  })

  test('keeps nothing from one call to the next', () => {
    const counting = 'globalThis.n = (globalThis.n ?? 0) + 1; Array.prototype.seen = (Array.prototype.seen ?? 0) + 1'
    const seen = [1, 2, 3].map(() => judge('[globalThis.n, [].seen]', {}, counting))
    expect(seen).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ])
  })

  test('places memory alike in every call, so that its cap is met at the same point', () => {
    const fill =
      '(() => { const all = []; try { for (;;) all.push("x".repeat(1000) + all.length) } catch { return all.length } })()'
    const first = judge(fill)
    judge('"y".repeat(3e6).length')
    expect(judge(fill)).toBe(first)
    expect(first).toBeGreaterThan(10_000)
  })

  test('reports what the pack threw, with the function that threw it', () => {
    expect(() => judge('(() => { throw new RangeError("too far") })()')).toThrow(/^judge: RangeError: too far$/)
    expect(codeOf(() => judge('(() => { throw null })()'))).toBe('pack_failed')
    expect(codeOf(() => host.run('this is no script', 'judge', {}))).toBe('pack_failed')
  })

  test('refuses a source without the function asked for, and answers that are no JSON', () => {
    expect(codeOf(() => host.run('({ judge: 1 })', 'judge', {}))).toBe('pack_invalid')
    expect(codeOf(() => host.run('1', 'judge', {}))).toBe('pack_invalid')
    expect(codeOf(() => judge('undefined'))).toBe('pack_failed')
    expect(codeOf(() => judge('() => 1'))).toBe('pack_failed')
  })

  test('stops endless loops, endless recursion, memory bombs and long answers', () => {
    const small = 'let n = 0;'
    expect(codeOf(() => judge('(() => { for (;;) n++ })()', {}, small))).toBe('pack_limit')
    expect(codeOf(() => judge('(() => { const f = () => 1 + f(); return f() })()'))).toBe('pack_limit')
    expect(codeOf(() => judge('"x".repeat(2e8)'))).toBe('pack_limit')
    expect(codeOf(() => judge('"x".repeat(2e6)'))).toBe('pack_limit')
    expect(judge('1 + 1')).toBe(2)
  }, 180_000)

  test('stops answers and errors nested so deep that they would break the engine', () => {
    const deep = '(() => { let o = 1; for (let i = 0; i < 50000; i++) o = [o]; return o })()'
    const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`
    expect(codeOf(() => judge(deep))).toBe('pack_failed')
    expect(codeOf(() => judge(nested(PACK_OUTPUT_DEPTH_MAX + 1)))).toBe('pack_failed')
    expect(judge(nested(PACK_OUTPUT_DEPTH_MAX))).toEqual(JSON.parse(nested(PACK_OUTPUT_DEPTH_MAX)))
    for (const sly of [
      `{ toJSON: () => ${deep} }`,
      `{ get x() { return this.once ? ${deep} : (this.once = 1) } }`,
      `(() => { Array.prototype.toJSON = () => ${deep}; return Object.setPrototypeOf([1], null) })()`,
      `(() => { BigInt.prototype.toJSON = () => ${deep}; return 1n })()`,
      `(() => { throw ${deep} })()`,
      `(() => { throw { name: ${deep}, get message() { throw ${deep} } } })()`,
    ]) {
      codeOf(() => judge(sly))
      expect([sly, judge('1 + 1')]).toEqual([sly, 2])
    }
    expect(codeOf(() => host.run(`throw ${deep}`, 'judge', {}))).toBe('pack_failed')
    expect(judge('1 + 1')).toBe(2)
  }, 180_000)

  test('stops a source nested without end, and one that leaves a promise behind, by a code of its own', () => {
    for (const source of ['(', '[', '{', '!', '`${', 'class A extends '].map((one) => one.repeat(30_000)))
      expect([source.slice(0, 9), codeOf(() => host.run(source, 'judge', {}))]).toEqual([
        source.slice(0, 9),
        'pack_limit',
      ])
    expect(codeOf(() => judge('(async () => 1)()'))).toBe('pack_failed')
    expect(judge('1 + 1')).toBe(2)
  })

  test('cannot be fooled by a pack that overwrites JSON or Object', () => {
    const before = 'JSON.stringify = () => "9"; Object.freeze = (x) => x; JSON.parse = () => ({})'
    expect(judge('[input.a, Object.getOwnPropertyDescriptor(input, "a").writable]', { a: 1 }, before)).toEqual([
      1,
      false,
    ])
  })
})
