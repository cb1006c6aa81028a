/** What `plumbline verify` says of a fork proof: who signed two histories, in words. */
import { readFileSync } from 'node:fs'
import { gatewaysUnder } from '../gateway/folder/data-folder.ts'
import { describePolicy } from '../gateway/evidence/trust-store.ts'
import { openForkProof, type OpenedFork } from '../record/fork-proof.ts'
import type { SignedHead } from '../proof/signed-head.ts'
import { parseEntry } from '../wire/entry.ts'
import { printable, printed } from '../wire/printable.ts'
import { originOf } from '../wire/origin.ts'
import type { Verdict } from '../wire/verdict.ts'

export interface ForkCheck {
  kind: 'fork'
  verdict: Verdict
  reason: string
  channel: string | null
  heads: { kind: 'checkpoint' | 'position'; term: number | null; size: number; root: string; signers: string[] }[]
  /** Members whose signature holds on both heads. */
  signedBoth: string[]
}

/**
 * `changed` where one member signed two histories of a channel that is known here: by a policy, or by a gateway's folder. Anybody
 * may found a channel and sign what he likes in it, so that nothing is said about one that is not known.
 */
export function checkFork(text: string, origins: readonly string[]): ForkCheck {
  let opened: OpenedFork
  try {
    opened = openForkProof(text)
  } catch (error) {
    const reason = `it cannot be read as a proof: ${(error as Error).message}`
    return { kind: 'fork', verdict: 'cannot-tell', reason, channel: null, heads: [], signedBoth: [] }
  }
  const signedBoth = opened.both.map(({ name }) => name)
  const isKnown = origins.includes(opened.origin)
  const isProven = isKnown && signedBoth.length > 0
  return {
    kind: 'fork',
    verdict: isProven ? 'changed' : 'cannot-tell',
    reason: isProven
      ? `${signedBoth.join(', ')} signed two different records of ${opened.heads[0].size} entries`
      : isKnown
        ? whyNot(opened)
        : `the channel ${opened.origin} is not known here`,
    channel: opened.origin,
    heads: opened.heads.map((head, i) => ({
      kind: kindOf(head),
      term: head.term,
      size: head.size,
      root: head.root,
      signers: [...(opened.signers[i] ?? [])],
    })),
    signedBoth,
  }
}

/** Origins of the channels that are known on this machine. */
export function knownOrigins(policies: readonly string[], data: string): string[] {
  const pinned = policies.map((text) => describePolicy(text).name)
  const own = gatewaysUnder(data).flatMap(({ genesis }) => {
    try {
      return [originOf(parseEntry(readFileSync(genesis)).channel)]
    } catch {
      return []
    }
  })
  return [...pinned, ...own]
}

function whyNot({ heads: [first, second], signers }: OpenedFork): string {
  if (first.size !== second.size)
    return `its two heads are of different sizes, ${first.size} and ${second.size}: one record may have both`
  if (first.root === second.root) return 'its two heads are of one and the same record'
  const missing = signers.findIndex((names) => names.length === 0)
  if (missing >= 0)
    return `no signature of a member of the channel holds on its ${missing === 0 ? 'first' : 'second'} head`
  return 'nobody signed both of its heads: two members disagree, and this does not show which is wrong'
}

function kindOf(head: SignedHead): 'checkpoint' | 'position' {
  return head.term === null ? 'checkpoint' : 'position'
}

/** What a person reads. */
export function forkText(file: string, check: ForkCheck): string {
  const names = check.signedBoth.join(', ')
  const head =
    check.verdict === 'changed'
      ? [
          printed`Changed: ${names} signed two different records of one channel, and this file proves it.`,
          'A record grows and is never another one: who signs two roots for one size lies, or somebody else has its keys or a copy of its disk.',
          'Whoever signed only one of the two is not concerned.',
        ]
      : [
          'Cannot tell: this file proves nothing yet.',
          printed`${check.reason[0]?.toUpperCase() ?? ''}${check.reason.slice(1)}.`,
        ]
  const what = check.heads.map(({ kind, term, size, root, signers }) =>
    [
      printed`  ${kind}${term === null ? '' : ` of a leader in term ${term}`}, size ${size}`,
      printed`    root      ${root}`,
      printed`    signed by ${signers.length === 0 ? 'nobody whose signature holds' : signers.join(', ')}`,
    ].join('\n'),
  )
  const channel = check.channel === null ? [] : [printed`Channel ${check.channel}`]
  return [printable(file), '', ...head, '', ...channel, ...what].join('\n')
}
