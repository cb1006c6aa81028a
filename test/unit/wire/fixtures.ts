import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256, utf8 } from '../../../src-main/wire/bytes.ts'
import { channelId, streamId } from '../../../src-main/record/channel.ts'
import { assembleEntry, encodeProtected, issuerOf, sigStructure, subjectOf } from '../../../src-main/wire/entry.ts'
import type { ContentType } from '../../../src-main/wire/entry.ts'
import { encodeBody } from '../../../src-main/record/events.ts'
import type { ChannelOpened } from '../../../src-main/record/kinds/channel.ts'
import { keyId, parseActorId } from '../../../src-main/wire/ids.ts'
import type { IncarnationId } from '../../../src-main/wire/ids.ts'
import type { BatchHeader, EventInput } from '../../../src-main/record/statements.ts'

/** Fixed keys and statements for tests; `seed` names a byte string of 32, the same at every run. */
export function seed(name: string): Uint8Array {
  return sha256(utf8(name))
}

export const actor = parseActorId('0123456789abcdef0123456789abcdef')
export const incarnation = 'fedcba9876543210'.repeat(2) as IncarnationId
export const secretKey = seed('entry key')
export const publicKey = ed25519.getPublicKey(secretKey)
export const nonce = seed('nonce').slice(0, 16)

export const genesisBody: ChannelOpened = {
  name: 'Hall 3',
  site: 'Werk Süd',
  simulated: true,
  nonce,
  quorum: 1,
  rules: 1,
  members: [
    {
      actor,
      raftId: 1,
      name: 'gateway-1',
      legalName: 'Muster GmbH',
      voter: true,
      roles: ['site-manager'],
      keys: [{ use: 'entry', alg: 1, public: publicKey }],
    },
  ],
  packs: [
    {
      id: 'odometer',
      version: '1.0.0',
      hash: seed('pack'),
      ruleHash: seed('rule'),
      engineHash: seed('engine'),
      parameters: { cap: 2000, rate: 0.5 },
    },
  ],
}
const genesisWithoutChannel: Omit<EventInput, 'channel'> = {
  v: 1,
  actor,
  incarnation,
  nonce,
  sequence: 0,
  previous: null,
  type: 'channel.opened',
  assets: [],
  consumes: [],
  role: 'member-admin',
  occurredAtUs: 1_774_915_200_000_000,
  body: encodeBody('channel.opened', genesisBody),
  evidence: [],
}
export const channel = channelId(genesisWithoutChannel)
export const genesis: EventInput = { ...genesisWithoutChannel, channel }
const streamA = streamId(channel, actor, 'press', 'temperature')
const streamB = streamId(channel, actor, 'press', 'cycles')
export const streams = [streamA, streamB].toSorted()

export const batch: BatchHeader = {
  v: 1,
  channel,
  actor,
  incarnation,
  nonce,
  sequence: 1,
  previous: seed('previous'),
  sealedAtUs: 1_774_915_201_000_000,
  clock: { state: 'synchronised', errorUs: 1500 },
  count: 5,
  firstTimeUs: 1_774_915_200_000_000,
  lastTimeUs: 1_774_915_200_900_000,
  root: seed('root'),
  payloadHash: seed('payload'),
  payloadLength: 321,
  runs: [
    { stream: streams[0]!, firstSequence: 7, count: 3 },
    { stream: streams[1]!, firstSequence: 0, count: 2 },
  ],
  qualities: [
    [0, 4],
    [0x8031_0000, 1],
  ],
  gaps: [
    { stream: streams[0]!, fromSequence: 5, toSequence: 6, fromTimeUs: 10, toTimeUs: 20, reason: 'source was away' },
    { stream: streams[1]!, fromSequence: 0, toSequence: -1, fromTimeUs: 10, toTimeUs: 10, reason: 'restart' },
  ],
}

export function signedEntry(contentType: ContentType, payload: Uint8Array): Uint8Array {
  const header = encodeProtected({
    alg: 1,
    contentType,
    keyId: keyId(1, publicKey),
    issuer: issuerOf(actor),
    subject: subjectOf(channel),
    iatSeconds: 1_774_915_201,
  })
  return assembleEntry(header, payload, ed25519.sign(sigStructure(header, payload), secretKey))
}
