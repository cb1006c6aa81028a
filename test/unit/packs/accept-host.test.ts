/** One memory image for every call: what a call answers and uses follows from its input and from nothing before it. */
import { isLong } from '../../support/long.ts'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadEngine } from '../../../src-main/documents/engine.ts'
import { BareEngine, callMemory } from '../../../src-main/packs/bare-engine.ts'
import { CALL_INTERRUPTS_MAX, CALL_READS_MAX, CallEngine } from '../../../src-main/packs/call-engine.ts'
import type { CallResult, Lookup } from '../../../src-main/packs/call-engine.ts'
import type { JsonValue } from '../../../src-main/wire/json.ts'
import { sha256, toHex } from '../../../src-main/wire/bytes.ts'
import { Prng } from '../../sim/prng.ts'

const engine = loadEngine()
const nothing: Lookup = () => null
/** Sources that would be read by recursion without end. */
const NESTED = ['(', '[', '{', '!', '`${', 'class A extends '].map((one) => one.repeat(30_000))
const ruled = (body: string, before = ''): string => `${before}\n;({ judge: () => 0, accept: (call) => { ${body} } })`
const engineOf = async (rule: string): Promise<CallEngine> => new CallEngine(await BareEngine.of(engine), rule)
const loaded = async (body: string, before = ''): Promise<CallEngine> => await engineOf(ruled(body, before))
const called = async (body: string, input: JsonValue = {}, before = ''): Promise<CallResult> =>
  (await loaded(body, before)).call(input, nothing)
const answerOf = (result: CallResult): JsonValue | string =>
  'answer' in result ? result.answer : `trap: ${result.trap}`

/** Works, reads, keeps and sometimes traps by what it is asked. */
const MIXED = ruled(
  `seen += 1
   globalThis.last = call.n
   Object.prototype.mark = call.n
   const kept = call.get('own', 'n', 'k' + (call.n % 7))
   const list = []
   for (let i = 0; i < call.n % 90; i++) list.push({ i, t: 'x'.repeat(call.n % 50) })
   if (call.n % 101 === 0) for (;;);
   if (call.n % 997 === 0) for (;;) list.push({ n: list.length })
   if (call.n % 37 === 0) throw new Error('no')
   if (call.n % 401 === 0) { const f = () => 1 + f(); f() }
   return { seen, mark: typeof ({}).mark, kept, sum: list.reduce((sum, one) => sum + one.i, 0) }`,
  'let seen = 0',
)

describe('thousands of calls', () => {
  const calls = Array.from({ length: isLong ? 10_000 : 4_000 }, (_, n) => n)
  const lookup: Lookup = (_owner, _kind, id) => ({ value: id })
  const run = async (groups: number[][]): Promise<string[]> => {
    const told = Array.from({ length: calls.length }, () => '')
    for (const group of groups) {
      const one = await engineOf(MIXED)
      for (const n of group) told[n] = JSON.stringify(one.call({ n }, lookup))
    }
    return told
  }
  const cut = (size: number): number[][] =>
    Array.from({ length: Math.ceil(calls.length / size) }, (_, i) => calls.slice(i * size, (i + 1) * size))
  let whole: string[] = []
  beforeAll(async () => {
    whole = await run([calls])
  }, 300_000)

  test('answer, trap and use what they do by their input alone', () => {
    expect(new Set(whole.map((one) => Object.keys(JSON.parse(one) as object).join())).size).toBe(2)
    expect(JSON.parse(whole[5]!)).toEqual({
      use: expect.objectContaining({ reads: 1, steps: 0 }) as object,
      answer: { seen: 1, mark: 'number', kept: { value: 'k5' }, sum: 10 },
    })
    expect(whole.filter((one) => one.includes('"trap"')).length).toBeGreaterThan(calls.length * 0.03)
  })

  test('come to the same in groups of 100', async () => {
    expect(await run(cut(100))).toEqual(whole)
  }, 300_000)

  test('come to the same in groups of 7, and of 1', async () => {
    const few = calls.slice(0, 700)
    const told = await run(cut(7).slice(0, 100))
    expect(told.slice(0, 700)).toEqual(whole.slice(0, 700))
    for (const n of few.slice(0, 80)) expect((await run([[n]]))[n]).toBe(whole[n])
  }, 300_000)

  test('come to the same where another rule had the engine before', async () => {
    const bare = await BareEngine.of(engine)
    const other = new CallEngine(
      bare,
      ruled('globalThis.list = []; for (let i = 0; i < 9e3; i++) list.push({ i }); return { i: 1 }'),
    )
    for (let n = 0; n < 3; n++) other.call({ n }, nothing)
    bare.clear()
    const again = new CallEngine(bare, MIXED)
    for (const n of calls.slice(0, 1_200)) expect(JSON.stringify(again.call({ n }, lookup))).toBe(whole[n])
  }, 300_000)

  test('come to the same in the opposite order, and in any', async () => {
    expect(await run([calls.toReversed()])).toEqual(whole)
    expect(await run([new Prng(1).shuffle(calls)])).toEqual(whole)
  }, 300_000)
})

