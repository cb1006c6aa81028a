/**
 * Forty-one kinds of forged or misleading certificate, made with the project's own builder out of changed material by whoever could: a
 * stranger without a key of the channel, the issuer with all of its own, a minority of the gateways. None is "unchanged".
 */
import { beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src-main/certificates/credential.ts'
import { alsoProven, bendGap, Forger, invented, shownAs, streamsWith } from './forger.ts'
import { signerOf } from './real-channel.ts'
import { otherRule, otherWords } from './other-pack.ts'
import { closing } from './told-less.ts'
import { dayUs, issue, issueOpen, materialOf } from './vehicle.ts'
import type { Vehicle } from './vehicle.ts'

let forger: Forger
beforeAll(async () => {
  forger = await Forger.ready()
}, 180_000)

type Row = [name: string, ends: string, forge: (by: Forger) => Uint8Array, of?: (by: Forger) => Vehicle]

let forgeries = 0

/** Each ends at a named step that stops, or for want of something. */
function attacks(title: string, rows: Row[]): void {
  forgeries += rows.length
  describe(title, () => {
    test.each(rows)('%s ends at %s', async (_name, ends, forge, of) => {
      const result = await forger.check(forge(forger), of?.(forger))
      expect(result.verdict).not.toBe('unchanged')
      // The step that stops, or what is missing.
      const stops = result.steps.find((step) => step.state === 'stops')
      expect(stops?.id ?? result.missing[0]?.code ?? result.verdict).toBe(ends)
    })
  })
}

attacks('a stranger', [
  ['a channel of its own that calls itself the same', 'policy_other', (by) => issue(by.stranger)],
  ['its own entries under this channel’s name', 'checkpoints', (by) => by.sign({ material: by.ownUnder({}) })],
  [
    'its own entries under a genuine checkpoint',
    'seals',
    (by) => by.sign({ material: by.ownUnder({ checkpoint: by.honest.checkpoint }) }),
  ],
  [
    'the genuine evidence, signed by itself',
    'state-proofs',
    (by) => by.sign({ signer: signerOf(by.stranger.gateway) }),
  ],
  [
    'a fork of the genuine ledger, sealed and cosigned by its own keys',
    'not_vouched',
    (by) => by.sign({ material: { ...materialOf(by.fork), checkpoint: by.cosigned(by.fork, by.stranger, [0, 1, 2]) } }),
  ],
  [
    'the genuine issuer’s name over its own signature',
    'issuer-signature',
    (by) => by.renamed(signerOf(by.stranger.gateway)),
  ],
  [
    'another verdict in the genuine file',
    'issuer-signature',
    (by) => by.edited('"verdict":"logical"', '"verdict":"illogical"'),
  ],
  ['another mileage in the genuine file', 'issuer-signature', (by) => by.edited('"lastKm":', '"lastKm":1')],
  [
    'another context, which reads its terms differently',
    'form',
    (by) => by.edited('undefined-terms/v2', 'undefined-terms/v3'),
  ],
  ['another type', 'form', (by) => by.edited('"PlumblineCertificate"', '"LogbookCertificate"')],
  [
    'a second signing time in the proof',
    'form',
    (by) => by.edited('"created":', '"expires":"2099-01-01T00:00:00Z","created":'),
  ],
])

attacks('the issuer', [
  ['signed before the seal that it rests on', 'seals', (by) => by.sign({ signedAt: '1999-01-01T00:00:00Z' })],
  ['signed in the year 0', 'seals', (by) => by.sign({ signedAt: '0000-01-01T00:00:00Z' })],
  [
    'a stream left out',
    'histories',
    (by) => by.sign({ material: { ...by.honest, streams: by.honest.streams.slice(1) } }),
  ],
  [
    'the newest readings left out',
    'histories',
    (by) => by.sign({ material: streamsWith(by.honest, ({ leaves }) => ({ leaves: leaves.slice(0, -3) })) }),
  ],
  [
    'a reading replaced by one of its own',
    'histories',
    (by) => by.sign({ material: by.leavesWith((leaf, at) => (at === 5 ? invented(leaf) : leaf)) }),
  ],
  [
    'a withheld reading that is another one',
    'histories',
    (by) =>
      by.sign({
        material: by.leavesWith((leaf, at) => (at === 5 ? { kind: 'withheld', leafHash: new Uint8Array(32) } : leaf)),
      }),
  ],
  ['a reading withheld, and the verdict kept', 'pack', (by) => by.sign({ material: by.withheld() })],
  [
    'a gap left out',
    'histories',
    (by) => by.sign({ material: streamsWith(by.leakyMaterial, () => ({ gaps: [] })) }),
    (by) => by.leaky,
  ],
  [
    'a gap made shorter',
    'histories',
    (by) =>
      by.sign({
        material: streamsWith(
          by.leakyMaterial,
          bendGap((gap) => ({ ...gap, toTimeUs: gap.fromTimeUs })),
        ),
      }),
    (by) => by.leaky,
  ],
  [
    'a gap with a kinder reason',
    'histories',
    (by) =>
      by.sign({
        material: streamsWith(
          by.leakyMaterial,
          bendGap((gap) => ({ ...gap, reason: 'maintenance' })),
        ),
      }),
    (by) => by.leaky,
  ],
  [
    'an older seal that has swallowed the gap of the period',
    'histories',
    (by) => by.sign({ material: by.swallowedGap() }),
    (by) => by.leaky,
  ],
  [
    'an older seal that has swallowed readings of the period',
    'histories',
    (by) => by.sign({ material: materialOf(by.vehicle, { older: by.vehicle.seals[3]!, fromUs: dayUs(2) }) }),
  ],
  [
    'a period that begins where it ends',
    'histories',
    (by) =>
      by.sign({ material: { ...by.honest, period: { fromUs: by.honest.period.toUs, toUs: by.honest.period.fromUs } } }),
  ],
  [
    'a period beyond what the state knows',
    'period_open',
    (by) => issueOpen(by.vehicle, { ...by.honest, period: { ...by.honest.period, toUs: dayUs(400) } }),
  ],
  ['a coverage of its own', 'pack', (by) => by.sign({ says: { streams: by.covered() } })],
  ['a verdict of its own', 'pack', (by) => by.sign({ says: { verdict: 'illogical' } })],
  [
    'a figure of its own',
    'pack',
    (by) => by.sign({ says: { figures: { ...(by.subject['figures'] as JsonObject), lastKm: 12 } } }),
  ],
  ['a rule of its own', 'pack', (by) => by.sign({ material: { ...by.honest, pack: otherRule(by.honest.pack) } })],
  [
    'words of its own for the same rule',
    'pack',
    (by) => by.sign({ material: { ...by.honest, pack: otherWords(by.honest.pack) } }),
  ],
  [
    'another vehicle’s name',
    'state-proofs',
    (by) => by.sign({ material: { ...by.honest, asset: 'WAUZZZ8K9AA000001' } }),
  ],
  [
    'an owner’s name of its own',
    'pack',
    (by) => by.sign({ says: { issuedBy: { ...(by.subject['issuedBy'] as JsonObject), legalName: 'TÜV' } } }),
  ],
  [
    'simulated values as real ones',
    'pack',
    (by) => by.sign({ material: materialOf(by.simulated), says: { ...by.saidOf(by.simulated), simulated: false } }),
    (by) => by.simulated,
  ],
  [
    'a foreign batch that rides along to add its signer',
    'source-signatures',
    (by) => by.sign({ material: by.withForeignBatch() }),
    (by) => by.ridden.vehicle,
  ],
  [
    'a state value that nothing rests on',
    'source-signatures',
    (by) => by.sign({ material: alsoProven(by.vehicle, by.honest, 0) }),
  ],
  [
    'a seal as a source',
    'source-signatures',
    (by) =>
      by.sign({
        material: {
          ...by.honest,
          batches: [...by.honest.batches!, by.vehicle.channel.logged(by.honest.newer.seal.index)],
        },
      }),
  ],
  [
    'a leaf at another place of its batch',
    'source-signatures',
    (by) =>
      by.sign({
        material: by.leavesWith((leaf, at) =>
          at === 0 && leaf.kind === 'disclosed' ? { ...leaf, position: leaf.position + 1 } : leaf,
        ),
      }),
  ],
  [
    'a seal as if it spoke of another state',
    'seals',
    (by) => by.sign({ material: { ...by.honest, newer: { ...by.honest.newer, closed: by.honest.newer.seal } } }),
  ],
  [
    'an event of another asset as an excuse',
    'histories',
    (by) => by.sign({ material: by.withEvents((leaves) => [shownAs(by.honest.genesis), ...leaves.slice(1)]) }),
  ],
  ['an event left out', 'histories', (by) => by.sign({ material: by.withEvents((leaves) => leaves.slice(0, -1)) })],
  [
    'an event twice',
    'histories',
    (by) => by.sign({ material: by.withEvents((leaves) => [...leaves, leaves.at(-1)!]) }),
  ],
  [
    'events in another order',
    'histories',
    (by) => by.sign({ material: by.withEvents((leaves) => leaves.toReversed()) }),
  ],
  [
    'an event at another place of the ledger',
    'histories',
    (by) =>
      by.sign({
        material: by.withEvents((leaves) =>
          leaves.map((one) => (one.kind === 'shown' ? { ...one, index: one.index + 1 } : one)),
        ),
      }),
  ],
  [
    'a binding of a stream told by its leaf alone',
    'histories',
    (by) => by.sign({ material: closing(by.honest, ({ type }) => type === 'stream.bound') }),
  ],
])

attacks('a minority of the gateways', [
  [
    'a fork that it cosigned alone',
    'cosigners_missing',
    (by) => by.sign({ material: { ...materialOf(by.fork), checkpoint: by.fork.channel.checkpoint(1) } }),
  ],
  [
    'its cosignature twice',
    'cosigners_missing',
    (by) => by.sign({ material: { ...materialOf(by.fork), checkpoint: by.cosigned(by.fork, by.fork, [0, 0]) } }),
  ],
  [
    'its cosignature under another gateway’s name',
    'checkpoints',
    (by) => by.sign({ material: { ...materialOf(by.fork), checkpoint: by.cosigned(by.fork, by.fork, [0], 'energy') } }),
  ],
  [
    'the others’ cosignatures of the true ledger on its fork',
    'checkpoints',
    (by) => by.sign({ material: { ...materialOf(by.fork), checkpoint: by.transplanted() } }),
  ],
  [
    'the true checkpoint over its fork',
    'seals',
    (by) => by.sign({ material: { ...materialOf(by.fork), checkpoint: by.honest.checkpoint } }),
  ],
  [
    'its fork’s readings beside the true histories',
    'histories',
    (by) => by.sign({ material: { ...by.honest, streams: materialOf(by.fork).streams } }),
  ],
  [
    'its fork’s state under the true seal',
    'state-proofs',
    (by) =>
      by.sign({ material: { ...by.honest, newer: { ...by.honest.newer, state: materialOf(by.fork).newer.state } } }),
  ],
  [
    'its own genesis, in which it is everybody',
    'seals',
    (by) =>
      by.sign({
        material: { ...by.honest, genesis: { ...materialOf(by.stranger).genesis, path: by.honest.genesis.path } },
      }),
  ],
])

test('there are forty and more', () => {
  expect(forgeries).toBeGreaterThanOrEqual(40)
})
