import type { SimulationOptions } from './simulation.ts'

export type WorldName = 'ordinary' | 'contested' | 'forgetful' | 'forgetful elections' | 'stale pair' | 'old leader'

const CONTESTED: SimulationOptions = {
  chaosMs: 6_000,
  demandEveryMs: 4_000,
  electionTicksMax: 10,
  restartMsMax: 5,
  crashAtCommit: { min: 0, max: 0 },
  crashAtVote: 1,
  weather: { drop: 0, duplicate: 0, delayMsMax: 80, straggle: 0.2, straggleMsMax: 300 },
}

const PLOT: SimulationOptions = {
  chaosMs: 20_000,
  keptEntries: 100_000,
  demandEveryMs: 300,
  restartMsMax: 10,
  crashAtCommit: { min: 0, max: 0 },
  weather: { drop: 0, duplicate: 0, delayMsMax: 10, straggle: 0, straggleMsMax: 0 },
}

/**
 * Kinds of trouble. `ordinary` has some of everything. `contested` is made of elections: all gateways time out at about the same
 * moment, requests for votes come late, and a gateway that has given its vote ends and is back before the next request. In the
 * forgetful ones power is cut, and older copies of ledgers and marks are put back; the last two are the ways in which that is
 * dangerous, played again and again.
 */
export const WORLDS: Readonly<Record<WorldName, SimulationOptions>> = {
  ordinary: {},
  contested: CONTESTED,
  // A gateway that comes back must find all in the others' logs.
  forgetful: {
    keptEntries: 100_000,
    chaosMs: 15_000,
    powerCut: 0.5,
    throwBack: 0.5,
    crashAtCommit: { min: 0.005, max: 0.04 },
  },
  'forgetful elections': { ...CONTESTED, keptEntries: 100_000, powerCut: 0.5, throwBack: 1 },
  'stale pair': { ...PLOT, plot: 'a stale pair' },
  'old leader': { ...PLOT, plot: 'an old leader' },
}
