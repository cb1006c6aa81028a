/**
 * C2SP tlog-policy: which log keys and which cosigners make a checkpoint count. This text is what a verifier pins.
 *   log <verifier key> [<url>] · witness <name> <verifier key> [<url>] · group <name> <k|any|all> <member>... ·
 *   quorum <name|none>
 * https://c2sp.org/tlog-policy
 */
import { equalBytes } from '../wire/bytes.ts'
import { messageOf } from '../wire/plumbline-error.ts'
import { ProofError } from './errors.ts'
import type { Checkpoint } from './checkpoint.ts'
import { cosignatureTime, cosignerVerifier } from './cosignature.ts'
import { formatVerifierKey, NOTE_KEY_TYPE, noteVerifier, parseVerifierKey, verifiedSignatures } from './note.ts'
import type { NoteVerifier } from './note.ts'

const MAX_POLICY_LENGTH = 64 * 1024
const MAX_ITEMS = 256

interface Group {
  readonly threshold: number
  readonly members: readonly string[]
}

export interface Policy {
  /** Keys of the log, at least one; all carry its origin as their name. */
  readonly logs: readonly NoteVerifier[]
  /** Cosigners by the name that the policy gives them. */
  readonly witnesses: ReadonlyMap<string, NoteVerifier>
  readonly groups: ReadonlyMap<string, Group>
  /** Name of a witness or group, or null for "none". */
  readonly quorum: string | null
}

export interface Cosigner {
  /** Name in the policy. */
  readonly name: string
  /** Name of its key, as on the signature line. */
  readonly keyName: string
  readonly timeSeconds: number
}

/** What a checkpoint is worth under a policy. */
export interface PolicyVerdict {
  readonly logSigned: boolean
  readonly cosigners: readonly Cosigner[]
  /** How many cosignatures the quorum group asks for, as text for people, such as "2 of 3". */
  readonly required: string
  readonly quorum: boolean
}

/**
 * Reads a policy. C2SP lets one text speak of several logs; here each speaks of one, so that the origin shown to whoever pins it is
 * the only one that it vouches for. Throws ProofError `malformed_policy` with the line number.
 */
export function parsePolicy(text: string): Policy {
  if (text.length > MAX_POLICY_LENGTH) refuse(0, `policy of ${text.length} characters; at most ${MAX_POLICY_LENGTH}`)
  const builder = new PolicyBuilder()
  text.split('\n').forEach((line, i) => builder.line(i + 1, line.trim()))
  return builder.finish()
}

class PolicyBuilder {
  private readonly logs: NoteVerifier[] = []
  private readonly witnesses = new Map<string, NoteVerifier>()
  private readonly groups = new Map<string, Group>()
  private quorum: string | null | undefined

  line(number: number, line: string): void {
    if (line === '' || line.startsWith('#')) return
    const [keyword, ...words] = line.split(/[ \t]+/)
    if (this.logs.length + this.witnesses.size + this.groups.size > MAX_ITEMS) refuse(number, 'too many items')
    switch (keyword) {
      case 'log':
        return this.log(number, words)
      case 'witness':
        return this.witness(number, words)
      case 'group':
        return this.group(number, words)
      case 'quorum':
        return this.setQuorum(number, words)
      default:
        return refuse(number, `unknown keyword ${JSON.stringify(keyword?.slice(0, 40))}`)
    }
  }

  finish(): Policy {
    if (this.logs.length === 0) refuse(0, 'no "log" line')
    if (this.quorum === undefined) return refuse(0, 'no "quorum" line')
    return { logs: this.logs, witnesses: this.witnesses, groups: this.groups, quorum: this.quorum }
  }

  private log(number: number, words: string[]): void {
    if (words.length !== 1 && words.length !== 2) refuse(number, 'expected: log <verifier key> [<url>]')
    const key = readKey(number, words[0]!)
    if (key.type !== NOTE_KEY_TYPE.ed25519) refuse(number, 'a log key has signature type 1')
    const origin = this.logs[0]?.name ?? key.name
    if (key.name !== origin) refuse(number, `a policy speaks of one log: ${origin}, not ${key.name} as well`)
    this.logs.push(noteVerifier(key.name, key.publicKey))
  }

  private witness(number: number, words: string[]): void {
    if (words.length !== 2 && words.length !== 3) refuse(number, 'expected: witness <name> <verifier key> [<url>]')
    const name = this.newName(number, words[0]!)
    const key = readKey(number, words[1]!)
    if (key.type !== NOTE_KEY_TYPE.cosignature) refuse(number, 'a witness key has signature type 4')
    for (const [other, { publicKey }] of this.witnesses) {
      if (equalBytes(publicKey, key.publicKey))
        refuse(number, `witness ${name} has the key of ${other}: one key is one`)
    }
    this.witnesses.set(name, cosignerVerifier(key.name, key.publicKey))
  }

