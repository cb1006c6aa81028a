/**
 * By whom: the checkpoint under the policy that the verifier pinned, how many independent members and outside witnesses
 * cosigned it, and what that is worth.
 */
import { parseEntry } from '../wire/entry.ts'
import { decodeBody } from '../record/events.ts'
import type { GenesisMember } from '../record/member-fields.ts'
import { statementOf } from '../record/statements.ts'
import { parseCheckpoint } from '../proof/checkpoint.ts'
import type { Checkpoint } from '../proof/checkpoint.ts'
import { ProofError } from '../proof/errors.ts'
import { evaluatePolicy, parsePolicy } from '../proof/policy.ts'
import type { Policy, PolicyVerdict } from '../proof/policy.ts'
import type { LedgerTree } from './check-seals.ts'
import { CertificateError } from './errors.ts'
import type { CertificateMaterial } from './material.ts'
import { hold } from './step.ts'
import type { StepResult } from './step.ts'
import { originOf } from '../wire/origin.ts'
import { messageOf } from '../wire/plumbline-error.ts'

export interface Cosigned {
  name: string
  /** Owner of the gateway as the channel's genesis names it; null for an outside witness. */
  legalName: string | null
  /** When it cosigned, by its own clock, whole seconds. */
  timeSeconds: number
}

export interface Agreement {
  gateways: Cosigned[]
  witnesses: Cosigned[]
  /** Voting gateways of the channel's genesis. */
  gatewaysTotal: number
  /** What the policy asks for, such as "2 of 3". */
  required: string
  /** Owners among the cosigning gateways, each counted once. */
  independentMembers: number
  /** What this agreement is worth, sentence by sentence. */
  remarks: string[]
}

export const OPERATOR_ALONE =
  'The operator alone could have rewritten this: no other member and no outside witness cosigned.'

/** What the checkpoint step reads of a certificate: nothing else of a channel's evidence is looked at before somebody vouches for it. */
export interface CheckpointClaim extends Pick<CertificateMaterial, 'channel' | 'checkpoint'> {
  /** Origin of the log that the file says its channel continues: for words, never to rely on. */
  continues?: string
}

function readCheckpoint(material: CheckpointClaim): Checkpoint {
  const checkpoint = parseCheckpoint(material.checkpoint)
  const origin = originOf(material.channel)
  hold(checkpoint.origin === origin, 'the checkpoint is one of another log', origin, checkpoint.origin)
  return checkpoint
}

export interface CheckpointResult extends StepResult {
  tree: LedgerTree
  agreement: Agreement | null
  /** The agreement with its cosigners' owners, once the genesis that names them is known. */
  agreementWith(members: readonly GenesisMember[]): Agreement | null
}

/**
 * The checkpoint under the pinned policies that speak of this log and no other. It holds if it holds under one of them, whichever;
 * a channel may have an older one pinned beside its newer. Without one the step waits, and so it does where nothing is signed by a
 * log key that they list, or where the policy asks for nobody else. A line by a listed key that does not fit stops it, unless
 * another policy vouches without that key.
 * Throws StepStop, ProofError, or CertificateError `malformed_policy` for a pinned text that is no policy.
 */
export function checkCheckpoint(claim: CheckpointClaim, pinned: readonly string[]): CheckpointResult {
  const checkpoint = readCheckpoint(claim)
  const nobody = { tree: { size: checkpoint.size, root: checkpoint.root }, agreement: null, agreementWith: () => null }
  const all = pinned.map(readPolicy)
  const of = (origin: string | undefined): Policy[] =>
    all.filter(({ logs }) => logs.every((log) => log.name === origin))
  const policies = of(checkpoint.origin)
  if (policies.length === 0) return { ...nobody, ...wordUnknown(pinned.length, of(claim.continues).length > 0) }
  const { policy, verdict } = bestOf(policies, checkpoint)
  if (!verdict.logSigned) return { ...nobody, ...wordNotVouched(policies.length) }
  const agreementWith = (members: readonly GenesisMember[]): Agreement => describe(members, checkpoint, verdict)
  return {
    tree: nobody.tree,
    agreement: agreementWith([]),
    agreementWith,
    ...wordVerdict(policy, verdict, nobody.tree),
  }
}

