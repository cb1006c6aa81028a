/** What a pack's `judge` answers, checked before anybody relies on its shape. */
import type { JsonValue } from '../wire/json.ts'
import { PackError } from './errors.ts'

export interface Reason {
  /** Stable upper-case word, such as ROLLBACK. */
  code: string
  /** One English sentence. */
  text: string
  /** Anything else the pack adds: stream, sequence, timeUs, figures of the finding. */
  [name: string]: JsonValue
}

export interface PackVerdict {
  verdict: string
  reasons: Reason[]
  figures: { [name: string]: JsonValue }
}

/** Throws PackError `pack_invalid` when the answer is no verdict. */
export function parseVerdict(output: JsonValue): PackVerdict {
  const broken = (what: string): PackError => new PackError('pack_invalid', `judge answered without ${what}`)
  if (!isRecord(output)) throw broken('an object')
  const { verdict, reasons, figures, ...others } = output
  if (typeof verdict !== 'string' || verdict === '') throw broken('a verdict text')
  if (!Array.isArray(reasons)) throw broken('a list of reasons')
  if (!isRecord(figures)) throw broken('figures')
  if (Object.keys(others).length > 0)
    throw new PackError('pack_invalid', `judge answered with unknown ${Object.keys(others).join(', ')}`)
  return { verdict, reasons: reasons.map(parseReason), figures }
}

function parseReason(value: JsonValue): Reason {
  if (!isRecord(value) || typeof value['code'] !== 'string' || typeof value['text'] !== 'string') {
    throw new PackError('pack_invalid', 'judge gave a reason without code and text')
  }
  return { ...value, code: value['code'], text: value['text'] }
}

function isRecord(value: JsonValue | undefined): value is { [name: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
