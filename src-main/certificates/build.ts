/**
 * Making a certificate: examine the material as every verifier will, derive what it says, sign. A certificate that its
 * own verifier would refuse is never written.
 */
import { messageOf } from '../wire/plumbline-error.ts'
import type { PackHost } from '../packs/host.ts'
import type { SignatureCheck } from './check-sources.ts'
import { checkCheckpoint } from './agreement.ts'
import { writeCredential } from './credential.ts'
import type { CredentialSigner } from './credential.ts'
import { CertificateError } from './errors.ts'
import { writeEvidence } from './evidence.ts'
import { examine } from './examine.ts'
import type { CertificateMaterial } from './material.ts'
import { usOfIso } from './numbers.ts'
import { StepStop } from './step.ts'
import type { Missing, StepResult } from './step.ts'
import { subjectOf } from './subject.ts'
import type { Findings } from './subject.ts'

export interface BuildOptions {
  signer: CredentialSigner
  /** Runs the pack; its engine must be the one that the channel activated. */
  host: PackHost
  /** When it is signed: ISO 8601 in UTC, such as 2026-03-11T13:02:31Z. */
  nowIso: string
  /** A faster implementation of the same signature rule, where the host has one. */
  verifySignature?: SignatureCheck | undefined
}

/**
 * The bytes of the `.plumb` file. Synchronous.
 * Throws CertificateError `not_conclusive` naming the step that the material does not pass or that would have to wait.
 */
export function buildCertificate(material: CertificateMaterial, options: BuildOptions): Uint8Array {
  const { findings, waits } = examineMaterial(material, options)
  const open = waits[0]
  if (open !== undefined) {
    throw notConclusive(material, `everyone who checks it would wait for ${open.text}`)
  }
  return signCertificate(findings, options)
}

/** Signs what an examination found, whatever may still be open. */
export function signCertificate(findings: Findings, options: Pick<BuildOptions, 'signer' | 'nowIso'>): Uint8Array {
  const evidence = writeEvidence(findings.material)
  return writeCredential({ validFrom: options.nowIso, subject: subjectOf(findings), evidence }, options.signer)
}

/**
 * The same examination without signing: what a preview shows, and which steps would wait.
 * Throws CertificateError `not_conclusive`.
 */
export function examineMaterial(
  material: CertificateMaterial,
  options: Pick<BuildOptions, 'host' | 'verifySignature' | 'nowIso'> & { signer: Pick<CredentialSigner, 'publicKey'> },
): { findings: Findings; waits: Missing[] } {
  let where = 'Cosigned checkpoints'
  try {
    const checkpoint = checkCheckpoint(material, [material.policy])
    const steps = examine(material, {
      tree: checkpoint.tree,
      signedAtUs: usOfIso(options.nowIso),
      issuerKey: options.signer.publicKey,
      verifySignature: options.verifySignature,
    })
    where = 'Seals with log paths'
    const results: StepResult[] = [checkpoint, steps.seals()]
    where = 'State proofs'
    results.push(steps.states())
    where = 'Histories'
    results.push(steps.histories())
    where = 'Source signatures'
    results.push(steps.sources())
    where = 'The pack run'
    const findings = steps.pack(options.host)
    return { findings, waits: results.flatMap((result) => result.waitsFor ?? []) }
  } catch (error) {
    const shown = error instanceof StepStop && error.expected !== undefined
    const more = shown ? ` (expected ${error.expected}, found ${error.actual})` : ''
    throw notConclusive(material, `${where}: ${messageOf(error)}${more}`)
  }
}

function notConclusive(material: CertificateMaterial, why: string): CertificateError {
  return new CertificateError(
    'not_conclusive',
    `no certificate for ${material.asset}: ${why}`,
    'Wait for the next seal and try again, or choose a shorter period; if it stays, run plumbline fsck.',
  )
}
