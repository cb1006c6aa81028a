/** Taking a range of the record along. */
import type { ExportRequest } from '../../gateway/export/export-model.ts'
import { ALL_TIME } from '../../gateway/export/export-run.ts'
import { ExportDesk } from '../../gateway/export/export-desk.ts'
import type { ExportCaller } from '../../gateway/export/export-desk.ts'
import type { Channel } from '../../gateway/channel.ts'
import { machineZone } from '../../gateway/folder/time-zone.ts'
import { VERSION } from '../../gateway/version.ts'
import type { Input } from '../../endpoints/table.ts'
import { ApiError } from '../api-error.ts'
import type { Caller, Handlers } from '../handlers.ts'

type Answers = Pick<Handlers, 'exportRange' | 'exportEstimate' | 'exportsRunning'>

const FILE_KINDS = {
  csv: { ending: 'csv.zip', mime: 'application/zip' },
  jsonl: { ending: 'jsonl', mime: 'application/jsonl' },
  parquet: { ending: 'parquet', mime: 'application/vnd.apache.parquet' },
} as const

/** What of a gateway these answers need. */
export type ExportedFrom = Pick<Channel, 'folder' | 'name' | 'actor' | 'nowUs' | 'config' | 'barredFromExports'>

export function exportAnswers(channel: ExportedFrom): Answers {
  const desk = new ExportDesk({
    ledgerFile: channel.folder.ledger,
    context: () => ({
      gateway: channel.name,
      actor: channel.actor,
      atUs: channel.nowUs(),
      zone: channel.config.timeZone ?? machineZone(),
      version: VERSION,
      barred: channel.barredFromExports(),
    }),
  })
  return {
    exportRange: async ({ query, caller, signal }) => {
      const { format, run = '' } = query
      const { head, body } = await desk.start(requestOf(query), callerOf(caller), run, signal)
      const { ending, mime } = FILE_KINDS[format]
      return { content: body, mime, fileName: `${fileName(head.channel.name, channel.name, head.made.at)}.${ending}` }
    },
    exportEstimate: async ({ query, caller, signal }) => {
      const { head, about } = await desk.estimate(requestOf(query), callerOf(caller), signal)
      const { range, checkpoint, barred } = head
      return {
        readings: about,
        streams: range.streams === 'all' ? null : range.streams.length,
        treeSize: checkpoint.size,
        root: checkpoint.root,
        range: { fromEntry: range.fromEntry, toEntry: range.toEntry },
        barred,
      }
    },
    exportsRunning: ({ caller }) => ({ exports: desk.running(callerOf(caller)) }),
  }
}

function callerOf({ name, via }: Caller): ExportCaller {
  return { name, isPerson: via === 'session' }
}

/** Throws ApiError 400 where an end lies before its begin. */
function requestOf(query: Input<'exportEstimate'>['query']): ExportRequest {
  const { format, csv = 'rfc4180', streams = null, asset = null } = query
  const span = { fromUs: query.fromUs ?? ALL_TIME.fromUs, toUs: query.toUs ?? ALL_TIME.toUs }
  const entries = { from: query.fromEntry ?? 0, to: query.toEntry ?? Number.MAX_SAFE_INTEGER }
  if (span.toUs < span.fromUs || entries.to < entries.from)
    throw new ApiError(400, 'invalid_request', 'the range ends before it begins', 'Give a later end.')
  return { format, csv, streams, asset, span, entries }
}

/** Only what every file system takes. */
function fileName(...parts: readonly string[]): string {
  return [
    'plumbline',
    ...parts.map((part) =>
      part
        .replace(/\.\d+Z$/, 'Z')
        .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
        .slice(0, 64),
    ),
  ].join('-')
}
