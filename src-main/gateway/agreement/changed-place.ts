import type { LedgerReader } from '../../ledger/reader.ts'
import type { Finding } from '../check/integrity.ts'
import type { ChangedPlace } from './peer-hello.ts'

/** Where a gateway's own record differs, as it tells it; null where it does not. */
export function changedPlace(finding: Finding | null, reader: LedgerReader): ChangedPlace | null {
  if (finding === null) return null
  const { entry, reading } = finding.firstBad
  const place = { entry, reading, acknowledged: finding.acknowledged !== null }
  try {
    const block = reader.blocks.blockOf(entry)
    const sealed = block === null ? {} : { block: block.height, atUs: block.timeUs }
    return { ...place, ...sealed, barredReadings: reader.readingsOf(entry) }
  } catch {
    // What was changed may be the very pages that say so.
    return { ...place, barredReadings: 0 }
  }
}