  private group(number: number, words: string[]): void {
    const [groupName, thresholdText, ...members] = words
    if (groupName === undefined || thresholdText === undefined || members.length === 0) {
      return refuse(number, 'expected: group <name> <k|any|all> <member>...')
    }
    const name = this.newName(number, groupName)
    if (new Set(members).size !== members.length) refuse(number, `group ${name} names a member twice`)
    for (const member of members) {
      if (!this.isKnown(member)) refuse(number, `group ${name} names ${member}, which no line above defines`)
    }
    this.groups.set(name, { threshold: thresholdOf(number, thresholdText, members.length), members })
  }

  private setQuorum(number: number, words: string[]): void {
    if (this.quorum !== undefined) refuse(number, 'a second "quorum" line')
    const [name] = words
    if (words.length !== 1 || name === undefined) return refuse(number, 'expected: quorum <name>')
    if (name !== 'none' && !this.isKnown(name)) refuse(number, `quorum ${name} is defined by no line above`)
    this.quorum = name === 'none' ? null : name
  }

  private newName(number: number, name: string): string {
    if (name === 'none' || this.isKnown(name)) refuse(number, `the name ${name} is taken`)
    return name
  }

  private isKnown(name: string): boolean {
    return this.witnesses.has(name) || this.groups.has(name)
  }
}

function readKey(number: number, text: string): ReturnType<typeof parseVerifierKey> {
  try {
    return parseVerifierKey(text)
  } catch (error) {
    return refuse(number, messageOf(error))
  }
}

function thresholdOf(number: number, text: string, members: number): number {
  if (text === 'any') return 1
  if (text === 'all') return members
  const threshold = /^[1-9][0-9]{0,3}$/.test(text) ? Number(text) : 0
  if (threshold < 1 || threshold > members) refuse(number, `threshold ${text} of ${members} members`)
  return threshold
}

/**
 * Checks a checkpoint against a policy. Throws ProofError `bad_signature` when a line by one of the policy's keys does
 * not fit the text; lines by other keys are passed over.
 */
export function evaluatePolicy(policy: Policy, checkpoint: Checkpoint): PolicyVerdict {
  const logs = policy.logs.filter((log) => log.name === checkpoint.origin)
  const logSigned = verifiedSignatures(checkpoint.note, logs).length > 0
  const byVerifier = new Map([...policy.witnesses].map(([name, verifier]) => [verifier, name]))
  const cosigners = verifiedSignatures(checkpoint.note, [...policy.witnesses.values()]).map(
    ({ verifier, signature }) => ({
      name: byVerifier.get(verifier)!,
      keyName: verifier.name,
      timeSeconds: cosignatureTime(signature),
    }),
  )
  const signed = new Set(cosigners.map((cosigner) => cosigner.name))
  return {
    logSigned,
    cosigners,
    required: requirementOf(policy),
    quorum: logSigned && (policy.quorum === null || isMet(policy, policy.quorum, signed)),
  }
}

/** Groups name only what stands above them, and their text order is the map's: one pass settles each of them once. */
function isMet(policy: Policy, quorum: string, signed: ReadonlySet<string>): boolean {
  const met = new Set(signed)
  for (const [name, { members, threshold }] of policy.groups) {
    if (members.filter((member) => met.has(member)).length >= threshold) met.add(name)
  }
  return met.has(quorum)
}

function requirementOf(policy: Policy): string {
  if (policy.quorum === null) return 'none'
  const group = policy.groups.get(policy.quorum)
  return group === undefined ? '1 of 1' : `${group.threshold} of ${group.members.length}`
}

/**
 * Policy text of a channel: every gateway's log key under the origin, every cosigner, and how many of them count.
 * Witness names are the part of the key name behind the origin.
 */
export function formatPolicy(input: {
  readonly origin: string
  readonly logKeys: readonly Uint8Array[]
  readonly cosigners: readonly { readonly name: string; readonly publicKey: Uint8Array }[]
  readonly quorum: number
}): string {
  const { origin } = input
  const logs = input.logKeys.map((key) => `log ${formatVerifierKey(origin, NOTE_KEY_TYPE.ed25519, key)}\n`)
  const names = input.cosigners.map(({ name }) =>
    name.startsWith(`${origin}/`) ? name.slice(origin.length + 1) : name,
  )
  const witnesses = input.cosigners.map(
    ({ name, publicKey }, i) =>
      `witness ${names[i]} ${formatVerifierKey(name, NOTE_KEY_TYPE.cosignature, publicKey)}\n`,
  )
  const text = `${logs.join('')}${witnesses.join('')}group gateways-quorum ${input.quorum} ${names.join(' ')}\nquorum gateways-quorum\n`
  parsePolicy(text)
  return text
}

function refuse(line: number, what: string): never {
  throw new ProofError('malformed_policy', line === 0 ? `policy: ${what}` : `policy line ${line}: ${what}`)
}
