import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { loadAddon } from '../../../native/addon.ts'
import { checkFork, forkText } from '../../../src-main/cli/verify-fork.ts'
import { gatewayFolder } from '../../../src-main/gateway/folder/data-folder.ts'
import { formatCheckpoint } from '../../../src-main/proof/checkpoint.ts'
import { cosignatureLine } from '../../../src-main/proof/cosignature.ts'
import { formatForkProof, isForkProof, openForkProof } from '../../../src-main/record/fork-proof.ts'
import { formatNote, signatureLine } from '../../../src-main/proof/note.ts'
import { headVerifiers, openHead, parseHead, positionText, signPosition } from '../../../src-main/proof/signed-head.ts'
import { fromHex, utf8 } from '../../../src-main/wire/bytes.ts'
import { TestChannel, testKey, type TestKey, type TestMember } from '../../support/channel.ts'
import { keyProof } from '../../../src-main/record/kinds/key.ts'
import { plumbline, plumblineJson } from '../../support/plumbline-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { originOf } from '../../../src-main/wire/origin.ts'

const channel = new TestChannel(loadAddon(), { members: 3 })
const [first, second] = channel.members as [TestMember, TestMember]
const origin = originOf(channel.channel)
const [ONE, TWO] = ['11'.repeat(32), '22'.repeat(32)] as const

function position(member: TestMember, size: number, root: string, term = 4): string {
  const { public: publicKey, sign } = member.keys.entry
  return signPosition({ origin, term, size, root }, { name: member.name, publicKey, sign })
}

function textOf(size: number, root: string): string {
  return formatCheckpoint({ origin, size, root: fromHex(root) })
}

function cosigned(member: TestMember, size: number, root: string): string {
  const { public: publicKey, sign } = member.keys.cosignature
  const text = textOf(size, root)
  return formatNote(text, [
    cosignatureLine({ text, name: `${origin}/${member.name}`, timeSeconds: 1, publicKey, sign }),
  ])
}

function logSigned(member: TestMember, size: number, root: string): string {
  const { public: publicKey, sign } = member.keys.checkpoint
  const text = textOf(size, root)
  return formatNote(text, [signatureLine({ text, name: origin, publicKey, sign })])
}

function broken(note: string): string {
  // The last digits of base64 before the padding: another signature under the same key.
  return note.replace(/(.)(.{8}\n)$/, (_, digit: string, rest: string) => `${digit === 'A' ? 'B' : 'A'}${rest}`)
}

const proof = (a: string, b: string): string => formatForkProof(channel.genesis, [], [a, b])

describe('two signed heads of one size', () => {
  test.each([
    ['two positions of one term', position(first, 9, ONE), position(first, 9, TWO)],
    ['two positions of different terms', position(first, 9, ONE), position(first, 9, TWO, 5)],
    ['a position and a cosignature', position(first, 9, ONE), cosigned(first, 9, TWO)],
    ['two cosignatures', cosigned(first, 9, ONE), cosigned(first, 9, TWO)],
    ['two checkpoints of the log', logSigned(first, 9, ONE), logSigned(first, 9, TWO)],
    ['a checkpoint and a cosignature', logSigned(first, 9, ONE), cosigned(first, 9, TWO)],
  ])('prove a fork: %s', (_, a, b) => {
    const opened = openForkProof(proof(a, b))
    expect(opened.both).toEqual([{ actor: first.actor, name: 'gateway-1' }])
    expect(checkFork(proof(a, b), [origin])).toMatchObject({ verdict: 'changed', signedBoth: ['gateway-1'] })
  })

  test('name nobody who signed only one of them', () => {
    const a = `${cosigned(first, 9, ONE)}${cosigned(second, 9, ONE).split('\n\n')[1]}`
    const check = checkFork(proof(a, cosigned(first, 9, TWO)), [origin])
    expect([check.signedBoth, check.heads.map(({ signers }) => signers)]).toEqual([
      ['gateway-1'],
      [['gateway-1', 'gateway-2'], ['gateway-1']],
    ])
  })

  test.each<[string, string, RegExp]>([
    ['the same root twice', proof(position(first, 9, ONE), cosigned(first, 9, ONE)), /one and the same record/],
    ['two sizes', proof(position(first, 9, ONE), position(first, 10, TWO)), /different sizes, 9 and 10/],
    ['two signers', proof(position(first, 9, ONE), position(second, 9, TWO)), /nobody signed both/],
    [
      'a signature that does not hold',
      proof(position(first, 9, ONE), broken(position(first, 9, TWO))),
      /its second head/,
    ],
    [
      'a cosignature that does not hold',
      proof(broken(cosigned(first, 9, ONE)), cosigned(first, 9, TWO)),
      /its first head/,
    ],
    [
      'another genesis',
      formatForkProof(
        new TestChannel(loadAddon(), { members: 3, seed: 'x' }).genesis,
        [],
        [position(first, 9, ONE), position(first, 9, TWO)],
      ),
      /cannot be read as a proof: .* the genesis is that of/,
    ],
    [
      'no genesis',
      formatForkProof(utf8('no'), [], [position(first, 9, ONE), position(first, 9, TWO)]),
      /cannot be read/,
    ],
    ['no notes', proof('', ''), /cannot be read/],
    ['more heads', proof('', '').replace('""', '"", "", ""'), /cannot be read/],
  ])('prove nothing with %s', (_, text, why) => {
    const check = checkFork(text, [origin])
    expect(check).toMatchObject({ verdict: 'cannot-tell', signedBoth: [] })
    expect(check.reason).toMatch(why)
    expect(forkText('x', check)).toMatch(/Cannot tell: this file proves nothing yet/)
  })

  describe('by a key that took the place of another', () => {
    const [entryKey, logKey] = [testKey('next', 'entry'), testKey('next', 'checkpoint')]
    const rotated = (next: TestKey, by: TestMember = first, of: TestMember = first): Uint8Array => {
      const replaces = of.keys[next.use].keyId
      const proof = next.sign(keyProof(channel.channel, by.actor, replaces))
      return channel.event({ ...by }, 'key.rotated', { use: next.use, alg: 1, public: next.public, replaces, proof })
        .entry
    }
    const renewed: TestMember = { ...first, keys: { ...first.keys, entry: entryKey, checkpoint: logKey } }
    const toEntry = rotated(entryKey)
    const toLog = rotated(logKey, { ...first, keys: { ...first.keys, entry: entryKey } })
    const heads = [logSigned(renewed, 9, ONE), logSigned(renewed, 9, TWO)] as const

    test('prove a fork with the entries that lead to it', () => {
      expect(openForkProof(formatForkProof(channel.genesis, [toEntry, toLog], heads)).both).toEqual([
        { actor: first.actor, name: 'gateway-1' },
      ])
      expect(openForkProof(formatForkProof(channel.genesis, [], heads)).both).toEqual([])
      // One that says nothing spoils nothing.
      const alive = channel.event({ ...first }, 'gateway.alive', {}).entry
      expect(openForkProof(formatForkProof(channel.genesis, [alive, toEntry, toLog], heads)).both).toHaveLength(1)
    })

    test.each([
      ['one before that is missing', [toLog]],
      ['a key of another member', [rotated(logKey, second, first)]],
      ['another event', [channel.event({ ...first }, 'gateway.alive', {}).entry]],
      ['a signature that does not hold', [toEntry.map((byte, i) => (i === toEntry.length - 1 ? byte ^ 1 : byte))]],
    ])('prove nothing with a rotation by %s', (_, rotations) => {
      const check = checkFork(formatForkProof(channel.genesis, rotations, heads), [origin])
      expect([check.verdict, check.signedBoth]).toEqual(['cannot-tell', []])
    })
  })

  test('prove nothing of a channel that is not known here: anybody may found one and sign in it', () => {
    const check = checkFork(proof(position(first, 9, ONE), position(first, 9, TWO)), ['plumbline.local/other'])
    expect([check.verdict, check.reason]).toEqual(['cannot-tell', `the channel ${origin} is not known here`])
  })
})

