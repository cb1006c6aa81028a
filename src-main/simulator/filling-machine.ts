/** A rotary filler with capper and labeller: 30 variables that follow its product cycle. Pure functions of seed and time. */
import { dayShape, jitter, randomAt, resolve, wander } from './random.ts'
import type { PointFacts, PointValue } from './point.ts'

/** OPC UA type of a variable. */
export type OpcuaTypeName = 'Boolean' | 'Int32' | 'UInt32' | 'Int64' | 'UInt64' | 'Float' | 'Double' | 'String'

export interface MachineVariable extends PointFacts {
  type: OpcuaTypeName
  at: (moment: Moment) => PointValue
}

/** What the machine is doing at an instant. */
export interface Moment {
  seed: number
  timeS: number
  /** Whole runs of one product since the epoch, and how far into the present one, in seconds. */
  run: number
  intoRunS: number
  running: boolean
  /** 0 to 1 while it speeds up, 1 at full speed. */
  pace: number
}

/** One product runs this long, with a change-over at its end. */
export const RUN_S = 5400
const CHANGE_OVER_S = 240
const RAMP_S = 45
const WARMING_S = 600
const BOTTLES_PER_H = 36_000
const PRODUCTS = [
  'Still water 0.5 l',
  'Sparkling water 0.5 l',
  'Lemon 0.33 l',
  'Apple spritzer 0.5 l',
  'Isotonic 0.75 l',
]
/** Seconds from the epoch to 2026-01-01, where the machine's counters began. */
const COUNTERS_FROM_S = 1_767_225_600

export function momentOf(seed: number, timeMs: number): Moment {
  const timeS = timeMs / 1000
  const run = Math.floor(timeS / RUN_S)
  const intoRunS = timeS - run * RUN_S
  const running = intoRunS < RUN_S - CHANGE_OVER_S
  const pace = running ? Math.min(1, intoRunS / RAMP_S) : 0
  return { seed, timeS, run, intoRunS, running, pace }
}

/** Bottles since the counters began: whole runs, plus the present one up to now. Only counts up. */
function bottles({ timeS, run, intoRunS }: Moment): number {
  const perS = BOTTLES_PER_H / 3600
  const fullRun = (RUN_S - CHANGE_OVER_S - RAMP_S / 2) * perS
  const producing = Math.min(intoRunS, RUN_S - CHANGE_OVER_S)
  const ramp = Math.min(producing, RAMP_S)
  const inThisRun = ((ramp * ramp) / (2 * RAMP_S) + Math.max(0, producing - RAMP_S)) * perS
  const runs = run - Math.floor(COUNTERS_FROM_S / RUN_S)
  return timeS < COUNTERS_FROM_S ? 0 : Math.floor(runs * fullRun + inThisRun)
}

/** One bottle in about 700 is thrown out; the count follows the bottles, so that it never runs back. */
function rejects(moment: Moment): number {
  const made = bottles(moment)
  return (
    Math.floor(made / 700) +
    Math.floor((made % 700) / (400 + Math.floor(randomAt(moment.seed, 'reject', Math.floor(made / 700)) * 300)))
  )
}

const speed = (moment: Moment) =>
  BOTTLES_PER_H * moment.pace + (moment.running ? 260 * wander(moment.seed, 'speed', moment.timeS, 20) : 0)

/**
 * A process value that wanders around a middle while running and settles elsewhere when the machine stands; what still
 * shows something then keeps moving a little, as instruments do.
 */
function process(name: string, middle: number, swing: number, standing: number, decimals: number, periodS = 45) {
  return (moment: Moment) => {
    const { seed, timeS, pace } = moment
    const moving = 0.75 * wander(seed, name, timeS, periodS) + 0.25 * jitter(seed, name, timeS, 0.2)
    const active = middle + swing * moving
    const idle = standing === 0 ? 0 : standing + 0.15 * swing * moving
    return resolve(idle + (active - idle) * pace, decimals)
  }
}

/** Warms up while it runs and cools down while it stands, 0 to 1, without a jump at either change. */
function machineWarmth({ intoRunS, running }: Moment): number {
  const cooled = Math.exp(-CHANGE_OVER_S / WARMING_S)
  if (running) return 1 - (1 - cooled) * Math.exp(-intoRunS / WARMING_S)
  return Math.exp(-(intoRunS - (RUN_S - CHANGE_OVER_S)) / WARMING_S)
}

/** A temperature that follows the hall through the day and the machine's own warmth. */
function warmth(name: string, base: number, dayRise: number, swing: number) {
  return (moment: Moment) => {
    const { seed, timeS } = moment
    const hall = base + dayRise * dayShape(timeS)
    const own = swing * (2.5 * machineWarmth(moment) + wander(seed, name, timeS, 180))
    return resolve(hall + own + 0.05 * jitter(seed, name, timeS, 0.2), 2)
  }
}

const float = (
  id: string,
  label: string,
  unit: string,
  quantity: string,
  range: [number, number],
  normal: [number, number],
  at: MachineVariable['at'],
): MachineVariable => ({
  id,
  label,
  unit,
  kind: 'float',
  quantity,
  range,
  normal,
  type: 'Float',
  at,
})

const double = (...parts: Parameters<typeof float>): MachineVariable => ({ ...float(...parts), type: 'Double' })

const flag = (id: string, label: string, at: (moment: Moment) => boolean): MachineVariable => ({
  id,
  label,
  unit: '1',
  kind: 'boolean',
  quantity: 'state',
  type: 'Boolean',
  at,
})