test('every byte of the memory is the same at the same place of the same call, whatever ran before', async () => {
  const memory = callMemory()
  const hashes: string[] = []
  const one = new CallEngine(await BareEngine.of(engine, memory), MIXED)
  const look: Lookup = (_owner, _kind, id) => {
    if (id === 'k5') hashes.push(toHex(sha256(new Uint8Array(memory.buffer))))
    return 1
  }
  for (const n of [5, 101, 5, 37, 5, 401, 899, 997, 5]) one.call({ n }, look)
  expect(hashes).toHaveLength(4)
  expect(new Set(hashes).size).toBe(1)
  expect(memory.buffer.byteLength).toBe(16 * 1024 * 1024)
})

describe('a hostile rule ends in a trap, and the next call knows nothing of it', () => {
  const deep = '(() => { let o = 1; for (let i = 0; i < 3000; i++) o = [o]; return o })()'
  test.each<[string, string]>([
    ['that loops', 'for (;;) ;'],
    ['that loops and catches', 'for (;;) try { for (;;) ; } catch {}'],
    ['that recurses', 'const f = () => 1 + f(); return f()'],
    ['that recurses and catches', 'let n = 0; const f = () => { n++; try { f() } catch {} ; f() }; f(); return {}'],
    ['that fills the memory', 'const all = []; for (;;) all.push({ a: 1, b: [1, 2, 3] })'],
    ['that fills the memory and catches', 'const all = []; for (;;) try { for (;;) all.push({ a: 1 }) } catch {}'],
    ['that doubles a text', "let t = 'x'; for (;;) t += t"],
    ['that throws', "throw new Error('no')"],
    ['that throws nothing', 'throw undefined'],
    ['that throws what throws', 'throw { get name() { throw 1 }, get message() { throw 2 } }'],
    ['that throws depth', `throw ${deep}`],
    ['that answers nothing', 'return undefined'],
    ['that answers a function', 'return () => 1'],
    ['that answers depth', `return ${deep}`],
    ['that answers itself', 'const o = {}; o.o = o; return o'],
    ['that answers with a toJSON', 'return { toJSON: () => ({}) }'],
    [
      'that reads too often',
      `for (let i = 0; i < ${CALL_READS_MAX + 1}; i++) try { call.get('own', 'k', 'i') } catch {}; return {}`,
    ],
    [
      'that answers too much',
      "return { a: 'x'.repeat(60000), b: 'x'.repeat(60000), c: 'x'.repeat(60000), d: 'x'.repeat(60000), e: 'x'.repeat(60000) }",
    ],
    ['that waits for a promise', 'return (async () => 1)()'],
    ['that asks for what is no text', 'call.get(1, 2, 3); return {}'],
    ['that reads through a hole', "return { a: [].constructor.constructor('return 1')() }"],
    ['that makes a function', "return { a: (() => {}).constructor('return 1')() }"],
    ['that makes a generator', "return { a: (function* () {}).constructor('yield 1')().next() }"],
    ['that goes through an array without end', 'const a = []; a.length = 4294967295; a.forEach(() => 0); return {}'],
    ['that joins an array without end', "const a = []; a.length = 4294967295; return { a: a + '' }"],
    ['that looks through what is no array', 'return [].indexOf.call({ length: 9007199254740991 }, 1)'],
    ['that turns what is no array around', 'return [].reverse.call({ length: 9007199254740991 })'],
    ['that writes behind the end', 'const a = []; a[4294967294] = 1; a.reverse(); return {}'],
    ['that sorts by nothing', 'return { a: [3, 2, 1].sort() }'],
    ['that repeats a text without end', "return { a: 'x'.repeat(1e9) }"],
    ['that pads a text without end', "return { a: 'x'.padEnd(1e9) }"],
    [
      'that looks for a long text in a long text',
      "const a = 'a'.repeat(60000); return { a: a.includes(a.slice(1) + 'b') }",
    ],
    ['that runs an expression', "return { a: /(a+)+b/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') }"],
    ['that matches one', "return { a: 'aaaa'.match(/a/) }"],
    ['that splits by one', "return { a: 'aaaa'.split(/a/) }"],
    ['that uses JSON', "return { a: JSON.parse('1') }"],
    ['that uses a map', 'return { a: new Map([[1, 2]]).size }'],
    ['that uses Reflect', 'return { a: Reflect.ownKeys({}) }'],
  ])(
    '%s',
    async (_, body) => {
      const one = await engineOf(
        ruled(`if (call.n === 0) return { fine: true, last: typeof globalThis.last };globalThis.last = 1;${body}`),
      )
      const fine = JSON.stringify(one.call({ n: 0, assets: [] }, nothing))
      const hostile = one.call({ n: 1, assets: [] }, nothing)
      expect(hostile, JSON.stringify(hostile)).toHaveProperty('trap')
      expect(JSON.stringify(one.call({ n: 1, assets: [] }, nothing))).toBe(JSON.stringify(hostile))
      expect(JSON.stringify(one.call({ n: 0, assets: [] }, nothing))).toBe(fine)
      expect(fine).toContain('"last":"undefined"')
    },
    120_000,
  )

  test.each([0, 1, 2, 3, 5, 8, 13, 21].map((more) => [more]))(
    'that fills the memory where the host works, with %i more, traps and leaves nothing behind, when it is read and when it is called',
    async (more) => {
      const fill = `let keep = null; const p = [[0]]; for (let k = 1; k < 18; k++) try { p[k] = [...p[k - 1], ...p[k - 1]] } catch {}
        for (let k = p.length - 1; k >= 3; k--) for (let i = 0; i < 400 + ${more}; i++) try { keep = { a: [...p[k]], n: keep } } catch { break }
        globalThis.k = keep`
      await engineOf(`(() => { ${fill}; return { judge() {}, accept() { return {} } } })()`).catch((error: unknown) =>
        expect(error).toMatchObject({ name: 'PackError' }),
      )
      const one = await loaded(
        `if (call.n === 0) return { last: typeof globalThis.k }; ${fill}; return { x: call.get('own', 'n', 'é'.repeat(${more})) }`,
      )
      const fine = one.call({ n: 0 }, nothing)
      const hostile = (): CallResult => one.call({ n: 1 }, () => ({ text: 'é'.repeat(9_000) }))
      const first = JSON.stringify(hostile())
      for (let i = 0; i < 3; i++) expect(JSON.stringify(hostile())).toBe(first)
      expect(first).toContain('"trap"')
      expect(JSON.stringify(one.call({ n: 0 }, nothing))).toBe(JSON.stringify(fine))
      expect(
        JSON.stringify(
          (
            await loaded(
              `if (call.n === 0) return { last: typeof globalThis.k }; ${fill}; return { x: call.get('own', 'n', 'é'.repeat(${more})) }`,
            )
          ).call({ n: 1 }, () => ({ text: 'é'.repeat(9_000) })),
        ),
      ).toBe(first)
    },
    120_000,
  )

  test('that traps at once when it is read, or holds what no bound can end, is not loaded', async () => {
    await expect(engineOf('for (;;) ;')).rejects.toMatchObject({ code: 'pack_failed' })
    await expect(engineOf('this is no script')).rejects.toMatchObject({ code: 'pack_failed' })
    for (const deep of NESTED)
      await expect(engineOf(deep), deep.slice(0, 9)).rejects.toMatchObject({ code: 'pack_failed' })
    for (const literal of ['10n', '0xFFn', '1_0n'])
      await expect(engineOf(ruled(`return { a: ${literal} ** ${literal} > 1 }`))).rejects.toMatchObject({
        code: 'pack_invalid',
      })
  })
})

