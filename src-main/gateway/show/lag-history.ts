import type { LedgerStatus } from '../channel/messages.ts'

const EVERY_US = 60_000_000
const KEPT = 60

/** How many entries each gateway was behind at worst, minute by minute, over the last hour. */
export class LagHistory {
  readonly #gateways = new Map<string, [number, number][]>()

  note(status: LedgerStatus): void {
    const minute = Math.floor(status.atUs / EVERY_US) * EVERY_US
    for (const { name, lagEntries } of status.gateways) {
      const points = this.#gateways.get(name) ?? []
      this.#gateways.set(name, points)
      const last = points.at(-1)
      if (last !== undefined && last[0] === minute) last[1] = Math.max(last[1], lagEntries)
      else points.push([minute, lagEntries])
      if (points.length > KEPT) points.shift()
    }
  }

  history(): { gateway: string; points: [number, number][] }[] {
    return [...this.#gateways].map(([gateway, points]) => ({ gateway, points: [...points] }))
  }
}
