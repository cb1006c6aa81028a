/** A span in words: days only where they differ, the UTC offset once, or twice where it changed in between. */
import { m } from '../../paraglide/messages.js'
import { clock, dayClock, offset, sameDay } from '../../words/time.ts'

export function spanWords(fromUs: number, toUs: number): { text: string; zone: string } {
  const [before, after] = [offset(fromUs), offset(toUs)]
  const end = sameDay(fromUs, toUs) ? clock(toUs) : dayClock(toUs)
  if (before === after) return { text: m.trends_span_text({ from: dayClock(fromUs), to: end }), zone: after }
  return { text: m.trends_span_text({ from: `${dayClock(fromUs)} ${before}`, to: end }), zone: after }
}

/** `13:21:40`, with the day when that is not the one of `besideUs`. */
export const clockBeside = (timeUs: number, besideUs: number): string =>
  sameDay(timeUs, besideUs) ? clock(timeUs) : dayClock(timeUs)
