import type { SimulationOptions } from './simulation.ts'

export type WorldName = 'ordinary' | 'contested'

/**
 * Kinds of trouble. `ordinary` has some of everything. `contested` is made of elections: all gateways time out at about the same
 * moment, requests for votes come late, and a gateway that has given its vote ends and is back before the next request.
 */
export const WORLDS: Readonly<Record<WorldName, SimulationOptions>> = {
  ordinary: {},
  contested: {
    chaosMs: 6_000,
    demandEveryMs: 4_000,
    electionTicksMax: 10,
    restartMsMax: 5,
    crashAtCommit: { min: 0, max: 0 },
    crashAtVote: 1,
    weather: { drop: 0, duplicate: 0, delayMsMax: 80, straggle: 0.2, straggleMsMax: 300 },
  },
}
