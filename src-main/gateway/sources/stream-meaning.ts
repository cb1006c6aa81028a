/** What a tag measures is on the ledger from its first reading on; a configuration cannot give those readings another meaning. */
import type { SourceConfig } from '../../acquisition/config.ts'
import { describeStreams } from '../../acquisition/stream-description.ts'
import type { StreamState } from '../../record/core-state.ts'
import { STREAM_FIXED } from '../../record/stream-fields.ts'
import { GatewayError } from '../error.ts'

/** Throws GatewayError `stream_changed` naming every tag that is configured otherwise than the ledger has it. */
export function refuseChangedMeaning(
  sources: readonly SourceConfig[],
  known: (source: string, tag: string) => StreamState | null,
): void {
  const changed = sources.flatMap((source) =>
    describeStreams(source).flatMap((now) => {
      const before = known(now.source, now.tag)
      if (before === null) return []
      return STREAM_FIXED.filter((field) => before[field] !== now[field]).map(
        (field) =>
          `${now.source}/${now.tag}: ${field} is "${String(now[field])}", on the ledger "${String(before[field])}"`,
      )
    }),
  )
  if (changed.length === 0) return
  throw new GatewayError(
    'stream_changed',
    `tags measure something else than their readings so far: ${changed.join('; ')}`,
    'Put the old values back, or give the tag (or its source) another id: a new stream then begins, and the old one stays as it is.',
  )
}