describe('what a rule keeps', () => {
  test.each<[string, JsonValue]>([
    [
      "'Abc'.toUpperCase() + ' abc '.trim() + 'abc'.indexOf('c') + 'a-b'.split('-').join('+') + 'x'.repeat(3)",
      'ABCabc2a+bxxx',
    ],
    ['[3, 1, 2].toSorted((a, b) => a - b).map((n) => n * 2)', [2, 4, 6]],
    ['[[1, 2], [3]].reduce((all, one) => all.concat(one), []).includes(3)', true],
    [
      'Object.entries({ a: 1 }).concat([[1, 2]])',
      [
        ['a', 1],
        [1, 2],
      ],
    ],
    ["Object.keys({ a: 1, b: 2 }).filter((name) => name !== 'a')", ['b']],
    ['Math.max(1, 2) + Math.trunc(1.9) + Number.MAX_SAFE_INTEGER - 9007199254740991', 3],
    ["[...'äb'].length + [1, 2, ...[3]].length", 5],
    ['(1.005).toFixed(2) + (255).toString(16)', '1.00ff'],
    ['String([1, 2]) + `${[3, [4]]}`', '1,23,4'],
    ['[1, 2, 3].at(-1)', 3],
    ["'a.b'.replaceAll('.', '/') + 'aab'.replace('a', 'b') + 'abc'.slice(1, -1)", 'a/bbabb'],
    ['Object.freeze([1]).slice()', [1]],
    ['call.get("own", "k", "a") ?? "none"', 'none'],
  ])('%s', async (expression, value) => {
    expect(answerOf(await called(`return { a: ${expression} }`))).toEqual({ a: value })
  })

  test('and nothing more', async () => {
    const names = [
      'Date',
      'RegExp',
      'Promise',
      'Symbol',
      'JSON',
      'Reflect',
      'Proxy',
      'Map',
      'Set',
      'WeakMap',
      'BigInt',
      'eval',
      'Function',
      'Uint8Array',
      'parseInt',
      'setTimeout',
      'hostGet',
    ]
    const listed = `[${names.map((name) => `typeof globalThis.${name}`).join()}].every((one) => one === 'undefined')`
    expect(
      answerOf(
        await called(
          `return { a: ${listed}, b: typeof Math.random, c: typeof Math.sin, d: typeof [].flat, e: typeof ''.match }`,
        ),
      ),
    ).toEqual({
      a: true,
      b: 'undefined',
      c: 'undefined',
      d: 'undefined',
      e: 'undefined',
    })
  })
})

