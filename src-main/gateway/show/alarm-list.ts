import type { Alarm } from '../../endpoints/alarm-model.ts'

/** What is over, oldest first, and then what stands, of several lists. */
export function alarmList(...lists: readonly (readonly Alarm[])[]): Alarm[] {
  const all = lists.flat()
  const isOver = ({ closedAtUs }: Alarm): boolean => closedAtUs !== null
  return [
    ...all.filter(isOver).toSorted((a, b) => (a.closedAtUs ?? 0) - (b.closedAtUs ?? 0)),
    ...all.filter((alarm) => !isOver(alarm)),
  ]
}
