import { expect, onTestFinished, test } from 'vitest'
import { join } from 'node:path'
import { openReader } from '../../../src-main/ledger/reader.ts'
import type { DocumentHash } from '../../../src-main/record/document-fields.ts'
import type { CoreEvents } from '../../../src-main/record/kinds.ts'
import type { CoreRefusalCode } from '../../../src-main/record/refusals.ts'
import type { EventInput } from '../../../src-main/record/statements.ts'
import { sha256, toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import type { ActorId } from '../../../src-main/wire/ids.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { addon, commit, commitOne, seal, testLedger } from './drive.ts'
import { fsck } from '../../../src-main/ledger/audit.ts'

type DocumentType = Extract<keyof CoreEvents, `document.${string}`>

const hashOf = (name: string) => toHex(sha256(utf8(name))) as DocumentHash
const LADING = hashOf('bill of lading')
const NEWER = hashOf('bill of lading, revised')

function documents() {
  const file = join(temporaryFolder(onTestFinished), 'ledger.db')
  const { channel, ledger } = testLedger({}, { file })
  const [first, second, third] = [0, 1, 2].map((index) => channel.member(index)) as [
    ReturnType<typeof channel.member>,
    ReturnType<typeof channel.member>,
    ReturnType<typeof channel.member>,
  ]
  /** Signed for the state as it is when it is made. */
  const made = <T extends DocumentType>(
    member: typeof first,
    type: T,
    body: CoreEvents[T],
    change: Partial<EventInput> = {},
  ) => channel.event(member, type, body, { consumes: ledger.consumed(type, body), ...change })
  const say = <T extends DocumentType>(...said: Parameters<typeof made<T>>) => commitOne(ledger, made(...said))
  const added = (document: DocumentHash, asset: string | null = null) =>
    ({ document, type: 'bill-of-lading', version: '1', name: 'B/L 7', asset }) as const
  const handed = (to: ActorId, document = LADING) => ({ document, to, asset: null }) as const
  return { file, channel, ledger, first, second, third, made, say, added, handed }
}

test('of two hand-overs that were made for the same holder the first counts, and the other is stale', () => {
  const { channel, ledger, first, second, third, made, say, added, handed } = documents()
  expect(say(first, 'document.added', added(LADING)).outcome).toBe('accepted')
  const [one, two] = [second, third].map(({ actor }) => made(first, 'document.transferred', handed(actor)))
  expect(commit(ledger, one!, two!)).toMatchObject([
    { outcome: 'accepted' },
    { outcome: 'invalid', reason: 'stale-state' },
  ])
  expect(say(first, 'document.transferred', handed(third.actor))).toMatchObject({ reason: 'not-holder' })
  expect(say(second, 'document.transferred', handed(third.actor)).outcome).toBe('accepted')
  seal(channel, ledger)
  // Sealed or not, what is consumed is the same value.
  expect(say(third, 'document.transferred', handed(first.actor)).outcome).toBe('accepted')
  ledger.close()
})

test('the state that is consumed is the one that was sealed, however the replica came by it', () => {
  const { file, channel, ledger, first, second, made, say, added, handed } = documents()
  say(first, 'document.added', added(LADING))
  const unsealed = made(first, 'document.transferred', handed(second.actor))
  const body = handed(second.actor)
  const before = ledger.consumed('document.transferred', body)
  seal(channel, ledger)
  expect(ledger.consumed('document.transferred', body)).toEqual(before)
  expect(commitOne(ledger, unsealed).outcome).toBe('accepted')
  const reader = openReader(file)
  expect(reader.state.document(LADING)).toMatchObject({ name: 'B/L 7', holder: second.actor, supersededBy: null })
  reader.close()
  ledger.close()
  expect(fsck({ file, addon })).toMatchObject({ verdict: 'unchanged' })
})

test('one document stands in the place of another, which is disposed of no more', () => {
  const { first, second, say, added, handed, ledger } = documents()
  say(first, 'document.added', added(LADING))
  say(first, 'document.added', added(NEWER))
  const superseded = { document: LADING, by: NEWER, asset: null }
  expect(say(second, 'document.superseded', superseded)).toMatchObject({ reason: 'not-holder' })
  expect(say(first, 'document.superseded', superseded).outcome).toBe('accepted')
  expect(say(first, 'document.superseded', superseded)).toMatchObject({ reason: 'document-superseded' })
  expect(say(first, 'document.transferred', handed(second.actor))).toMatchObject({ reason: 'document-superseded' })
  expect(say(first, 'document.transferred', handed(second.actor, NEWER)).outcome).toBe('accepted')
  ledger.close()
})

test('what a document’s event cannot be is refused by its code', () => {
  const { first, second, say, added, handed, ledger } = documents()
  const { outcome } = say(first, 'document.added', added(LADING))
  expect(outcome).toBe('accepted')
  const nobody = 'ee'.repeat(16) as ActorId
  const refusals: [CoreRefusalCode, () => { reason?: string }][] = [
    ['document-known', () => say(second, 'document.added', added(LADING))],
    ['asset-unknown', () => say(first, 'document.added', added(NEWER, 'urn:own:none'))],
    ['document-unknown', () => say(first, 'document.transferred', handed(second.actor, NEWER))],
    ['document-asset-other', () => say(first, 'document.superseded', { document: LADING, by: LADING, asset: 'x' })],
    ['document-itself', () => say(first, 'document.superseded', { document: LADING, by: LADING, asset: null })],
    ['receiver-no-member', () => say(first, 'document.transferred', handed(nobody))],
    ['consumes-differ', () => say(first, 'document.transferred', handed(second.actor), { consumes: [] })],
    [
      'stale-state',
      () => {
        const consumes = ledger.consumed('document.transferred', handed(second.actor))
        const other = consumes.map(([key]) => [key, new Uint8Array(32)] as const)
        return say(first, 'document.transferred', handed(second.actor), { consumes: other })
      },
    ],
    [
      'statement-malformed',
      () => {
        const consumes = ledger.consumed('document.transferred', handed(second.actor)).toReversed()
        return say(first, 'document.transferred', handed(second.actor), { consumes })
      },
    ],
  ]
  for (const [reason, said] of refusals) {
    if (reason === 'statement-malformed') expect(said, reason).toThrow(/not ascending/)
    else expect(said(), reason).toMatchObject({ outcome: 'invalid', reason })
  }
  ledger.close()
})
