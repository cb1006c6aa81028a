import type { Socket } from 'node:net'
import { sourceOf } from './source-address.ts'

/** What one source may hold open at once, so that the others find room: some browsers of some people behind one address. */
export class ConnectionsBySource {
  readonly #max: number
  readonly #counts = new Map<string, number>()

  constructor(max: number) {
    this.#max = max
  }

  /** Takes a connection up before anything is read from it; ends it at once where its source has too many. */
  add(connection: Socket): boolean {
    const source = sourceOf(connection.remoteAddress)
    const count = this.#counts.get(source) ?? 0
    if (count >= this.#max) {
      connection.destroy()
      return false
    }
    this.#counts.set(source, count + 1)
    connection.once('close', () => {
      const left = (this.#counts.get(source) ?? 1) - 1
      if (left > 0) this.#counts.set(source, left)
      else this.#counts.delete(source)
    })
    return true
  }
}
