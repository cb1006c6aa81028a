/**
 * The thread that owns Raft, the stores, the addon and the links to the peers, of all channels of a gateway: each channel is a loop of
 * its own, with a port of its own to the main thread. The thread ends when it is told to, which is when no channel is left in it.
 */
import { parentPort } from 'node:worker_threads'
import { MemberLinks } from '../agreement/member-links.ts'
import type { ToHost } from './ledger-host.ts'
import { LedgerLoop, type LedgerWorkerData } from './ledger-loop.ts'

/** The links of this thread's gateway, which all its channels share. */
function sharedLinks(): (data: LedgerWorkerData) => ConstructorParameters<typeof LedgerLoop>[2] {
  let shared: MemberLinks | null = null
  return ({ name, listen, peers }) =>
    (keys) =>
      (shared ??= new MemberLinks({ name, keys, listen, peers }))
}

const linksOf = sharedLinks()

parentPort?.on('message', (message: ToHost) => {
  if (message.type === 'end') parentPort?.close()
  else void new LedgerLoop(message.data, message.port, linksOf(message.data)).run()
})
