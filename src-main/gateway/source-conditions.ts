import type { SourceState } from '../acquisition/source-state.ts'
import type { OnCondition } from './conditions.ts'

/** States of a source that need a person. */
const CONDITIONS = [
  ['untrusted', 'source-untrusted'],
  ['refused', 'source-refused'],
  ['stale', 'source-stale'],
] as const

/** Says what is wrong with a source of this gateway; its place is `gateway/source id`, as two gateways may have one id. */
export function noteSource(onCondition: OnCondition, gateway: string, { source, name, state }: SourceState): void {
  for (const [bad, code] of CONDITIONS) onCondition(code, `${gateway}/${source}`, state === bad, { source: name })
}
