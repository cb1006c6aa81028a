import * as fc from 'fast-check'
import { createPublicKey } from 'node:crypto'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { formatCheckpoint, parseCheckpoint, parseCheckpointBody } from '../../../src-main/proof/checkpoint.ts'
import { cosignatureLine, cosignatureTime, cosignerVerifier } from '../../../src-main/proof/cosignature.ts'
import { ProofError } from '../../../src-main/proof/errors.ts'
import { rootOf } from '../../../src-main/proof/merkle.ts'
import {
  formatNote,
  formatVerifierKey,
  noteVerifier,
  parseNote,
  parseSignatureLine,
  parseVerifierKey,
  signatureLine,
  verifiedSignatures,
  verifyLine,
} from '../../../src-main/proof/note.ts'
import { evaluatePolicy, formatPolicy, parsePolicy } from '../../../src-main/proof/policy.ts'
import { formatTlogProof, parseTlogProof, verifyTlogProof } from '../../../src-main/proof/tlog-proof.ts'
import { toBase64Url, toHex } from '../../../src-main/wire/bytes.ts'
import {
  checkpointText,
  entries,
  gateways,
  linesOver,
  logKey,
  origin,
  pathOf,
  signedCheckpoint,
  source,
  testKey,
  TIME,
} from './signed.ts'

const log = noteVerifier(origin, logKey.publicKey)
const first = gateways[0]!
const cosigner = cosignerVerifier(first.name, first.key.publicKey)

describe('notes', () => {
  it('are verified under the keys that are asked for, unknown lines being passed over', () => {
    const note = parseNote(signedCheckpoint(7, 3))
    expect(note.signatures).toHaveLength(4)
    expect(verifiedSignatures(note, [log, cosigner]).map(({ verifier }) => verifier.name)).toEqual([origin, first.name])
    expect(verifiedSignatures(note, [noteVerifier(origin, testKey('other').publicKey)])).toEqual([])
  })

  it('are bad as a whole when a known key signed another text', () => {
    const forged = formatNote(checkpointText(8), linesOver(checkpointText(7), 1))
    expect(() => verifiedSignatures(parseNote(forged), [log])).toThrow(
      expect.objectContaining({ code: 'bad_signature' }),
    )
    expect(() => verifiedSignatures(parseNote(forged), [cosigner])).toThrow(
      expect.objectContaining({ code: 'bad_signature' }),
    )
  })

  it('keep a cosignature apart from a plain signature by the same key', () => {
    const text = checkpointText(3)
    const cosigned = cosignatureLine({ text, name: first.name, timeSeconds: TIME, ...first.key })
    const plain = signatureLine({ text, name: first.name, ...first.key })
    const plainVerifier = noteVerifier(first.name, first.key.publicKey)
    expect(verifyLine(cosigner, text, cosigned)).toBe(true)
    expect(verifyLine(plainVerifier, text, plain)).toBe(true)
    expect(verifyLine(cosigner, text, plain)).toBe(false)
    expect(verifyLine(plainVerifier, text, cosigned)).toBe(false)
  })

  it('carry the time of a cosignature inside what is signed', () => {
    const text = checkpointText(3)
    const line = cosignatureLine({ text, name: first.name, timeSeconds: TIME, ...first.key })
    const signature = parseSignatureLine(line)
    expect(cosignatureTime(signature)).toBe(TIME)
    const later = signature.signature.slice()
    later[7]! ^= 1
    expect(cosigner.verify(text, signature.signature)).toBe(true)
    expect(cosigner.verify(text, later)).toBe(false)
    expect(cosigner.verify(text, signature.signature.slice(1))).toBe(false)
  })

  it.each([
    ['no empty line', 'text\n— name AAAAAAA=\n'],
    ['no newline at the end', 'text\n\n— name AAAAAAA='],
    ['no signature', 'text\n\n'],
    ['a hyphen for the dash', 'text\n\n- name AAAAAAA=\n'],
    ['a name with a plus', 'text\n\n— na+me AAAAAAA=\n'],
    ['a signature of four bytes', 'text\n\n— name AAAAAA==\n'],
    ['base64 without padding', 'text\n\n— name AAAAAAA\n'],
    ['base64 with spare bits', 'text\n\n— name AAAAAAB=\n'],
    ['a control character', 'te\txt\n\n— name AAAAAAA=\n'],
    ['a carriage return', 'text\r\n\n— name AAAAAAA=\n'],
    ['two spaces', 'text\n\n— name  AAAAAAA=\n'],
  ])('are refused with %s', (_, text) => {
    expect(() => parseNote(text)).toThrow(expect.objectContaining({ code: 'malformed_note' }))
  })

  it.each(['a b', 'a+b', '', 'a\nb', 'a\u00a0b'])('are not signed under the name %j', (name) => {
    expect(() => noteVerifier(name, logKey.publicKey)).toThrow(ProofError)
  })
})

