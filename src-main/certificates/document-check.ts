/** What the check of a file answers beside the verdict on its certificate: what was certified, and what its page is worth. */
import type { Certified } from './certified.ts'
import type { DocumentKind } from './document-kinds.ts'
import type { Verification } from './verification.ts'

/**
 * - `ours`: the page equals the one that is drawn from the certificate in it.
 * - `not-ours`: it does not, so that it may show anything.
 * - `unknown`: it was not compared; `because` says why.
 * - `none`: there is no page, the file is the .plumb itself.
 */
export type Page = 'ours' | 'not-ours' | 'unknown' | 'none'

/** Why a page was not compared, or what is wrong with it where that is more than its bytes. */
export type PageReason =
  | { code: 'template'; template: number }
  | { code: 'channel' | 'host' | 'changed' | 'script' | 'name' }

export interface DocumentCheck extends Verification {
  kind: DocumentKind
  /** SHA-256 in hex and length of the file that was given; `file` is the certificate in it. */
  given: { bytes: number; hash: string }
  /** Null for a changed certificate: nothing is said of its content. */
  certified: Certified | null
  page: Page
  because: PageReason | null
}
