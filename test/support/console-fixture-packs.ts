/** Rule packs of the console's stage: one that is to be replaced, one that nobody proposes anything for, and a retired one. */
import type { PackDifference, PackReplay, Packs } from '../../src-main/endpoints/pack-calls.ts'
import { nowUs } from './console-fixture-plant.ts'

const HOUR_US = 3_600_000_000
const DAY_US = 24 * HOUR_US
const hex = (start: string, digits: number): string => start.padEnd(digits, '0123456789abcdef')

const version = (number: string, start: string, from: number, to: number | null = null) => ({
  version: number,
  hash: hex(start, 64),
  ruleHash: hex(`a${start}`, 64),
  from,
  fromUs: nowUs - (90_000 - from) * 60_000_000,
  to,
})

export const packs: Packs = {
  gateway: 'gw-fill-1',
  engineHash: hex('e0', 64),
  packs: [
    { id: 'odometer', versions: [version('1.2.0', '0d0', 0)], retired: null, parameters: {}, assets: 2 },
    {
      id: 'quality',
      versions: [version('1.0.0', '9a1', 74_000), version('0.9.0', '9a0', 0, 74_000)],
      retired: null,
      parameters: { outside: 0 },
      assets: 38,
    },
    {
      id: 'wolfeschlegelsteinhausenbergerdo',
      versions: [version('0.9', '3e2', 0, 61_200)],
      retired: { entry: 61_200, timeUs: nowUs - 3 * DAY_US },
      parameters: {},
      assets: 0,
    },
  ],
  proposed: [
    {
      hash: hex('9a2', 64),
      id: 'quality',
      version: '1.1.0',
      reason: 'Deliveries in summer warm up faster.',
      proposer: 'R. Hofmann (gw-fill-1)',
      proposedAt: 74_923,
      proposedAtUs: nowUs - DAY_US,
      ruleHash: hex('a9a2', 64),
      loads: [
        { gateway: 'gw-fill-1', entry: 74_931 },
        { gateway: 'gw-past-2', entry: 74_932 },
      ],
      missing: ['gw-store-3'],
      whyNot: null,
      inForce: false,
      act: null,
    },
    {
      hash: hex('9a3', 64),
      id: 'quality',
      version: '1.2.0',
      reason: 'A try.',
      proposer: 'T. Brandt (gw-past-2)',
      proposedAt: 74_990,
      proposedAtUs: nowUs - HOUR_US,
      ruleHash: hex('a9a3', 64),
      loads: [],
      missing: ['gw-fill-1', 'gw-past-2', 'gw-store-3'],
      whyNot: 'pack 9a300000/pack.json.events.quality.seen.body: is none of "boolean", "time"',
      inForce: false,
      act: null,
    },
  ],
  shipped: [{ hash: hex('0d1', 64), id: 'odometer', version: '1.3.0' }],
}

export const packDifference: PackDifference = {
  hash: hex('9a2', 64),
  id: 'quality',
  version: '1.1.0',
  ruleHash: hex('a9a2', 64),
  against: { hash: hex('9a1', 64), version: '1.0.0', ruleHash: hex('a9a1', 64) },
  parameters: [
    { name: 'warmUntilAlarm', unit: 'min', was: 30, is: 15 },
    { name: 'silenceThatIsAGap', unit: 'min', was: 15, is: 10 },
    { name: 'decimals', unit: '', was: 2, is: 2 },
  ],
  files: [
    {
      name: 'rule.js',
      lines: [
        { was: 88, is: 88, text: 'const warm = dwell(rows, limits.high);' },
        { was: 89, is: null, text: 'if (warm.s > 1800) add("REVIEW", warm);' },
        {
          was: null,
          is: 89,
          text: 'if (warm.s > p.warmMax) add("REVIEW", warm); // a line that is longer than the panel',
        },
        { was: 90, is: 90, text: 'const gaps = silences(rows, p.silence);' },
      ],
      leftOut: 0,
    },
    { name: 'pack.json', lines: [], leftOut: 0 },
  ],
  words: [
    {
      language: 'en',
      place: 'codes.GAP.0',
      was: 'No reading for more than 15 minutes',
      is: 'No reading for more than {silence}',
    },
    { language: 'de', place: 'codes.GAP.0', was: null, is: 'Kein Messwert für mehr als {silence}' },
  ],
  wordsLeftOut: 0,
}

export const packReplay: PackReplay = {
  id: 'quality',
  was: '1.0.0',
  is: '1.1.0',
  fromUs: nowUs - 7 * DAY_US,
  toUs: nowUs,
  assets: 38,
  looked: 38,
  equal: 35,
  different: 2,
  cannotRun: 1,
  rows: [
    { asset: 'urn:own:lot-2026-0311-04', name: 'Lot 04', was: 'pass', is: 'fail', codes: ['GAP'], why: null },
    { asset: 'urn:own:lot-2026-0311-05', name: 'Lot 05', was: 'pass', is: 'pass', codes: ['GAP'], why: null },
    {
      asset: 'urn:own:lot-2026-0311-06',
      name: 'Wolfeschlegelsteinhausenbergerdorff und Nachfolger, Los 06',
      was: null,
      is: null,
      codes: [],
      why: 'the rule used more than 20,000 x 10,000 steps',
    },
  ],
  tookMs: 11_200,
}