describe('a failure of the host', () => {
  test('ends the call outside the sandbox: a rule cannot catch it, nor answer over it', async () => {
    const one = await loaded(
      "let got; try { got = call.get('core', 'asset', 'x') } catch {} return { got: String(got) }",
    )
    const failing: Lookup = () => {
      throw new RangeError('the disk is gone')
    }
    expect(() => one.call({}, failing)).toThrow('the disk is gone')
    expect(answerOf(one.call({}, () => 'v'))).toEqual({ got: 'v' })
  })

  test('comes before a loop without end that follows it', async () => {
    const one = await loaded("try { call.get('core', 'asset', 'x') } catch {} for (;;) ;")
    expect(() =>
      one.call({}, () => {
        throw new RangeError('the disk is gone')
      }),
    ).toThrow('the disk is gone')
  })
})

test('steps are counted from zero in each call', async () => {
  const one = await loaded('let n = 0; while (n < call.n) n++; return { n }')
  const stepsOf = (n: number): number => one.call({ n }, nothing).use.steps
  expect([0, 10_000, 20_000, 10_000, 0].map(stepsOf)).toEqual([0, 2, 4, 2, 0])
  expect(answerOf(one.call({ n: CALL_INTERRUPTS_MAX * 10_000 + 20_000 }, nothing))).toMatch(
    /^trap: it did not end within/,
  )
})
