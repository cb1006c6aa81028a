import type { ServerEvent } from './handlers.ts'

/** A comment this often keeps proxies and the browser from taking silence for a broken connection. */
export const HEARTBEAT_MS = 15_000
/** After a broken connection the browser waits this long before it comes back. */
const RETRY_MS = 2_000
/** What may wait in this process for a client that does not read; beyond it the source is not asked for more. */
const BUFFERED_BYTES_MAX = 64 * 1024

/**
 * Turns a source of events into a response body (server-sent events, WHATWG HTML 9.2).
 *
 * The source is asked for the next event only when the client has room, and a heartbeat is written only then too.
 *
 * @param source of events; its `return` is called when the client goes
 * @param options isAllowed: asked at each heartbeat; false ends the stream (the session ran out)
 */
export function eventStream(
  source: AsyncIterable<ServerEvent>,
  options: { signal: AbortSignal; heartbeatMs?: number; isAllowed?: () => boolean },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const iterator = source[Symbol.asyncIterator]()
  const heartbeatMs = options.heartbeatMs ?? HEARTBEAT_MS
  let next: Promise<IteratorResult<ServerEvent>> | null = null
  let isOver = false

  const finish = (controller?: ReadableStreamDefaultController<Uint8Array>): void => {
    if (isOver) return
    isOver = true
    controller?.close()
    // The source may be waiting for something that never comes; its end is not waited for.
    iterator.return?.()?.catch(() => undefined)
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`))
        if (options.signal.aborted) finish(controller)
        else options.signal.addEventListener('abort', () => finish(controller), { once: true })
      },
      async pull(controller) {
        next ??= iterator.next()
        const result = await withTimeout(next, heartbeatMs)
        if (isOver) return
        if (result === 'late') {
          if (options.isAllowed?.() === false) finish(controller)
          else controller.enqueue(encoder.encode(': still here\n\n'))
          return
        }
        next = null
        if (result.done === true) finish(controller)
        else controller.enqueue(encoder.encode(formatEvent(result.value)))
      },
      cancel() {
        finish()
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: BUFFERED_BYTES_MAX }),
  )
}

/** One event as text. JSON holds no line break outside strings and escapes those inside, so one `data` line is enough. */
export function formatEvent({ event, data, id }: ServerEvent): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`
  return `${idLine}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

async function withTimeout<T>(promise: Promise<T>, ms: number): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), ms)
    timer.unref()
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