const counter = (
  id: string,
  label: string,
  unit: string,
  type: 'Int64' | 'UInt64' | 'UInt32',
  at: (moment: Moment) => number,
): MachineVariable => ({
  id,
  label,
  unit,
  kind: 'integer',
  quantity: 'total',
  type,
  at: (moment) => (type === 'UInt32' ? at(moment) : BigInt(at(moment))),
})

const words = (id: string, label: string, at: (moment: Moment) => string): MachineVariable => ({
  id,
  label,
  unit: '1',
  kind: 'text',
  quantity: 'state',
  type: 'String',
  at,
})

export const machineVariables: readonly MachineVariable[] = [
  float('speed', 'Speed', '{bottles}/h', 'speed', [0, 45_000], [0, 40_000], (moment) =>
    Math.max(0, Math.round(speed(moment))),
  ),
  float('speed-set-point', 'Speed, set point', '{bottles}/h', 'speed', [0, 45_000], [0, 40_000], ({ running }) =>
    running ? BOTTLES_PER_H : 0,
  ),
  float(
    'bowl-pressure',
    'Bowl pressure',
    'bar',
    'pressure',
    [0, 6],
    [0, 2.4],
    process('bowl-pressure', 1.84, 0.08, 0.42, 3),
  ),
  float('bowl-level', 'Bowl level', '%', 'level', [0, 100], [20, 90], process('bowl-level', 62, 6, 35, 1, 30)),
  double(
    'product-temperature',
    'Product temperature',
    'Cel',
    'temperature',
    [-5, 60],
    [4, 22],
    warmth('product', 9.5, 2.8, 0.6),
  ),
  double('product-flow', 'Product flow', 'm3/h', 'flow', [0, 40], [0, 24], process('product-flow', 18.1, 0.7, 0, 3)),
  float('co2-pressure', 'CO2 pressure', 'bar', 'pressure', [0, 16], [3, 8], process('co2', 5.2, 0.25, 5.0, 2)),
  float('vacuum', 'Vacuum', 'mbar', 'pressure', [0, 1100], [40, 1050], process('vacuum', 88, 9, 1006, 0)),
  float('capping-torque', 'Capping torque', 'N.m', 'torque', [0, 5], [0, 2.6], process('torque', 1.92, 0.22, 0, 3, 2)),
  float('cap-chute-level', 'Caps in the chute', '%', 'level', [0, 100], [15, 100], process('caps', 71, 12, 80, 1, 90)),
  float('fill-volume', 'Fill volume', 'ml', 'volume', [0, 1000], [0, 520], process('volume', 500.4, 1.1, 0, 2, 1.5)),
  double('net-weight', 'Net weight', 'g', 'mass', [0, 1000], [0, 540], process('weight', 523.4, 1.2, 0, 2, 1.5)),
  float(
    'drive-current',
    'Main drive current',
    'A',
    'current',
    [0, 80],
    [0, 52],
    process('drive-current', 34.5, 2.4, 1.2, 2, 8),
  ),
  float(
    'drive-temperature',
    'Main drive temperature',
    'Cel',
    'temperature',
    [-20, 140],
    [10, 85],
    warmth('drive', 31, 6, 5),
  ),
  float(
    'gearbox-vibration',
    'Gearbox vibration',
    'mm/s',
    'velocity',
    [0, 50],
    [0, 4.5],
    process('vibration', 1.9, 0.35, 0.1, 3, 6),
  ),
  float('rinser-pressure', 'Rinser pressure', 'bar', 'pressure', [0, 10], [0, 4], process('rinser', 2.6, 0.2, 0.1, 2)),
  float(
    'rinse-water-temperature',
    'Rinse water temperature',
    'Cel',
    'temperature',
    [0, 95],
    [5, 40],
    warmth('rinse', 14, 3, 0.8),
  ),
  float(
    'labeller-tension',
    'Label web tension',
    'N',
    'force',
    [0, 60],
    [0, 28],
    process('tension', 18.5, 1.6, 0, 2, 4),
  ),
  float('air-pressure', 'Compressed air', 'bar', 'pressure', [0, 12], [5.5, 7.5], process('air', 6.4, 0.2, 6.7, 2, 25)),
  float('hall-temperature', 'Hall temperature', 'Cel', 'temperature', [-20, 60], [10, 32], warmth('hall', 17, 5, 0.5)),
  double('hall-humidity', 'Hall humidity', '%', 'humidity', [0, 100], [25, 75], ({ seed, timeS }) =>
    resolve(
      52 - 9 * dayShape(timeS) + 3 * wander(seed, 'humidity', timeS, 600) + 0.05 * jitter(seed, 'humidity', timeS, 0.2),
      2,
    ),
  ),
  counter('bottles-total', 'Bottles filled', '{bottles}', 'Int64', bottles),
  counter('rejects-total', 'Bottles rejected', '{bottles}', 'UInt64', rejects),
  counter('strokes-total', 'Valve strokes', '1', 'UInt32', (moment) => Math.floor(bottles(moment) / 112) % 2 ** 32),
  {
    ...counter('step', 'Program step', '1', 'UInt32', ({ running, pace }) => (running ? (pace < 1 ? 2 : 3) : 1)),
    type: 'Int32',
    quantity: 'state',
  },
  flag('running', 'Running', ({ running }) => running),
  flag('guard-closed', 'Guard closed', ({ running, intoRunS }) => running || intoRunS < RUN_S - CHANGE_OVER_S + 20),
  flag('caps-low', 'Caps low', ({ seed, timeS }) => wander(seed, 'caps-low', timeS, 400) < -0.82),
  words(
    'product',
    'Product',
    ({ seed, run }) => PRODUCTS[Math.floor(randomAt(seed, 'product', run) * PRODUCTS.length)] as string,
  ),
  words('lot', 'Lot', ({ run }) => `L${String(run % 1_000_000).padStart(6, '0')}`),
]