test('a key signs only its own kind of head: an entry key no checkpoint, and a checkpoint key no position', () => {
  const verifiers = headVerifiers(origin, openMembers())
  const text = positionText({ origin, term: 4, size: 9, root: ONE })
  const { checkpoint, entry } = first.keys
  const asLog = formatNote(text, [
    signatureLine({ text, name: origin, publicKey: checkpoint.public, sign: checkpoint.sign }),
  ])
  expect(openHead(asLog, verifiers).signers).toEqual([])
  const plain = textOf(9, ONE)
  const name = `${origin}/${first.name}`
  const asEntry = formatNote(plain, [signatureLine({ text: plain, name, publicKey: entry.public, sign: entry.sign })])
  expect(openHead(asEntry, verifiers).signers).toEqual([])
  expect(openHead(position(first, 9, ONE), verifiers).signers).toMatchObject([
    { actor: first.actor, signs: 'position' },
  ])
})

test("a position's text is none of the signing structures of COSE, and is read back strictly", () => {
  const text = positionText({ origin, term: 4, size: 9, root: ONE })
  expect(utf8(text)[0]).not.toBe(0x84)
  expect(parseHead(text)).toEqual({ origin, term: 4, size: 9, root: ONE })
  for (const bad of [text.replace('\n4\n', '\n04\n'), text.replace('\n4\n', '\n-1\n'), `${text}\n`, text.slice(0, -2)])
    expect(() => parseHead(bad)).toThrow()
  expect(() => positionText({ origin, term: 1.5, size: 9, root: ONE })).toThrow(/term/)
})

test('only what says that it is a fork proof is read as one', () => {
  expect(isForkProof(proof('a', 'b'))).toBe(true)
  expect(isForkProof('{"type":"other"}')).toBe(false)
  expect(isForkProof(`x${proof('a', 'b')}`)).toBe(false)
})

test('plumbline verify explains a proof and names who signed both; without the channel it cannot tell', async () => {
  const data = temporaryFolder(onTestFinished)
  const folder = gatewayFolder(join(data, 'gw-1'))
  mkdirSync(folder.root)
  writeFileSync(folder.genesis, channel.genesis)
  const file = join(data, 'found.fork.json')
  writeFileSync(file, proof(position(first, 9, ONE), cosigned(first, 9, TWO)))
  const known = await plumbline('verify', file, '--data', data)
  expect(known.stdout).toMatch(
    /Changed: gateway-1 signed two different records of one channel, and this file proves it\./,
  )
  expect(known.stdout).toMatch(/position of a leader in term 4, size 9\n +root +1111\S+\n +signed by gateway-1/)
  expect([known.status, known.stderr]).toEqual([1, ''])
  const strange = await plumblineJson<object>('verify', file, '--data', join(data, 'nothing'))
  expect([strange.status, strange.document]).toMatchObject([2, { kind: 'fork', verdict: 'cannot-tell', path: file }])
  writeFileSync(file, proof(position(first, 9, ONE), broken(cosigned(first, 9, TWO))))
  const forged = await plumbline('verify', file, '--data', data)
  expect([forged.status, forged.stdout]).toMatchObject([2, expect.stringContaining('nobody whose signature holds')])
})

function openMembers(): {
  actor: TestMember['actor']
  name: string
  keys: TestMember['keys'][keyof TestMember['keys']][]
}[] {
  return channel.members.map(({ actor, name, keys }) => ({ actor, name, keys: Object.values(keys) }))
}
