/** Calls about the channels of a gateway, part of the one table. */
import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Channel, Verdict } from './model.ts'
import { Count } from './quantities.ts'

export const ChannelSummary = Channel.partial({ id: true, site: true, simulated: true })
  .extend({
    handle: z
      .string()
      .regex(/^[0-9a-f]{16}$/)
      .meta({ description: 'By which paths name it: /api/c/{channel}/...' }),
    state: z.enum(['running', 'starting', 'stopped']),
    /** Why it is not running. */
    reason: z.string().nullable(),
    verdict: Verdict,
    size: Count.meta({ description: 'Entries of its ledger here' }),
    checkpointSize: Count.nullable().meta({
      description: 'Size of the newest checkpoint that a quorum cosigned since the start',
    }),
    alarms: Count.meta({ description: 'Conditions that stand in it' }),
    sources: Count.meta({ description: 'Sources of this gateway that record into it' }),
  })
  .meta({ id: 'ChannelSummary' })
export type ChannelSummary = z.infer<typeof ChannelSummary>

export const channelCalls = {
  channels: {
    method: 'GET',
    path: '/api/channels',
    access: 'signed-in',
    response: z.object({ channels: z.array(ChannelSummary) }),
    summary: 'The channels of this gateway, its first one first; what is about one of them is under /api/c/{channel}/',
  },
} as const satisfies Record<string, Endpoint>
