import { plainMeaning } from '../../../src-main/record/stream-fields.ts'
import type { StreamOpened } from '../../../src-main/record/stream-fields.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'

/** What opens the stream of tag `tag-N` of the source `load`. */
export function loadStream(stream: StreamId, n: number): StreamOpened {
  return {
    stream,
    source: 'load',
    tag: `tag-${n}`,
    label: `Load ${n}`,
    unit: 'Cel',
    kind: 'float',
    quantity: 'temperature',
    meaning: plainMeaning('bench'),
    trust: 'unauthenticated',
    simulated: true,
    range: null,
    cadenceMs: null,
    fromSequence: 0,
  }
}
