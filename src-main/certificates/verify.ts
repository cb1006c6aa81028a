/**
 * The check of a certificate, step by step, in the order of docs/FORMATS.md, section 8. It needs the file, a trust
 * policy that came another way, and the rule engine; no network, no clock, no Plumbline.
 */
import { sha256, toHex } from '../wire/bytes.ts'
import { parseChannelId } from '../wire/ids.ts'
import { createPackHost } from '../packs/host.ts'
import type { PackHost } from '../packs/host.ts'
import { PackError } from '../packs/errors.ts'
import { verifySignature } from '../proof/signature.ts'
import type { SignatureCheck } from './check-sources.ts'
import { checkCheckpoint } from './agreement.ts'
import type { Agreement, CheckpointClaim, CheckpointResult } from './agreement.ts'
import { continuedIn } from './continues-words.ts'
import { compareSubjects } from './compare.ts'
import { readCredential } from './credential.ts'
import type { JsonObject, SignedCredential } from './credential.ts'
import { CertificateError } from './errors.ts'
import { readEvidence } from './evidence.ts'
import { examine } from './examine.ts'
import type { Examination } from './examine.ts'
import type { Findings } from './subject.ts'
import { subjectOf } from './subject.ts'
import { policyFingerprint } from './fingerprint.ts'
import { EngineUnavailable } from './judge.ts'
import type { CertificateMaterial } from './material.ts'
import { notProven } from './not-proven.ts'
import { usOfIso } from './numbers.ts'
import { hold, STEPS, StepStop } from './step.ts'
import type { Missing, Step, StepId, StepResult } from './step.ts'
import type { Claims, Verification } from './verification.ts'
import { NOT_RUN_MISSING, NOT_RUN_RULES, NOT_RUN_UNKNOWN, VERDICT_NOT_COMPUTED, wordVerdict } from './wording.ts'

export interface VerifyOptions {
  /** Text of the policy (tlog-policy) that this verifier relies on. It must not come out of the certificate. */
  policy?: string | undefined
  /** Several such policies; the one whose log is the certificate's channel counts. */
  policies?: readonly string[] | undefined
  /** The rule engine: its WebAssembly bytes, or a host that runs already. */
  engine: Uint8Array | PackHost
  /** A faster implementation of the same signature rule for the sources' signatures, where the host has one. */
  verifySignature?: SignatureCheck | undefined
}

/**
 * Checks a file. Of a channel for which no pinned policy vouches nothing is looked at beyond form, signature and checkpoint: anyone
 * can make a channel, and its evidence may be made to be slow to read.
 *
 * Never throws for anything that stands in a certificate. Throws CertificateError `no_certificate` for bytes that are none, `unreadable` for too many of them, and
 * `malformed_policy` when a pinned text is no policy.
 */
export async function verifyCertificate(bytes: Uint8Array, options: VerifyOptions): Promise<Verification> {
  const check = new Check(bytes, options)
  await check.run()
  return check.verification()
}

class Check {
  readonly #bytes: Uint8Array
  readonly #options: VerifyOptions
  readonly #steps: Step[] = []
  readonly #missing: Missing[] = []
  #credential: SignedCredential | null = null
  #material: CertificateMaterial | null = null
  #agreement: Agreement | null = null
  #findings: Findings | null = null

  constructor(bytes: Uint8Array, options: VerifyOptions) {
    this.#bytes = bytes
    this.#options = options
  }

  async run(): Promise<void> {
    const form = this.#step('form', () => this.#form())
    if (form === null) return
    const { credential } = form
    if (this.#step('issuer-signature', () => checkIssuerSignature(credential)) === null) return
    const policies = [
      ...(this.#options.policies ?? []),
      ...(this.#options.policy === undefined ? [] : [this.#options.policy]),
    ]
    const checkpoint = this.#step('checkpoints', () => checkCheckpoint(claimOf(credential), policies))
    if (checkpoint === null) return
    this.#agreement = checkpoint.agreement
    if (checkpoint.waitsFor !== undefined) return this.#leaveOut(checkpoint.waitsFor)
    await this.#examine(credential, checkpoint)
  }

  async #examine(credential: SignedCredential, checkpoint: CheckpointResult): Promise<void> {
    let steps!: Examination
    const seals = this.#step('seals', () => {
      const material = readEvidence(credential.evidence)
      this.#material = material
      steps = examine(material, {
        tree: checkpoint.tree,
        signedAtUs: usOfIso(credential.validFrom),
        issuerKey: credential.publicKey,
        verifySignature: this.#options.verifySignature,
      })
      return steps.seals()
    })
    if (seals === null) return
    this.#agreement = checkpoint.agreementWith(seals.ledger.genesis.members)
    const states = this.#step('state-proofs', () => steps.states())
    if (states === null) return
    if (states.waitsFor !== undefined) return this.#leaveOut(states.waitsFor)
    if (this.#step('histories', () => steps.histories()) === null) return
    if (this.#step('source-signatures', () => steps.sources()) === null) return
    const host = await this.#host()
    this.#step('pack', () => {
      const findings = steps.pack(host)
      const subject = subjectOf(findings)
      compareSubjects(subject, credential.subject)
      this.#findings = findings
      const judged = (subject['readings'] as { judged: number }).judged
      const detail = `${findings.verdict.verdict}, follows from ${judged} readings`
      return { detail, figures: { verdict: findings.verdict.verdict, readings: judged } }
    })
  }

