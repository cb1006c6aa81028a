/** Calls that find things in the record and take them along. */
import { z } from 'zod'
import { index, queryTime } from './inputs.ts'
import { Id16 } from './model.ts'
import { Count } from './quantities.ts'
import type { Endpoint } from './endpoint.ts'

const STREAMS_MAX = 256

/** Of what an export is made. Without streams and asset all streams, without a bound everything on that side; both ends included. */
const exportQuery = z.object({
  format: z.enum(['csv', 'jsonl', 'parquet']),
  csv: z.enum(['rfc4180', 'excel-de']).optional().meta({
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

export const findingCalls = {
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
