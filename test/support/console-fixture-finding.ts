import type { Input, Output } from '../../src-main/endpoints/table.ts'
import { NameSearch } from '../../src-main/gateway/show/name-search.ts'
import { assetsOf, registerOf } from './console-fixture-certificates.ts'
import { entriesTotal, hexOf, nowUs, plantPoints, type Scenario } from './console-fixture-plant.ts'
import { blockDetail, blockPage } from './console-fixture-record.ts'

type Finding =
  | 'exportRange'
  | 'exportEstimate'
  | 'exportsRunning'
  | 'search'
  | 'blockAt'
  | 'blockHours'
  | 'findEntries'
  | 'findHash'
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
    search: ({ query: { q, limit = 8 } }) => {
      const points = new NameSearch<Output<'points'>['points'][number]>(
        ({ stream }) => stream,
        ({ label, tag, source }) => [label, tag, source],
      ).find(q, plantPoints(room.scenario), limit)
      const assets = new NameSearch<Output<'assets'>['assets'][number]>(
        ({ id }) => id,
        ({ id, name }) => [name, id],
      ).find(q, assetsOf(room.scenario), limit)
      const { certificates } = registerOf(room.scenario)
      const found = new NameSearch<(typeof certificates)[number]>(
        ({ id }) => id,
        ({ id, assetName }) => [id, assetName],
      ).find(q, certificates, limit)
      const number = /^\d+$/.test(q) ? Number(q) : null
      return {
        points: { ...points, hits: points.hits.map((point) => ({ ...point, gateway: point.gateway ?? '' })) },
        assets,
        certificates: found,
        entry: number !== null && number < entriesTotal ? { index: number, kind: 'batch', gateway: 'gw-fill-1' } : null,
        treeSize: entriesTotal,
      }
    },
    blockAt: ({ query }) => {
      const { blocks } = blockPage(room.scenario, undefined, entriesTotal)
      const at = blocks.findLast((block) => block.timeUs >= query.timeUs) ?? blocks[0]
      return { height: at?.height ?? 0, timeUs: at?.timeUs ?? 0 }
    },
    blockHours: ({ query }) => ({
      fromUs: query.fromUs,
      blocks: Array.from({ length: query.hours }, (_, hour) =>
        query.fromUs + hour * 3_600_000_000 > nowUs ? 0 : hour === 3 ? 120 : 3_590 + hour,
      ),
    }),
    findEntries: ({ query: { before = entriesTotal, kind, type, gateway, limit = 12 } }) => ({
      entries: blockPage(room.scenario, undefined, 200)
        .blocks.flatMap(({ height, timeUs }) =>
          blockDetail(height, room.scenario)
            .entryList.map((entry) => ({ ...entry, timeUs }))
            .toReversed(),
        )
        .filter((entry) => entry.index < before && (kind === undefined || entry.kind === kind))
        .filter((entry) => type === undefined || entry.type === type)
        .filter((entry) => gateway === undefined || entry.gateway === gateway)
        .slice(0, Math.min(limit, 12)),
      searchedTo: Math.max(0, before - 2_000),
      searchedToUs: nowUs - (entriesTotal - before + 2_000) * 1_000_000,
    }),
    findHash: ({ query: { before = entriesTotal } }) => ({
      entry: null,
      searchedTo: Math.max(0, before - 30_000),
      searchedToUs: nowUs - 3_600_000_000,
    }),
    exportsRunning: () => ({ exports: [{ run: '', rows, about: 12_000 }] }),
  }
}
