/** The offline check of certificates, beside the thread that issues them. */
import { Worker } from 'node:worker_threads'
import type { JsonObject } from '../../certificates/credential.ts'
import type { Verdict } from '../../wire/verdict.ts'

export interface ToCheck {
  id: number
  certificate: Uint8Array
  policy: string
}

export interface Checked {
  id: number
  verdict: Verdict
  headline: string
  /** What the certificate says of its asset; null where nothing of it can be believed. */
  subject: JsonObject | null
}

interface Waiting {
  done(checked: Checked): void
  failed(error: Error): void
}

export class Checker {
  readonly #worker = new Worker(new URL('./check-worker.ts', import.meta.url))
  readonly #waiting = new Map<number, Waiting>()
  #next = 0

  constructor() {
    this.#worker.on('message', (checked: Checked) => {
      this.#waiting.get(checked.id)?.done(checked)
      this.#waiting.delete(checked.id)
    })
    this.#worker.on('error', (error) => {
      for (const { failed } of this.#waiting.values()) failed(error as Error)
      this.#waiting.clear()
    })
  }

  async check(certificate: Uint8Array, policy: string): Promise<Checked> {
    const id = this.#next++
    return await new Promise((done, failed) => {
      this.#waiting.set(id, { done, failed })
      this.#worker.postMessage({ id, certificate, policy } satisfies ToCheck)
    })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}
