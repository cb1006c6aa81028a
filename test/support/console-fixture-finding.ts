import type { Input, Output } from '../../src-main/endpoints/table.ts'
import { entriesTotal, hexOf, type Scenario } from './console-fixture-plant.ts'

type Finding = 'exportRange' | 'exportEstimate' | 'exportsRunning'
type Handlers = { [N in Finding]: (input: Input<N>) => Output<N> }

const PIECES = 12
const PIECE_EVERY_MS = 100

/** Finding and taking along, of a plant that stands still. An export takes a second or so. */
export function findingFixture(room: { scenario: Scenario }): Handlers {
  let rows = 0
  return {
    exportRange: () => {
      let left = PIECES
      return new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, PIECE_EVERY_MS))
          rows += 1_000
          controller.enqueue(new TextEncoder().encode('{"kind":"reading"}\n'))
          left -= 1
          if (left === 0) controller.close()
        },
      })
    },
    exportEstimate: ({ query }) => ({
      readings: query.streams === undefined ? 1_204_311 : 12_000 * query.streams.length,
      streams: query.streams?.length ?? null,
      treeSize: entriesTotal,
      root: hexOf('root', 32),
      range: { fromEntry: query.fromEntry ?? 0, toEntry: query.toEntry ?? entriesTotal - 1 },
      barred: room.scenario === 'changed' ? { fromEntry: 84_067, toEntry: 84_067 } : null,
    }),
    exportsRunning: () => ({ exports: [{ run: '', rows, about: 12_000 }] }),
  }
}
