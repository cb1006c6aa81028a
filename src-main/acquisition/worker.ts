/**
 * Entry of the acquiring process: started by handle.ts, never imported. A process and not a thread, because serialport's native
 * poller runs on the process's default event loop: in a worker thread its first byte aborts everything.
 */
import { startAcquisition, type Acquisition } from './acquisition.ts'
import { messageOf, errorSentence, toldOf } from '../wire/plumbline-error.ts'
import { AcquisitionError } from './errors.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

/** Rows under way before readings are given up, as while the disk is full: 1.4 million readings. */
const UNTAKEN_BYTES_MAX = 64 * 1024 * 1024
/** What a message costs besides its rows. */
const MESSAGE_BYTES = 1024
/** States are sent again this often, so that the time of the last reading stays fresh. */
const STATES_EVERY_MS = 1000

if (process.send === undefined)
  throw new AcquisitionError(
    'worker_failed',
    'worker.ts is the entry of a process of its own.',
    'Start it through handle.ts.',
  )

let acquisition: Acquisition | null = null
let untakenBytes = 0
/** Sizes of the messages under way, oldest first. */
const untaken: number[] = []
let statesTimer: NodeJS.Timeout | null = null

function send(message: FromWorker): void {
  // The channel may close while this process ends; there is nobody left to tell then.
  if (process.connected) process.send?.(message, undefined, {}, () => {})
}

function start(message: Extract<ToWorker, { type: 'start' }>): void {
  acquisition = startAcquisition({
    sources: message.sources,
    streams: message.streams,
    serverCertificatesDir: message.serverCertificatesDir,
    flushMs: message.flushMs,
    nowUs: () => Date.now() * 1000,
    onRows: (rows, gaps) => {
      const bytes = rows.rows.length + rows.heap.length + rows.streams.length + MESSAGE_BYTES
      untaken.push(bytes)
      untakenBytes += bytes
      if (untakenBytes >= UNTAKEN_BYTES_MAX) acquisition?.hold(true)
      send({ type: 'rows', rows, gaps })
    },
    onSourceState: (state) => send({ type: 'state', state }),
  })
  statesTimer = setInterval(sendStates, STATES_EVERY_MS)
}

function sendStates(): void {
  for (const state of acquisition?.states() ?? []) send({ type: 'state', state })
}

async function handle(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'start':
      return start(message)
    case 'taken':
      untakenBytes -= untaken.shift() ?? 0
      if (untakenBytes < UNTAKEN_BYTES_MAX / 2) acquisition?.hold(false)
      return
    case 'trust':
      return await acquisition?.trust(message.source, message.fingerprint, message.decision)
    case 'reload':
      return await acquisition?.reload(message.sources, message.streams)
    case 'stop':
      if (statesTimer !== null) clearInterval(statesTimer)
      return await acquisition?.stop()
  }
}

/** Says why before it ends: handle.ts starts another one. */
function fail(reason: string): void {
  process.send?.({ type: 'failed', reason } satisfies FromWorker, undefined, {}, () => process.exit(1))
}

async function answer(message: ToWorker): Promise<void> {
  const request = 'request' in message ? message.request : null
  try {
    await handle(message)
    if (request !== null) send({ type: 'done', request, error: null })
  } catch (error) {
    const next = 'Try again; if it stays so, please report it with this message.'
    const told = toldOf(error, { code: 'worker_failed', next })
    if (request === null) return fail(errorSentence(told))
    send({ type: 'done', request, error: told })
  }
  if (message.type === 'stop') process.disconnect()
}

process.on('message', (message: ToWorker) => void answer(message))
process.on('uncaughtException', (error) => {
  if (acquisition?.rescue(error) !== true) fail(messageOf(error))
})
// The gateway is gone: nobody takes readings any more.
process.on('disconnect', () => process.exit(0))
// Told once, and perhaps while this module was still loading.
if (!process.connected) process.exit(0)
// Ctrl+C in a terminal reaches the whole process group; the gateway ends this process in its own order.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