describe('verifier keys', () => {
  it('come back from their text', () => {
    for (const type of [1, 4] as const) {
      const text = formatVerifierKey(first.name, type, first.key.publicKey)
      expect(parseVerifierKey(text)).toEqual({ name: first.name, type, publicKey: first.key.publicKey })
    }
  })

  it('of the specification are read', () => {
    // The example of golang.org/x/mod/sumdb/note.
    const key = parseVerifierKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW')
    expect(key).toMatchObject({ name: 'PeterNeumann', type: 1 })
    const note = parseNote(
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
    )
    expect(verifiedSignatures(note, [noteVerifier(key.name, key.publicKey)])).toHaveLength(1)
  })

  it.each([
    'x',
    'a+b',
    'PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    'PeterNeumann+c74f20a3+CRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    'n+00000000+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  ])('are refused as %s', (text) => {
    expect(() => parseVerifierKey(text)).toThrow(expect.objectContaining({ code: 'malformed_note' }))
  })
})

describe('checkpoints', () => {
  it('come back as origin, size and root', () => {
    const checkpoint = parseCheckpoint(signedCheckpoint(7, 2))
    expect(checkpoint).toMatchObject({ origin, size: 7 })
    expect(toHex(checkpoint.root)).toBe(toHex(rootOf(7, source)))
  })

  it.each([
    ['a size with a leading zero', `${origin}\n07\n${'A'.repeat(43)}=\n`],
    ['a negative size', `${origin}\n-1\n${'A'.repeat(43)}=\n`],
    ['a size beyond 2^53', `${origin}\n9007199254740993\n${'A'.repeat(43)}=\n`],
    ['an extension line', `${origin}\n7\n${'A'.repeat(43)}=\nmore\n`],
    ['no origin', `\n7\n${'A'.repeat(43)}=\n`],
    ['a root of 31 bytes', `${origin}\n7\n${'A'.repeat(42)}==\n`],
    ['no last newline', `${origin}\n7\n${'A'.repeat(43)}=`],
  ])('are refused with %s', (_, text) => {
    expect(() => parseCheckpointBody(text)).toThrow(expect.objectContaining({ code: 'malformed_checkpoint' }))
  })

  it('are refused with more than 16 signature lines', () => {
    const text = checkpointText(4)
    const line = linesOver(text, 0)[0]!
    const note = (count: number): string =>
      formatNote(
        text,
        Array.from({ length: count }, () => line),
      )
    expect(parseCheckpoint(note(16)).note.signatures).toHaveLength(16)
    expect(() => parseCheckpoint(note(17))).toThrow(expect.objectContaining({ code: 'malformed_checkpoint' }))
  })

  it('throw nothing but ProofError on arbitrary text', () => {
    const good = signedCheckpoint(7, 1)
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc
            .tuple(fc.nat(good.length), fc.string({ maxLength: 3 }))
            .map(([at, text]) => good.slice(0, at) + text + good.slice(at + 1)),
        ),
        (text) => {
          try {
            parseCheckpoint(text)
          } catch (error) {
            expect(error).toBeInstanceOf(ProofError)
          }
        },
      ),
    )
  })

  it('and their inclusion proofs are accepted by @sigstore/verify, and refused by it when tampered with', () => {
    const { verifyCheckpoint } = createRequire(import.meta.url)('@sigstore/verify/dist/tlog/checkpoint.js') as {
      verifyCheckpoint(entry: unknown, tlogs: unknown[]): { logSize: bigint; logHash: Uint8Array }
    }
    const publicKey = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(logKey.publicKey) },
      format: 'jwk',
    })
    const tlog = { logID: Buffer.from(log.keyHash), publicKey, baseURL: `https://${origin}` }
    const checkpoint = signedCheckpoint(7, 2)
    const open = (envelope: string) => verifyCheckpoint({ inclusionProof: { checkpoint: { envelope } } }, [tlog])
    expect(open(checkpoint).logSize).toBe(7n)
    expect(toHex(open(checkpoint).logHash)).toBe(toHex(rootOf(7, source)))
    expect(() => open(checkpoint.replace('\n7\n', '\n8\n'))).toThrow(/signature/)
  })
})

