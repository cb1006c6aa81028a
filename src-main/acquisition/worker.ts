/** Entry of the acquiring thread: started by handle.ts, never imported. */
import { parentPort } from 'node:worker_threads'
import { startAcquisition, type Acquisition } from './acquisition.ts'
import { AcquisitionError, reasonOf } from './errors.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

/** Rows messages under way before readings are given up: about a minute of a main thread that does not answer. */
const UNTAKEN_MAX = 600
/** States are sent again this often, so that the time of the last reading stays fresh. */
const STATES_EVERY_MS = 1000

const port = parentPort
if (port === null)
  throw new AcquisitionError('worker_failed', 'worker.ts is the entry of a worker thread: start it through handle.ts.')

let acquisition: Acquisition | null = null
let untaken = 0
let statesTimer: NodeJS.Timeout | null = null

function send(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer)
}

function start(message: Extract<ToWorker, { type: 'start' }>): void {
  acquisition = startAcquisition({
    sources: message.sources,
    streams: message.streams,
    certificatesDir: message.certificatesDir,
    flushMs: message.flushMs,
    nowUs: () => Date.now() * 1000,
    onRows: (rows) => {
      untaken++
      if (untaken >= UNTAKEN_MAX) acquisition?.hold(true)
      send({ type: 'rows', rows }, [rows.streams.buffer, rows.rows.buffer, rows.heap.buffer] as ArrayBuffer[])
    },
    onGap: (gap) => send({ type: 'gap', gap }),
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
      untaken--
      if (untaken < UNTAKEN_MAX / 2) acquisition?.hold(false)
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

async function answer(message: ToWorker): Promise<void> {
  const request = 'request' in message ? message.request : null
  try {
    await handle(message)
    if (request !== null) send({ type: 'done', request, error: null })
  } catch (error) {
    if (request === null) throw error
    const code = error instanceof AcquisitionError ? error.code : 'worker_failed'
    send({ type: 'done', request, error: { code, message: reasonOf(error) } })
  }
  if (message.type === 'stop') port?.close()
}

port.on('message', (message: ToWorker) => void answer(message))
