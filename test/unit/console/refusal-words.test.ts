import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { refusalCodes } from '../../../src-main/endpoints/refusals.ts'
import { REFUSALS } from '../../../src-main/record/refusals.ts'
import { inRoot } from '../../../src-main/cli/launch/root.mjs'

type Messages = Record<string, string>
const read = (path: string) => readFileSync(inRoot(path), 'utf8')
const [en, de] = (['en', 'de'] as const).map((language) =>
  JSON.parse(read(`src-renderer/messages/${language}.json`)),
) as [Messages, Messages]

/** The codes of a union type, as its file lists them. */
function codesOf(path: string, type: string): string[] {
  const union = new RegExp(`export type ${type} =\\n((?:  \\| .*\\n)+)`).exec(read(path))?.[1] ?? ''
  return [...union.matchAll(/'(\w+)'/g)].map((match) => match[1]!)
}

/** What ends a start, a command or a check of a file, and is never the answer to a call of the console. */
const NEVER_ANSWERED = new Set(
  `
  config_unreadable config_invalid config_not_private data_folder not_private already_running not_running no_answer
  channel_missing channel_mismatch channel_exists description_unreadable founding_refused not_continued port_in_use clock_not_simulated stream_changed ledger_vanished too_early
  no_proof bad_configuration commit_failed database_unreadable newer_schema older_schema not_a_ledger
  not_durable genesis_missing genesis_refused genesis_differs payload_missing payload_malformed
  not_sealed_yet raft_log_damaged raft_state_damaged foreign_ledger replay_differs pack_host_missing
  pack_misbehaved out_of_order ledger_closed checkpoint_refused malformed_policy unreadable
  nothing_embedded several_embedded rules_unknown
  `
    .trim()
    .split(/\s+/),
)

const unions = [
  ['src-main/gateway/error.ts', 'GatewayErrorCode'],
  ['src-main/ledger/errors.ts', 'LedgerErrorCode'],
  ['src-main/certificates/errors.ts', 'CertificateErrorCode'],
  ['src-main/acquisition/errors.ts', 'AcquisitionErrorCode'],
] as const

describe('a refusal', () => {
  test.each(unions)('of %s %s has words, or is never the answer to a call', (path, type) => {
    const codes = codesOf(path, type)
    expect(codes.length).toBeGreaterThan(5)
    const known = new Set<string>(refusalCodes)
    expect(codes.filter((code) => !known.has(code) && !NEVER_ANSWERED.has(code))).toEqual([])
    expect(codes.filter((code) => known.has(code) && NEVER_ANSWERED.has(code))).toEqual([])
  })

  test.each(refusalCodes)(
    '%s says in both languages what is so and what to do, to a person and not to a program',
    (code) => {
      for (const key of [`refusal_${code}`, `refusal_${code}_todo`]) {
        const texts = [en[key], de[key]]
        for (const text of texts) expect(text, key).toMatch(/^(?:\p{Lu}|\d|people\.json).{8,}$/u)
        expect(texts[0], key).not.toBe(texts[1])
        expect(texts.join(), key).not.toMatch(/GET |POST |\/api\/|runtime\.json|openapi/)
        // The first is followed by a full stop where both stand in one line; the second has its own.
        for (const text of texts) expect(/[.!?]$/.test(text!), key).toBe(key.endsWith('_todo'))
      }
    },
  )
})

test('the English words for a refusal of the record are its own', () => {
  const words = Object.keys(REFUSALS).map((code) => en[`refused_${code.replaceAll('-', '_')}`])
  expect(words).toEqual(Object.values(REFUSALS))
})
