/** A signed statement as lines for reading: what it says, key by key. Only the bytes are evidence. */
import { m } from '../../paraglide/messages.js'
import { count } from '../../words/number.ts'
import { moment } from '../../words/time.ts'
import { hashShort, isHex } from '../../words/hash-text.ts'

export interface StatementRow {
  key: string
  label: string
  /** Whether the label is a name of the format that we have no word for. */
  raw: boolean
  text: string
  bytes: boolean
  /** The whole text, where `text` shows only its start. */
  full: string | undefined
  /** How deep it lies in the statement. */
  depth: number
}

const labels: Record<string, () => string> = {
  name: m.ledger_key_name,
  site: m.ledger_key_site,
  sequence: m.ledger_key_sequence,
  previous: m.ledger_key_previous,
  incarnation: m.ledger_key_incarnation,
  ends: m.ledger_key_ends,
  occurredAtUs: m.ledger_key_occurred,
  timeUs: m.ledger_key_time,
  sealedAtUs: m.ledger_key_sealed,
  height: m.ledger_key_height,
  size: m.ledger_key_size,
  stateRoot: m.ledger_key_state_root,
  packsHash: m.ledger_key_packs,
  role: m.ledger_key_role,
  roles: m.ledger_key_roles,
  assets: m.ledger_key_assets,
  asset: m.ledger_key_asset,
  consumes: m.ledger_key_consumes,
  evidence: m.ledger_key_evidence,
  tag: m.ledger_key_tag,
  source: m.ledger_key_source,
  label: m.ledger_key_label,
  labels: m.ledger_key_labels,
  names: m.ledger_key_names,
  en: m.ledger_key_en,
  de: m.ledger_key_de,
  unit: m.ledger_key_unit,
  protocol: m.ledger_key_protocol,
  quantity: m.ledger_key_quantity,
  trust: m.ledger_key_trust,
  range: m.ledger_key_range,
  simulated: m.ledger_key_simulated,
  stream: m.ledger_key_stream,
  fromSequence: m.ledger_key_from_sequence,
  members: m.ledger_key_members,
  packs: m.ledger_key_pack_list,
  quorum: m.ledger_key_quorum,
  legalName: m.ledger_key_legal_name,
  verdict: m.ledger_key_verdict,
  reason: m.ledger_key_reason,
  kind: m.ledger_key_kind,
  cadenceMs: m.ledger_key_cadence,
  certificateHash: m.ledger_key_certificate,
  fingerprint: m.ledger_key_fingerprint,
  decision: m.ledger_key_decision,
  personRole: m.ledger_key_person_role,
  code: m.ledger_key_code,
  place: m.ledger_key_place,
  sinceUs: m.ledger_key_since_when,
  untilUs: m.ledger_key_until_when,
  priority: m.ledger_key_priority,
  detail: m.ledger_key_detail,
  leftOut: m.ledger_key_left_out,
}

/** Said elsewhere on the screen, or the same in every statement. */
const left = new Set(['kind', 'v', 'channel', 'actor', 'type', 'nonce'])
const hashGroups = 6

export function statementRows(statement: unknown): StatementRow[] {
  if (!isRecord(statement)) return []
  const { body, ...head } = statement
  const rows = isRecord(body) ? rowsOf(body, '', 0) : []
  return [
    ...rows,
    ...rowsOf(
      Object.fromEntries(Object.entries(head).filter(([key, value]) => !left.has(key) && !isEmpty(value))),
      '',
      0,
    ),
  ]
}

function rowsOf(record: Record<string, unknown>, path: string, depth: number): StatementRow[] {
  return Object.entries(record).flatMap(([key, value]) => rowOf(key, value, `${path}/${key}`, depth))
}

function rowOf(key: string, value: unknown, path: string, depth: number): StatementRow[] {
  const named = labels[key]
  const base = { key: path, label: named?.() ?? key, raw: named === undefined, depth }
  if (Array.isArray(value) && value.some((one) => typeof one === 'object' && one !== null)) {
    const items = value.flatMap((one: unknown, position) =>
      isRecord(one)
        ? [
            {
              ...plain(String(position + 1)),
              ...base,
              key: `${path}/${position}`,
              label: String(position + 1),
              raw: false,
              text: '',
              depth: depth + 1,
            },
            ...rowsOf(one, `${path}/${position}`, depth + 2),
          ]
        : rowOf(String(position + 1), one, `${path}/${position}`, depth + 1),
    )
    return [{ ...plain(count(value.length)), ...base }, ...items]
  }
  if (isRecord(value)) return [{ ...plain(''), ...base }, ...rowsOf(value, path, depth + 1)]
  return [{ ...leaf(key, value), ...base }]
}

function leaf(key: string, value: unknown): Pick<StatementRow, 'text' | 'bytes' | 'full'> {
  if (value === null || value === undefined) return plain(m.none())
  if (typeof value === 'boolean') return plain(value ? m.ledger_yes() : m.ledger_no())
  if (typeof value === 'number') return plain(key.endsWith('Us') && value > 1e12 ? moment(value) : count(value))
  if (Array.isArray(value))
    return value.length === 0 ? plain(m.none()) : plain(value.map((one) => leaf(key, one).text).join(', '))
  const text = String(value)
  return isHex(text) ? { text: hashShort(text, hashGroups), bytes: true, full: text } : plain(text)
}

const plain = (text: string) => ({ text, bytes: false, full: undefined })
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isEmpty = (value: unknown) => value === null || (Array.isArray(value) && value.length === 0)
