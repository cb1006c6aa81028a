import { expect, test } from 'vitest'
import type { SourceState } from '../../../../src-main/acquisition/source-state.ts'
import { Conditions } from '../../../../src-main/gateway/conditions.ts'
import { noteSource } from '../../../../src-main/gateway/sources/source-conditions.ts'

const SINCE_US = 1_773_234_157_000_000

function stateOf(state: SourceState['state']): SourceState {
  return {
    source: 'press',
    name: 'Press',
    protocol: 'OPC UA',
    trust: 'unauthenticated',
    state,
    reason: '',
    sinceUs: SINCE_US,
    lastReadingAtUs: null,
    points: 0,
    certificate: null,
  }
}

test.each<[SourceState['state'], number, string[]]>([
  ['connecting', 59, []],
  ['connecting', 60, ['source-unreached']],
  ['live', 600, []],
  ['stale', 600, ['source-stale']],
  ['refused', 600, ['source-refused']],
  ['untrusted', 600, ['source-untrusted']],
])('a source that is %s for %d s is told as %j', (state, seconds, codes) => {
  const conditions = new Conditions({ nowUs: () => SINCE_US })
  noteSource(conditions.set, 'gw-1', stateOf(state), SINCE_US + seconds * 1_000_000)
  expect(conditions.all().map(({ code }) => code)).toEqual(codes)
  noteSource(conditions.set, 'gw-1', stateOf('live'), SINCE_US + 700_000_000)
  expect(conditions.all().filter(({ closedAtUs }) => closedAtUs === null)).toEqual([])
})
