/** Drop-to-verify of the console: hands a file to a fresh worker and waits for its answer. */
import engineUrl from '@jitl/quickjs-wasmfile-release-sync/wasm?url'
// oxlint-disable-next-line import/default -- the build makes this module: it is the worker's address
import workerUrl from './worker.ts?worker&url'
import type { CheckAnswer } from './answer.ts'
import type { CheckRequest } from './worker.ts'

const CHECK_MS_MAX = 60_000

interface ScriptUrlPolicy {
  createScriptURL(url: string): string
}
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): ScriptUrlPolicy
}

let policy: ScriptUrlPolicy | null = null

/** Under Trusted Types a worker's address must come out of a named policy; this one admits this one worker. */
function trustedWorkerUrl(): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes
  if (types === undefined) return workerUrl
  policy ??= types.createPolicy('plumbline-worker', {
    createScriptURL(url) {
      if (url !== workerUrl) throw new TypeError(`${url} is not the verifier`)
      return url
    },
  })
  return policy.createScriptURL(workerUrl)
}

/**
 * Checks a file under the given policies. Rejects when the worker cannot run, a policy cannot be read, or no answer
 * comes within a minute; a file that is no certificate is an answer, not a rejection.
 */
export async function checkInWorker(
  file: Uint8Array,
  fileName: string,
  policies: string[],
): Promise<Exclude<CheckAnswer, { error: string }>> {
  const worker = new Worker(trustedWorkerUrl(), { type: 'module' })
  const request: CheckRequest = { file, fileName, policies, engineUrl: new URL(engineUrl, document.baseURI).href }
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the check took longer than a minute')), CHECK_MS_MAX)
      worker.addEventListener('message', (event: MessageEvent<CheckAnswer>) => {
        clearTimeout(timer)
        if ('error' in event.data) reject(new Error(event.data.error))
        else resolve(event.data)
      })
      worker.addEventListener('error', (event) => {
        clearTimeout(timer)
        reject(new Error(`the verifier could not start: ${event.message}`))
      })
      worker.postMessage(request)
    })
  } finally {
    worker.terminate()
  }
}
