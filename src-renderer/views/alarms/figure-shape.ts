/** Bars of alarms an hour, and shares. */
import { m } from '../../paraglide/messages.js'
import type { AlarmFigures } from '../../words/model.ts'
import { count, decimals } from '../../words/number.ts'

export interface Bar {
  x: number
  y: number
  width: number
  height: number
  now: boolean
}

/** As high as the most of them, or the higher limit; the newest bar is the last. */
export function barsOf(
  hours: readonly number[],
  width: number,
  height: number,
  limits: readonly number[],
): { bars: Bar[]; limits: { y: number; text: string }[] } {
  const most = Math.max(...hours, ...limits) * 1.1
  const step = width / hours.length
  const yOf = (alarms: number): number => height - (alarms / most) * height
  return {
    bars: hours.flatMap((alarms, at) =>
      alarms === 0
        ? []
        : [
            {
              x: at * step + 1,
              y: yOf(alarms),
              width: Math.max(1, step - 2),
              height: height - yOf(alarms),
              now: at === hours.length - 1,
            },
          ],
    ),
    limits: limits.map((one) => ({ y: Math.round(yOf(one)) + 0.5, text: count(one) })),
  }
}

/** `91 %`; a dash where there was nothing to count. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '–'
  const share = (part / whole) * 100
  return m.figures_percent({ share: share > 0 && share < 10 ? decimals(share, 1) : count(Math.round(share)) })
}

export interface Fact {
  what: string
  value: string
  /** What ISA-18.2 and EEMUA 191 aim at; empty where they name nothing. */
  aim: string
}

/** The four that say whether there is too much. */
export function aims({ hour, stale, floods, answered }: AlarmFigures): Fact[] {
  const aim = (most: string): string => m.figures_aim_at({ aim: most })
  return [
    { what: m.figures_hour(), value: count(hour), aim: aim(count(6)) },
    { what: m.figures_stale(), value: count(stale), aim: aim(count(5)) },
    { what: m.figures_floods(), value: count(floods), aim: aim(count(0)) },
    {
      what: m.figures_answered(),
      value: percent(answered.inTime, answered.total),
      aim: aim(m.figures_percent({ share: count(90) })),
    },
  ]
}