describe('policies', () => {
  const text = formatPolicy({
    origin,
    logKeys: [logKey.publicKey, testKey('second').publicKey],
    cosigners: gateways.map(({ name, key }) => ({ name, publicKey: key.publicKey })),
    quorum: 2,
  })
  const policy = parsePolicy(text)

  it('count distinct cosigners and name them with their times', () => {
    for (let cosigners = 0; cosigners <= 3; cosigners++) {
      const verdict = evaluatePolicy(policy, parseCheckpoint(signedCheckpoint(9, cosigners)))
      expect(verdict.logSigned).toBe(true)
      expect(verdict.cosigners.map(({ name }) => name)).toEqual(
        ['gateway-1', 'gateway-2', 'gateway-3'].slice(0, cosigners),
      )
      expect(verdict.quorum).toBe(cosigners >= 2)
      expect(verdict.required).toBe('2 of 3')
    }
    expect(evaluatePolicy(policy, parseCheckpoint(signedCheckpoint(9, 1))).cosigners[0]).toEqual({
      name: 'gateway-1',
      keyName: first.name,
      timeSeconds: TIME,
    })
  })

  it('count one gateway once, however often it signs', () => {
    const body = checkpointText(9)
    const lines = linesOver(body, 1)
    const note = formatNote(body, [
      lines[0]!,
      lines[1]!,
      lines[1]!,
      cosignatureLine({ text: body, name: first.name, timeSeconds: TIME + 9, ...first.key }),
    ])
    expect(evaluatePolicy(policy, parseCheckpoint(note))).toMatchObject({
      quorum: false,
      cosigners: [{ name: 'gateway-1' }],
    })
  })

  it('are not met without a log signature, however many cosigned', () => {
    const body = checkpointText(9)
    const verdict = evaluatePolicy(policy, parseCheckpoint(formatNote(body, linesOver(body, 3).slice(1))))
    expect(verdict).toMatchObject({ logSigned: false, quorum: false })
  })

  it('do not count a log key under another origin', () => {
    const body = formatCheckpoint({ origin: 'plumbline.local/other', size: 1, root: rootOf(1, source) })
    const line = signatureLine({ text: body, name: origin, ...logKey })
    expect(evaluatePolicy(policy, parseCheckpoint(formatNote(body, [line]))).logSigned).toBe(false)
  })

  it('nest groups', () => {
    const witness = (name: string): string => `witness ${name} ${formatVerifierKey(name, 4, testKey(name).publicKey)}`
    const nested = parsePolicy(
      [
        `log ${formatVerifierKey(origin, 1, logKey.publicKey)}`,
        '# outside',
        witness('w1'),
        witness('w2'),
        witness('w3'),
        'group outside any w1 w2',
        'group all-of-it all outside w3',
        'quorum all-of-it',
        '',
      ].join('\n'),
    )
    const body = checkpointText(5)
    const meets = (names: string[]): boolean => {
      const lines = names.map((name) => cosignatureLine({ text: body, name, timeSeconds: TIME, ...testKey(name) }))
      return evaluatePolicy(nested, parseCheckpoint(formatNote(body, [linesOver(body, 0)[0]!, ...lines]))).quorum
    }
    expect([meets([]), meets(['w1']), meets(['w3']), meets(['w1', 'w2']), meets(['w2', 'w3'])]).toEqual([
      false,
      false,
      false,
      false,
      true,
    ])
  })

  it('settle each group once: a ladder of nested groups ends at once', () => {
    const rung = (at: number): string =>
      `group a${at} any a${at - 1} b${at - 1}\ngroup b${at} any a${at - 1} b${at - 1}\n`
    const ladder = parsePolicy(
      `log ${formatVerifierKey(origin, 1, logKey.publicKey)}\n` +
        `witness a0 ${formatVerifierKey('a0', 4, testKey('a0').publicKey)}\n` +
        `witness b0 ${formatVerifierKey('b0', 4, testKey('b0').publicKey)}\n` +
        `${Array.from({ length: 120 }, (_, at) => rung(at + 1)).join('')}quorum a120\n`,
    )
    const meets = (lines: string[]): boolean => {
      const note = formatNote(checkpointText(5), [linesOver(checkpointText(5), 0)[0]!, ...lines])
      return evaluatePolicy(ladder, parseCheckpoint(note)).quorum
    }
    expect(meets([])).toBe(false)
    const line = cosignatureLine({ text: checkpointText(5), name: 'b0', timeSeconds: TIME, ...testKey('b0') })
    expect(meets([line])).toBe(true)
  })

  it.each([
    ['an unknown keyword', `${text}peer x\n`],
    ['a second quorum', `${text}quorum none\n`],
    ['no quorum', text.replace(/^quorum.*\n/m, '')],
    ['no log', text.replaceAll(/^log.*\n/gm, '')],
    ['a name twice', text.replace('group gateways-quorum', 'group gateway-1')],
    ['an undefined member', text.replace('gateway-3\n', 'gateway-4\n')],
    ['a threshold above its members', text.replace('quorum 2', 'quorum 4')],
    ['a threshold of 0', text.replace('quorum 2', 'quorum 0')],
    ['a member twice', text.replace('gateway-2 gateway-3\n', 'gateway-2 gateway-2\n')],
    [
      'a witness key of a log',
      text.replace(/^witness gateway-1 .*$/m, `witness gateway-1 ${formatVerifierKey('x', 1, logKey.publicKey)}`),
    ],
    ['the log of another origin', `${text}log ${formatVerifierKey('plumbline.local/other', 1, logKey.publicKey)}\n`],
    [
      'one key as two witnesses',
      text.replace(/^group/m, `witness again ${formatVerifierKey('again', 4, first.key.publicKey)}\ngroup`),
    ],
    ['a log key of a witness', `log ${formatVerifierKey(origin, 4, logKey.publicKey)}\nquorum none\n`],
  ])('are refused with %s', (_, changed) => {
    expect(changed).not.toBe(text)
    expect(() => parsePolicy(changed)).toThrow(expect.objectContaining({ code: 'malformed_policy' }))
  })

  it('throw nothing but ProofError on arbitrary text', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            'log',
            'witness',
            'group',
            'quorum',
            'none',
            'any',
            '2',
            'a',
            '+',
            '\n',
            ' ',
            ...text.split(/\s/),
          ),
          { maxLength: 30 },
        ),
        (words) => {
          try {
            parsePolicy(words.join(' '))
          } catch (error) {
            expect(error).toBeInstanceOf(ProofError)
          }
        },
      ),
    )
  })
})

