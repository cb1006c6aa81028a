/** The check in a worker: the page stays free, and WebAssembly is compiled here and nowhere else. */
import { verifyCertificate } from '../../src-main/certificates/verify.ts'
import type { Verification } from '../../src-main/certificates/verification.ts'

export interface CheckRequest {
  file: Uint8Array
  /** Texts of the policies that this verifier relies on. */
  policies: string[]
  /** Where the rule engine's bytes lie, on this origin. */
  engineUrl: string
}

export type CheckAnswer = { result: Verification } | { error: string }

self.addEventListener('message', (event: MessageEvent<CheckRequest>) => {
  void answer(event.data).then((message) => self.postMessage(message))
})

async function answer({ file, policies, engineUrl }: CheckRequest): Promise<CheckAnswer> {
  try {
    const response = await fetch(engineUrl)
    if (!response.ok) throw new Error(`the rule engine could not be loaded (${response.status})`)
    const engine = new Uint8Array(await response.arrayBuffer())
    return { result: await verifyCertificate(file, { policies, engine }) }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
