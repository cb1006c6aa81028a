import type { LogEntry } from '../../native/addon.ts'

/** What one transaction applies at most (but at least one entry): a pass must end well before an election timeout. */
const APPLIED_BYTES_PER_PASS = 256 * 1024

/** Takes entries from the front of `entries` up to the bound of one transaction. */
export function takeChunk(entries: LogEntry[]): LogEntry[] {
  let bytes = 0
  let count = 0
  for (const entry of entries) {
    if (count > 0 && bytes + entry.data.length > APPLIED_BYTES_PER_PASS) break
    bytes += entry.data.length
    count += 1
  }
  return entries.splice(0, count)
}