  verification(): Verification {
    const stopped = this.#steps.some((step) => step.state === 'stops')
    const verdict = stopped ? 'changed' : this.#missing.length > 0 ? 'cannot-tell' : 'unchanged'
    const claims = this.#claims()
    const isComputed = stopped || this.#findings !== null
    return {
      verdict,
      ...wordVerdict(verdict, this.#steps, this.#missing),
      missing: stopped ? [] : this.#missing,
      steps: this.#allSteps(),
      file: { bytes: this.#bytes.length, hash: toHex(sha256(this.#bytes)) },
      claims,
      agreement: this.#agreement,
      policy: this.#policy(),
      notProven: [...(isComputed ? [] : [VERDICT_NOT_COMPUTED]), ...notProven(this.#findings, this.#agreement)],
    }
  }

  #claims(): Claims | null {
    if (this.#credential === null) return null
    const { issuer, validFrom } = this.#credential
    const claims = { issuer, signedAt: validFrom }
    if (this.#material === null)
      return { ...claims, subject: this.#credential.briefSubject, stated: statedIn(this.#credential) }
    return { ...claims, subject: this.#credential.subject, stated: this.#material.stated }
  }

  #policy(): Verification['policy'] {
    const text = this.#credential?.evidenceMember('policy')
    return typeof text === 'string' ? { text, fingerprint: policyFingerprint(text) } : null
  }

  #allSteps(): Step[] {
    const notRun = STEPS.slice(this.#steps.length)
    return [...this.#steps, ...notRun.map(([id, title]): Step => ({ id, title, state: 'not-run', detail: 'not run' }))]
  }

  #form(): { credential: SignedCredential } & StepResult {
    const credential = readCredential(this.#bytes)
    claimOf(credential)
    this.#credential = credential
    const bytes = this.#bytes.length
    return { credential, detail: `${bytes} bytes, equal to their canonical form`, figures: { bytes } }
  }

  async #host(): Promise<PackHost | PackError> {
    if (!(this.#options.engine instanceof Uint8Array)) return this.#options.engine
    try {
      return await createPackHost(this.#options.engine)
    } catch (error) {
      if (error instanceof PackError) return error
      throw error
    }
  }

  /** The rest: a rule, too, is a program out of the file, and runs only where somebody on whom this verifier relies put it in force. */
  #leaveOut({ code }: Missing): void {
    const isUnknown = code.startsWith('policy_') || code === 'not_vouched'
    const detail = code === 'rules_unknown' ? NOT_RUN_RULES : isUnknown ? NOT_RUN_UNKNOWN : NOT_RUN_MISSING
    for (const [id, title] of STEPS.slice(this.#steps.length)) this.#steps.push({ id, title, state: 'not-run', detail })
  }

  /** Runs one step; null when it stops. */
  #step<T extends StepResult>(id: StepId, run: () => T): T | null {
    const title = STEPS.find(([one]) => one === id)![1]
    try {
      const result = run()
      const state = result.waitsFor === undefined ? 'holds' : 'waits'
      if (result.waitsFor !== undefined) this.#missing.push(result.waitsFor)
      this.#steps.push({ id, title, state, detail: result.detail, ...(result.figures && { figures: result.figures }) })
      return result
    } catch (error) {
      if (error instanceof EngineUnavailable) {
        this.#missing.push(error.missing)
        this.#steps.push({ id, title, state: 'waits', detail: `waits: ${error.missing.text}` })
        return null
      }
      // A pinned policy that is none is the verifier's own mistake and says nothing about the file.
      if (error instanceof CertificateError) throw error
      this.#steps.push({ id, title, state: 'stops', ...describeStop(error) })
      return null
    }
  }
}

/** What a stopping step shows. Anything thrown here came out of the file, so anything thrown is a finding about it. */
function describeStop(error: unknown): Pick<Step, 'detail' | 'expected' | 'actual'> {
  if (!(error instanceof Error)) return { detail: String(error) }
  if (!(error instanceof StepStop)) return { detail: error.message }
  return {
    detail: error.message,
    ...(error.expected !== undefined && { expected: error.expected }),
    ...(error.actual !== undefined && { actual: error.actual }),
  }
}

/** What the checkpoint step needs of the evidence. Throws StepStop or WireError. */
function claimOf(credential: SignedCredential): CheckpointClaim {
  const [channel, checkpoint] = [credential.evidenceMember('channel'), credential.evidenceMember('checkpoint')]
  hold(typeof channel === 'string' && typeof checkpoint === 'string', 'the evidence names no channel or no checkpoint')
  const continues = continuedIn(credential.briefSubject)?.origin
  return { channel: parseChannelId(channel), checkpoint, ...(continues !== undefined && { continues }) }
}

function statedIn(credential: SignedCredential): JsonObject {
  const stated = credential.evidenceMember('stated')
  return typeof stated === 'object' && stated !== null && !Array.isArray(stated) ? stated : {}
}

function checkIssuerSignature(credential: SignedCredential): StepResult {
  if (!verifySignature(1, credential.publicKey, credential.signedBytes, credential.signature)) {
    throw new StepStop('the signature is not by the issuer’s key over this content', undefined, credential.issuer)
  }
  return { detail: 'valid, Ed25519', figures: { alg: 'Ed25519', issuer: credential.issuer } }
}
