/**
 * A signed head says: right after the seal that ends at this size, my ledger has this root. There are two texts, both signed
 * notes. A checkpoint (checkpoint.ts), by the key of the log or a cosigner; and a leader's position, by its entry key:
 *
 *     plumbline/position/v1
 *     <origin of the channel>
 *     <term>
 *     <size>
 *     <root, base64>
 *
 * What an entry key signs otherwise is a COSE Sig_structure, which begins with the byte 0x84: no text can be taken for one.
 */
import { fromHex, toHex } from '../wire/bytes.ts'
import type { ActorId } from '../wire/ids.ts'
import { KEY_ALGORITHM, type KeyAlgorithm } from '../wire/ids.ts'
import { formatCheckpoint, parseCheckpointBody } from './checkpoint.ts'
import { cosignerVerifier } from './cosignature.ts'
import { ProofError } from './errors.ts'
import { noteVerifier, parseNote, signatureLine, verifyLine, type NoteVerifier } from './note.ts'

export const POSITION_HEADER = 'plumbline/position/v1'
/** Of a note more lines are not looked at: each costs a verification. */
const LINES_MAX = 16

export interface SignedHead {
  readonly origin: string
  readonly size: number
  /** Lower-case hex. */
  readonly root: string
  /** Of a position; null for a checkpoint. */
  readonly term: number | null
}

export interface HeadMember {
  readonly actor: ActorId
  readonly name: string
  /** `from`, `to`: the entries for which it holds, `to` exclusive; null or left out where it has no end, or no beginning. */
  readonly keys: readonly {
    readonly use: string
    readonly alg: KeyAlgorithm
    readonly public: Uint8Array
    readonly from?: number
    readonly to?: number | null
  }[]
}

/** A key that can sign heads, with its member and which of the two texts it signs. */
export interface HeadVerifier {
  readonly actor: ActorId
  readonly name: string
  readonly signs: 'checkpoint' | 'position'
  readonly verifier: NoteVerifier
  /** Sizes of the heads that it may sign: those that end with an entry for which the key holds. */
  readonly sizes: { readonly from: number; readonly to: number }
}

export function headVerifiers(origin: string, members: readonly HeadMember[]): HeadVerifier[] {
  return members.flatMap(({ actor, name, keys }) =>
    keys.flatMap(({ use, alg, public: key, from = 0, to = null }): HeadVerifier[] => {
      if (alg !== KEY_ALGORITHM.ed25519) return []
      const own = `${origin}/${name}`
      const sizes = { from: from + 1, to: (to ?? Number.MAX_SAFE_INTEGER) + 1 }
      const by = { actor, name, sizes }
      if (use === 'checkpoint') return [{ ...by, signs: 'checkpoint', verifier: noteVerifier(origin, key) }]
      if (use === 'cosignature') return [{ ...by, signs: 'checkpoint', verifier: cosignerVerifier(own, key) }]
      if (use === 'entry') return [{ ...by, signs: 'position', verifier: noteVerifier(own, key) }]
      return []
    }),
  )
}

/** Those that were not replaced: with an old key whoever has it by now could say anything of the past in its former owner's name. */
export function inForce(verifiers: readonly HeadVerifier[]): HeadVerifier[] {
  return verifiers.filter(({ sizes }) => sizes.to > Number.MAX_SAFE_INTEGER)
}

/** Those that may sign a head of that size. */
export function ofSize(verifiers: readonly HeadVerifier[], size: number): HeadVerifier[] {
  return verifiers.filter(({ sizes }) => sizes.from <= size && size < sizes.to)
}

export function positionText({ origin, term, size, root }: SignedHead & { term: number }): string {
  const [, sizeLine, rootLine] = formatCheckpoint({ origin, size, root: fromHex(root) }).split('\n')
  if (!Number.isSafeInteger(term) || term < 0) throw new ProofError('malformed_note', `position has the term ${term}`)
  return `${POSITION_HEADER}\n${origin}\n${term}\n${sizeLine}\n${rootLine}\n`
}

/** A leader's position as a signed note. */
export function signPosition(
  head: SignedHead & { term: number },
  by: { name: string; publicKey: Uint8Array; sign(message: Uint8Array): Uint8Array },
): string {
  const text = positionText(head)
  return `${text}\n${signatureLine({ text, ...by, name: `${head.origin}/${by.name}` })}\n`
}

/** Reads the text of either kind. Throws ProofError `malformed_checkpoint`, `malformed_note`. */
export function parseHead(text: string): SignedHead {
  if (!text.startsWith(`${POSITION_HEADER}\n`)) return { ...headOf(text), term: null }
  const [, origin = '', termText = '', ...rest] = text.split('\n')
  if (!/^(0|[1-9][0-9]{0,15})$/.test(termText) || !Number.isSafeInteger(Number(termText)))
    throw new ProofError('malformed_note', `position has the term ${JSON.stringify(termText.slice(0, 40))}`)
  return { ...headOf([origin, ...rest].join('\n')), term: Number(termText) }
}

/** Reads a note and says whose signature over it holds. Lines of others, and those that do not hold, say nothing. */
export function openHead(
  note: string,
  verifiers: readonly HeadVerifier[],
): { head: SignedHead; signers: HeadVerifier[] } {
  const { text, signatures } = parseNote(note)
  const head = parseHead(text)
  const signs = head.term === null ? 'checkpoint' : 'position'
  const able = ofSize(verifiers, head.size)
  const signers = signatures.slice(0, LINES_MAX).flatMap(({ line }) => {
    const found = able.find((one) => one.signs === signs && verifyLine(one.verifier, text, line))
    return found === undefined ? [] : [found]
  })
  return { head, signers }
}

function headOf(text: string): { origin: string; size: number; root: string } {
  const { origin, size, root } = parseCheckpointBody(text)
  return { origin, size, root: toHex(root) }
}
