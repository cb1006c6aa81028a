/** Calls by which somebody has the gateway sign an event, part of the one table. */
import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Count } from './quantities.ts'

export const eventCalls = {
  signEvent: {
    method: 'POST',
    path: '/api/ledger/events',
    access: ['site-manager', 'member-admin'],
    body: z.strictObject({ type: z.string().max(64), body: z.unknown() }),
    response: z
      .object({
        outcome: z.string(),
        /** Null while it waits for a majority, and where it is refused. */
        entry: Count.nullable(),
        /** Code of the refusal (docs/FORMATS.md, Refusals). */
        refused: z.string().nullable(),
        reason: z.string().nullable(),
      })
      .meta({ id: 'SignedEvent' }),
    summary: 'Have the gateway sign an event: its body as docs/FORMATS.md has it, bytes in hex',
  },
} as const satisfies Record<string, Endpoint>
