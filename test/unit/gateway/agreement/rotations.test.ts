import { expect, test } from 'vitest'
import { rotationsOf } from '../../../../src-main/gateway/agreement/rotations.ts'
import { formatCheckpoint } from '../../../../src-main/proof/checkpoint.ts'
import { cosignatureLine } from '../../../../src-main/proof/cosignature.ts'
import { formatNote } from '../../../../src-main/proof/note.ts'
import { formatForkProof, openForkProof } from '../../../../src-main/record/fork-proof.ts'
import { keyProof } from '../../../../src-main/record/kinds/key.ts'
import { fromHex } from '../../../../src-main/wire/bytes.ts'
import { originOf } from '../../../../src-main/wire/origin.ts'
import { testKey } from '../../../support/channel.ts'
import { commitOne, testLedger } from '../../ledger/drive.ts'

test.each(['entry', 'credential', 'cosignature'] as const)(
  'however often a liar changed its %s key, a fork that it signs is proven from the genesis',
  (use) => {
    const { channel, ledger } = testLedger()
    const liar = channel.member(0)
    for (let i = 0; i < 80; i++) {
      const next = testKey(`key ${i}`, use)
      const replaces = liar.keys[use].keyId
      const proof = next.sign(keyProof(channel.channel, liar.actor, replaces))
      const body = { use, alg: 1, public: next.public, replaces, proof } as const
      expect(commitOne(ledger, channel.event(liar, 'key.rotated', body)).outcome).toBe('accepted')
      liar.keys[use] = next
    }
    const origin = originOf(channel.channel)
    const { public: publicKey, sign } = liar.keys.cosignature
    const head = (digit: string): string => {
      const text = formatCheckpoint({ origin, size: Number(ledger.size), root: fromHex(digit.repeat(64)) })
      return formatNote(text, [
        cosignatureLine({ text, name: `${origin}/${liar.name}`, timeSeconds: 1, publicKey, sign }),
      ])
    }
    const rotations = rotationsOf(ledger, liar.actor)
    const { both } = openForkProof(formatForkProof(channel.genesis, rotations, [head('1'), head('2')]))
    expect(both.map(({ actor }) => actor)).toEqual([liar.actor])
  },
)
