/** Calls that find things in the record and take them along. */
import { z } from 'zod'
import { csvForms, exportFormats } from '../wire/export-forms.ts'
import { index, queryCount, queryTime } from './inputs.ts'
import { EntryKind } from './ledger-model.ts'
import { Hex, Id16 } from './model.ts'
import { Count, TimeUs } from './quantities.ts'
import type { Endpoint } from './endpoint.ts'
import { Translations } from './translations.ts'

const STREAMS_MAX = 256
const HOURS_MAX = 25 * 31

/** Of what an export is made. Without streams and asset all streams, without a bound everything on that side; both ends included. */
const exportQuery = z.object({
  format: z.enum(exportFormats),
  csv: z.enum(csvForms).optional().meta({
    description: 'How a CSV is written: comma and decimal point (default), or as a German Excel reads it',
  }),
  streams: z
    .string()
    .regex(/^[0-9a-f]{32}(?:,[0-9a-f]{32}){0,255}$/, `must be 1 to ${STREAMS_MAX} stream ids, comma separated`)
    .transform((text) => [...new Set(text.split(','))])
    .optional(),
  asset: z.string().min(1).max(256).optional(),
  fromUs: queryTime.optional(),
  toUs: queryTime.optional(),
  fromEntry: index.optional(),
  toEntry: index.optional(),
})

const EntryRange = z.object({ fromEntry: Count, toEntry: Count })

export const ExportEstimate = z
  .object({
    /** Readings about; gaps come on top. */
    readings: Count,
    streams: Count.nullable().meta({ description: 'Null: all' }),
    treeSize: Count,
    root: z.string(),
    range: EntryRange,
    barred: EntryRange.nullable(),
  })
  .meta({ id: 'ExportEstimate' })
export type ExportEstimate = z.infer<typeof ExportEstimate>

/** Hits of one kind, the best first, and how many more there are. */
const hits = <T extends z.ZodType>(hit: T) => z.object({ hits: z.array(hit), more: Count })

export const Search = z
  .object({
    points: hits(
      z.object({
        stream: Id16,
        label: z.string(),
        labels: Translations.optional(),
        source: z.string(),
        tag: z.string(),
        gateway: z.string(),
        unit: z.string(),
      }),
    ),
    assets: hits(z.object({ id: z.string(), name: z.string(), names: Translations.optional() })),
    certificates: hits(
      z.object({
        id: z.string(),
        asset: z.string(),
        assetName: z.string(),
        assetNames: Translations.optional(),
        issuedAtUs: TimeUs,
      }),
    ),
    /** The entry of that number, where the text is one. */
    entry: z.object({ index: Count, kind: EntryKind, type: z.string().optional(), gateway: z.string() }).nullable(),
    /** Entries of the ledger: the largest number is one less. */
    treeSize: Count,
  })
  .meta({ id: 'Search' })
export type Search = z.infer<typeof Search>

const FoundEntry = z.object({
  index: Count,
  kind: EntryKind,
  type: z.string().optional(),
  gateway: z.string(),
  timeUs: TimeUs,
  readings: Count,
})

/** `searchedTo`: everything from this entry on was looked through; ask again with it as `before` to go on. 0: all there is. */
const looked = { searchedTo: Count, searchedToUs: TimeUs.nullable() }
export const FoundEntries = z.object({ entries: z.array(FoundEntry), ...looked }).meta({ id: 'FoundEntries' })
export type FoundEntries = z.infer<typeof FoundEntries>

export const findingCalls = {
  search: {
    method: 'GET',
    path: '/api/search',
    access: 'signed-in',
    query: z.object({ q: z.string().max(200), limit: queryCount(50).optional() }),
    response: Search,
    summary:
      'Points, assets and certificates whose names hold every word, whatever case and accents; an entry by its number',
  },
  blockAt: {
    method: 'GET',
    path: '/api/ledger/at',
    access: 'signed-in',
    query: z.object({ timeUs: queryTime }),
    response: z.object({ height: Count, timeUs: TimeUs }),
    summary: 'The first block that was sealed at or after a time; the newest where none was',
  },
  blockHours: {
    method: 'GET',
    path: '/api/ledger/hours',
    access: 'signed-in',
    query: z.object({ fromUs: queryTime, hours: queryCount(HOURS_MAX).pipe(z.number().min(1)) }),
    response: z.object({ fromUs: TimeUs, blocks: z.array(Count) }),
    summary: 'How many blocks were sealed in each hour from a time on',
  },
  findEntries: {
    method: 'GET',
    path: '/api/ledger/find',
    access: 'signed-in',
    query: z.object({
      kind: EntryKind.optional(),
      type: z.string().min(1).max(64).optional(),
      gateway: z.string().min(1).max(256).optional(),
      asset: z.string().min(1).max(256).optional(),
      before: index.optional(),
      limit: queryCount(200).optional(),
    }),
    response: FoundEntries,
    summary:
      'Entries of a kind, event type, gateway or asset, newest first, below `before`; looks for a moment and says how far it came',
  },
  findHash: {
    method: 'GET',
    path: '/api/ledger/hash/{hash}',
    access: 'signed-in',
    params: z.object({ hash: Hex.length(64) }),
    query: z.object({ before: index.optional() }),
    response: z.object({ entry: Count.nullable(), ...looked }),
    summary:
      'The newest entry with this fingerprint, or that holds it (root or payload of a batch, certificate, evidence); looks for a moment and says how far it came',
  },
  exportRange: {
    method: 'GET',
    path: '/api/export',
    access: 'signed-in',
    query: exportQuery.extend({
      run: Id16.optional().meta({ description: 'A name of the caller’s own, by which /api/export/running lists it' }),
    }),
    response: { stream: 'application/octet-stream' },
    summary:
      'Readings and gaps of a range as of the newest checkpoint, each with its entry and leaf position; CSV (in a ZIP), JSON lines or Parquet. Not signed. One at a time a person',
  },
  exportEstimate: {
    method: 'GET',
    path: '/api/export/estimate',
    access: 'signed-in',
    query: exportQuery,
    response: ExportEstimate,
    summary: 'What such an export would be: about how many readings, as of which checkpoint, and what of it is barred',
  },
  exportsRunning: {
    method: 'GET',
    path: '/api/export/running',
    access: 'signed-in',
    response: z.object({ exports: z.array(z.object({ run: z.string(), rows: Count, about: Count })) }),
    summary: 'How far the caller’s own exports are',
  },
} as const satisfies Record<string, Endpoint>
