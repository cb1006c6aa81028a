import { EventEmitter } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test, vi } from 'vitest'
import { breakingStream } from '../../../../src-main/api/breaking-stream.ts'
import { ExportDesk, EXPORTS_MAX, STALLED_MS } from '../../../../src-main/gateway/export/export-desk.ts'
import type { ExportRequest } from '../../../../src-main/gateway/export/export-model.ts'

const ADA = { name: 'Ada', isPerson: true }
const signal = new AbortController().signal
const request = {} as ExportRequest

/** A thread that has as many pieces as are asked for. */
class EndlessWorker extends EventEmitter {
  terminated = false
  pieces = 0
  postMessage(): void {
    this.pieces += 1
    queueMicrotask(() => this.emit('message', { type: 'piece', bytes: new Uint8Array(8), rows: this.pieces }))
  }
  async terminate(): Promise<number> {
    this.terminated = true
    return 0
  }
  begin(): void {
    this.emit('message', { type: 'head', head: {}, about: 7 })
  }
}

function deskOf(): { desk: ExportDesk; workers: EndlessWorker[] } {
  const workers: EndlessWorker[] = []
  const desk = new ExportDesk({ ledgerFile: '', context: () => ({}) as never }, () => {
    workers.push(new EndlessWorker())
    return workers.at(-1) as unknown as Worker
  })
  return { desk, workers }
}

test('one person has two estimates at once, and the others find room', async () => {
  const { desk, workers } = deskOf()
  const ask = (name: string, isPerson = true) => desk.estimate(request, { name, isPerson }, signal)
  const first = [ask('Ada'), ask('Ada')]
  await expect(ask('Ada')).rejects.toMatchObject({ code: 'busy', message: expect.stringContaining('of Ada') })
  // Programs of this machine have no share, and a name of theirs is no person's.
  const others = [ask('Bob'), ask('Ada', false)]
  await expect(ask('Cleo')).rejects.toMatchObject({ code: 'busy' })
  for (const worker of workers) worker.begin()
  for (const one of [...first, ...others]) expect(await one).toMatchObject({ about: 7 })
  expect(workers.map(({ terminated }) => terminated)).toEqual([true, true, true, true])
  const again = ask('Ada')
  workers.at(-1)?.begin()
  expect(await again).toMatchObject({ about: 7 })
})

test('a reader that takes no piece for two minutes loses its place and its connection; one that takes them slowly keeps both', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { desk, workers } = deskOf()
  const start = async (name: string) => {
    const started = desk.start(request, { name, isPerson: true }, 'run', signal)
    workers.at(-1)?.begin()
    return (await started).body
  }
  const broken = vi.fn()
  const stalled = breakingStream(await start('Ada'), broken).getReader()
  const slow = (await start('Bob')).getReader()
  expect(desk.running(ADA)).toHaveLength(1)
  await expect(desk.start(request, { name: 'Cleo', isPerson: true }, 'run', signal)).rejects.toMatchObject({
    message: expect.stringContaining(`${EXPORTS_MAX} exports`),
  })
  await stalled.read()
  for (let piece = 1; piece <= 4; piece += 1) {
    expect(broken).toHaveBeenCalledTimes(piece > 2 ? 1 : 0)
    expect((await slow.read()).done).toBe(false)
    await settle()
    vi.advanceTimersByTime(STALLED_MS / 2)
    await settle()
  }
  expect(broken.mock.calls).toEqual([[expect.objectContaining({ code: 'export_failed' })]])
  expect(workers.map(({ terminated }) => terminated)).toEqual([true, false])
  expect(desk.running(ADA)).toEqual([])
  vi.advanceTimersByTime(STALLED_MS)
  await expect(slow.read()).rejects.toMatchObject({ code: 'export_failed', message: expect.stringContaining('2 min') })
  expect(await start('Cleo')).toBeInstanceOf(ReadableStream)
})

const settle = () => new Promise((resolve) => setImmediate(resolve))