describe('tlog proofs', () => {
  const text = formatTlogProof({ index: 5, path: pathOf(5, 11), checkpoint: signedCheckpoint(11, 3) })

  it('show their entry and no other', () => {
    const proof = parseTlogProof(text)
    expect(verifyTlogProof(proof, entries[5]!)).toMatchObject({ size: 11, origin })
    expect(() => verifyTlogProof(proof, entries[6]!)).toThrow(expect.objectContaining({ code: 'root_mismatch' }))
    expect(formatTlogProof(proof)).toBe(text)
  })

  it('may carry an extra line, which is passed over', () => {
    expect(parseTlogProof(text.replace('\nindex', '\nextra AAAA\nindex'))).toEqual(parseTlogProof(text))
  })

  it.each([
    ['another version', text.replace('@v1', '@v2')],
    ['no index', text.replace(/index 5\n/, '')],
    ['an index with a leading zero', text.replace('index 5', 'index 05')],
    ['a short hash', text.replace(/index 5\n.{4}/, 'index 5\n')],
    ['no checkpoint', text.slice(0, text.indexOf('\n\n'))],
  ])('are refused with %s', (_, changed) => {
    expect(() => parseTlogProof(changed)).toThrow(expect.objectContaining({ code: 'malformed_proof' }))
  })
})
