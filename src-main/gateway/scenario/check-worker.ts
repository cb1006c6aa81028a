/** Checks certificates in a thread of its own, which has the file and the channel's policy and nothing else: like whoever is handed one. */
import { parentPort } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { loadAddon } from '../../../native/addon.ts'
import { verifyCertificate } from '../../certificates/verify.ts'
import { loadEngine } from '../../documents/engine.ts'
import { createPackHost } from '../../packs/host.ts'
import type { Checked, ToCheck } from './checker.ts'

const port = parentPort as MessagePort
const engine = await createPackHost(loadEngine())
const { verify: verifySignature } = loadAddon()

async function check({ id, certificate, policy }: ToCheck): Promise<void> {
  const { verdict, claims, headline } = await verifyCertificate(certificate, { policy, engine, verifySignature })
  port.postMessage({ id, verdict, headline, subject: claims?.subject ?? null } satisfies Checked)
}

port.on('message', (message: ToCheck) => void check(message))
