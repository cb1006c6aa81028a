/** Why a gap is there, in the person's language where we know the reason; else as the gateway wrote it. */
import { m } from '../../paraglide/messages.js'

const known: Record<string, () => string> = {
  'the gateway was not recording': m.trends_gap_not_recording,
  'readings came faster than they could be recorded': m.trends_gap_too_fast,
}

export const gapReason = (reason: string): string => known[reason]?.() ?? reason