function wordVerdict(policy: Policy, verdict: PolicyVerdict, tree: LedgerTree): StepResult {
  const cosigned = verdict.cosigners.length
  const figures = { cosigned, required: verdict.required, size: tree.size }
  const names = verdict.cosigners.map((one) => one.name).join(', ')
  if (policy.quorum === null) {
    const text = 'a policy that asks for somebody: the pinned one lets a single log key speak for the whole channel'
    return { detail: `waits: ${text}`, figures, waitsFor: { code: 'policy_asks_nobody', text } }
  }
  if (!verdict.quorum) {
    const text = `cosignatures: ${cosigned} (${names || 'none'}), the pinned policy asks for ${verdict.required}`
    return { detail: `waits: ${text}`, figures, waitsFor: { code: 'cosigners_missing', text } }
  }
  const detail = `${cosigned} of ${policy.witnesses.size} cosigned (${names}), asked for: ${verdict.required}`
  return { detail, figures: { ...figures, total: policy.witnesses.size } }
}

interface Judged {
  policy: Policy
  verdict: PolicyVerdict
}

/** The policy under which the checkpoint comes furthest, whatever their order. Throws ProofError `bad_signature` where none is met. */
function bestOf(policies: readonly Policy[], checkpoint: Checkpoint): Judged {
  const judged: Judged[] = []
  let misfit: ProofError | null = null
  for (const policy of policies) {
    try {
      judged.push({ policy, verdict: evaluatePolicy(policy, checkpoint) })
    } catch (error) {
      if (!(error instanceof ProofError) || error.code !== 'bad_signature') throw error
      misfit = error
    }
  }
  const rank = ({ policy, verdict }: Judged): number => {
    if (!verdict.logSigned) return 0
    return verdict.quorum && policy.quorum !== null ? 3 : policy.quorum === null ? 1 : 2
  }
  const [best] = judged.toSorted((a, b) => rank(b) - rank(a))
  if (best === undefined || (misfit !== null && rank(best) < 3)) throw misfit!
  return best
}

function wordUnknown(pinned: number, isContinued: boolean): StepResult {
  const detail = 'waits: no pinned policy says whose word counts'
  if (isContinued) {
    const text = 'a trust policy for this channel; the pinned one is of the channel that this one says it continues'
    return { detail, waitsFor: { code: 'policy_continued', text } }
  }
  const code = pinned === 0 ? 'policy_unknown' : 'policy_other'
  const text =
    pinned === 0 ? 'a trust policy for this channel' : 'a trust policy for this channel; the pinned one is of another'
  return { detail, waitsFor: { code, text } }
}

/** Nothing contradicts: the channel may have new keys, or the file may be made up. The pinned policy cannot tell which. */
function wordNotVouched(policies: number): StepResult {
  const text =
    policies === 1
      ? 'the word of a log key that the policy pinned for this channel lists: none of them signed this checkpoint'
      : `the word of a log key that one of the ${policies} policies pinned for this channel lists: none of them signed this checkpoint`
  return { detail: `waits: ${text}`, figures: { policies }, waitsFor: { code: 'not_vouched', text } }
}

function readPolicy(text: string): Policy {
  try {
    return parsePolicy(text)
  } catch (error) {
    throw new CertificateError(
      'malformed_policy',
      `the pinned trust policy cannot be read: ${messageOf(error)}`,
      'Fetch it again from the channel (plumbline log policy) and pin it again.',
    )
  }
}

function describe(members: readonly GenesisMember[], checkpoint: Checkpoint, verdict: PolicyVerdict): Agreement {
  const prefix = `${checkpoint.origin}/`
  const gateways: Cosigned[] = []
  const witnesses: Cosigned[] = []
  for (const { name, keyName, timeSeconds } of verdict.cosigners) {
    const inside = keyName.startsWith(prefix)
    const member = inside ? members.find((one) => one.name === keyName.slice(prefix.length)) : undefined
    ;(inside ? gateways : witnesses).push({ name, legalName: member?.legalName ?? null, timeSeconds })
  }
  // A gateway whose owner nobody names may be anybody's: it makes no independent member.
  const owners = new Set(gateways.flatMap((gateway) => gateway.legalName ?? []))
  const gatewaysTotal = members.filter((member) => member.voter).length
  const independentMembers = owners.size
  const remarks: string[] = []
  if (independentMembers < 2 && witnesses.length === 0) remarks.push(OPERATOR_ALONE)
  if (gatewaysTotal === 2) {
    remarks.push(
      verdict.required.startsWith('1 ')
        ? 'Two gateways, one of which suffices: one liar suffices.'
        : 'Two gateways, both of which must cosign: it stops with one down.',
    )
  }
  return { gateways, witnesses, gatewaysTotal, required: verdict.required, independentMembers, remarks }
}

/** Members as the enclosed genesis lists them, for views; empty where leaf 0 is none. */
export function genesisMembers(material: CertificateMaterial): readonly GenesisMember[] {
  const statement = statementOf(parseEntry(material.genesis.entry))
  if (statement.kind !== 'event' || statement.type !== 'channel.opened') return []
  return decodeBody('channel.opened', statement.body).members
}
