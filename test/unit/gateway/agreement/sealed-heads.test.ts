import { expect, test } from 'vitest'
import { SealedHeads, type SealedHead } from '../../../../src-main/gateway/agreement/sealed-heads.ts'

const rootOf = (size: number): string => size.toString(16).padStart(64, '0')
const OTHER = 'f'.repeat(64)

/** This gateway's ledger has a seal at each tenth entry; a clock that a test moves. */
class Scene {
  ms = 0
  size = 10
  readonly heads = new SealedHeads({
    newest: () => this.head(this.size),
    rootAt: (size) => (size % 10 === 0 && size <= this.size ? rootOf(size) : null),
  })

  head(size: number, root = rootOf(size)): SealedHead {
    return { height: size / 10, size, root }
  }

  shows(head: SealedHead): void {
    this.heads.shown('gw-2', head, this.ms)
  }

  /** A second passes: this ledger grows, and the other shows something. */
  second(shown: SealedHead | null, grows = true): void {
    this.ms += 1_000
    if (grows) this.size += 10
    this.heads.tick(this.ms)
    if (shown !== null) this.shows(shown)
  }

  get state(): string {
    return this.heads.of('gw-2', this.ms).state
  }
}

test('who has shown nothing is silent, and who shows this ledger is equal for as long as it goes on', () => {
  const scene = new Scene()
  expect(scene.state).toBe('silent')
  for (let i = 0; i < 60; i++) {
    scene.second(scene.head(scene.size + 20))
    expect(scene.state).toBe(i === 0 ? 'beyond' : 'equal')
  }
})

test('a head that was the newest ten seconds ago says nothing of now, though it is equal and shown again and again', () => {
  const scene = new Scene()
  scene.shows(scene.head(10))
  expect(scene.state).toBe('equal')
  const since = scene.heads.of('gw-2', scene.ms).sinceMs
  for (let i = 0; i < 20; i++) scene.second(scene.head(10))
  expect(scene.state).toBe('old')
  expect(scene.heads.of('gw-2', scene.ms).sinceMs).toBeLessThanOrEqual((since ?? 0) + 10_000)
  scene.second(scene.head(scene.size))
  expect(scene.state).toBe('equal')
})

test('who stops showing is silent after ten seconds, and equal until then', () => {
  const scene = new Scene()
  scene.shows(scene.head(10))
  scene.ms = 9_999
  expect(scene.state).toBe('equal')
  scene.ms = 10_000
  expect([scene.state, scene.heads.of('gw-2', scene.ms).sinceMs]).toEqual(['silent', 0])
})

test('a head that a third one passes on is compared, and is no sign of life of its signer', () => {
  const scene = new Scene()
  scene.heads.signed('gw-2', scene.head(10), scene.ms)
  expect(scene.state).toBe('silent')
  scene.shows(scene.head(10))
  for (; scene.ms < 10_000; scene.ms += 500) scene.heads.signed('gw-2', scene.head(10), scene.ms)
  expect(scene.state).toBe('silent')
  scene.heads.signed('gw-2', scene.head(10, OTHER), scene.ms)
  expect(scene.state).toBe('differs')
})

test.each([
  ['another root at a seal of this ledger', 10, OTHER],
  ['a seal where this ledger has none', 5, rootOf(5)],
])('%s differs at once', (_, size, root) => {
  const scene = new Scene()
  scene.shows(scene.head(size, root))
  expect(scene.state).toBe('differs')
  expect([...scene.heads.differences()]).toEqual([['gw-2', { size, root }]])
})

test('a head beyond waits, and differs or is equal once this ledger is there', () => {
  for (const [root, state] of [
    [rootOf(30), 'equal'],
    [OTHER, 'differs'],
  ] as const) {
    const scene = new Scene()
    scene.shows(scene.head(30, root))
    expect(scene.state).toBe('beyond')
    scene.second(null)
    expect(scene.state).toBe('beyond')
    scene.second(null)
    expect(scene.state).toBe(state)
  }
})

test('a difference stands whatever smaller is shown, keeps its first place, and ends by an equal head that covers it', () => {
  const scene = new Scene()
  scene.size = 100
  scene.shows(scene.head(50, OTHER))
  scene.shows(scene.head(70, OTHER))
  scene.shows(scene.head(40))
  expect(scene.state).toBe('differs')
  expect(scene.heads.differences().get('gw-2')).toEqual({ size: 50, root: OTHER })
  scene.ms = 7_000
  expect([scene.heads.differsForMs('gw-2', scene.ms), scene.heads.differsForMs('gw-3', scene.ms)]).toEqual([
    7_000,
    null,
  ])
  scene.shows(scene.head(50))
  expect([scene.state, scene.heads.differences().size]).toEqual(['old', 0])
})

test('a difference of an earlier run stands until an equal head covers it, whether its gateway is there or not', () => {
  const own = { newest: () => ({ height: 9, size: 90, root: rootOf(90) }), rootAt: rootOf }
  const heads = new SealedHeads(own, new Map([['gw-2', { size: 50, root: OTHER }]]))
  expect([heads.of('gw-2', 0).state, heads.of('gw-2', 1e9).state]).toEqual(['differs', 'differs'])
  heads.shown('gw-2', { height: 4, size: 40, root: rootOf(40) }, 1e9)
  expect(heads.of('gw-2', 1e9).state).toBe('differs')
  heads.shown('gw-2', { height: 9, size: 90, root: rootOf(90) }, 1e9)
  expect(heads.of('gw-2', 1e9).state).toBe('equal')
})

test('heads far beyond push out nothing but heads of the same gateway', () => {
  const scene = new Scene()
  scene.heads.shown('gw-3', scene.head(30), scene.ms)
  for (let i = 0; i < 1_000; i++) scene.shows(scene.head(1e9 + i, OTHER))
  scene.second(null)
  scene.second(null)
  expect([scene.state, scene.heads.of('gw-3', scene.ms).state]).toEqual(['beyond', 'equal'])
})
