import type { Duplex } from 'node:stream'

/**
 * The open connections of a server that only this machine reaches: addresses tell nobody apart there, so what counts is what a
 * connection is good for. Where there are too many, the one goes on which nothing happened for the longest time; one on
 * which a signed-in person is being answered stays.
 */
export class Connections {
  readonly #max: number
  /** Nothing is being answered to a person here; the first had its newest request, or its beginning, longest ago. */
  readonly #idle = new Set<Duplex>()
  /** How many requests of persons are being answered on each. */
  readonly #busy = new Map<Duplex, number>()

  /** @param max connections at once */
  constructor(max: number) {
    this.#max = max
  }

  /** Takes a new connection up and ends the idlest where there are too many; that is the new one where none is idle. */
  add(connection: Duplex): void {
    this.#idle.add(connection)
    connection.once('close', () => {
      this.#idle.delete(connection)
      this.#busy.delete(connection)
    })
    if (this.#idle.size + this.#busy.size <= this.#max) return
    const [idlest] = this.#idle
    if (idlest === undefined) return
    this.#idle.delete(idlest)
    idlest.destroy()
  }

  /** A request arrived: of those that are idle this one is the last to go. */
  touch(connection: Duplex): void {
    if (this.#idle.delete(connection)) this.#idle.add(connection)
  }

  /** A person is being answered here, until `answered` closes. */
  keep(connection: Duplex, answered: { once(event: 'close', listener: () => void): unknown }): void {
    this.#idle.delete(connection)
    this.#busy.set(connection, (this.#busy.get(connection) ?? 0) + 1)
    answered.once('close', () => {
      const left = (this.#busy.get(connection) ?? 1) - 1
      if (left > 0) this.#busy.set(connection, left)
      else if (this.#busy.delete(connection) && !connection.destroyed) this.#idle.add(connection)
    })
  }
}
