/** The check of a file that was dropped, chosen, or opened on the desktop. One at a time; a newer file replaces an older one. */
import type { DocumentCheck } from '../words/certificate.ts'
import type { TrustedPolicies } from '../words/model.ts'
import { CallError } from '../client/call.ts'
import { pinnedPolicies } from './queries.ts'

export interface OpenedFile {
  name: string
  bytes: Uint8Array
}

type RefusalCode = 'no_certificate' | 'unreadable' | 'nothing_embedded' | 'several_embedded'
/** What a file that is no certificate looks like instead. */
export type LooksLike = 'nothing' | 'picture' | 'archive' | 'program' | 'json' | 'text' | 'data'

/** Runs the check under these policies, in a worker. A file in which no single certificate is found is refused. */
export type Checker = (
  file: Uint8Array,
  fileName: string,
  policies: string[],
) => Promise<{ result: DocumentCheck } | { refused: { code: RefusalCode; looksLike?: LooksLike | undefined } }>

/** Why there is no answer; `detail` is what the machine said. */
export interface CheckTrouble {
  code: 'unreadable_file' | 'no_policies' | 'check_failed' | 'file_too_large' | RefusalCode
  detail: string
  looksLike?: LooksLike | undefined
}

/** Nothing longer is read into the worker; what a certificate may have the check itself knows. */
const fileBytesMax = 128 * 1024 * 1024
type Policy = TrustedPolicies['policies'][number]

class FileCheck {
  file = $state.raw<{ name: string; bytes: number } | null>(null)
  result = $state.raw<DocumentCheck | null>(null)
  checkedAtUs = $state(0)
  checking = $state(false)
  trouble = $state.raw<CheckTrouble | null>(null)
  pinned = $state.raw<Policy[]>([])
  /** A policy that the reader brought along: it counts here until the page is closed and is kept nowhere. */
  brought = $state.raw<{ name: string; text: string } | null>(null)
  #bytes: Uint8Array | null = null
  #turn = 0

  async check(opened: OpenedFile, run: Checker): Promise<void> {
    this.#turn++
    this.#bytes = null
    this.result = null
    this.trouble = null
    this.checking = false
    this.file = { name: opened.name, bytes: opened.bytes.length }
    if (opened.bytes.length > fileBytesMax) {
      this.trouble = { code: 'file_too_large', detail: '' }
      return
    }
    this.#bytes = opened.bytes
    await this.again(run)
  }

  /** The same file once more, under the policies that count now. */
  async again(run: Checker): Promise<void> {
    const bytes = this.#bytes
    if (bytes === null) return
    const turn = ++this.#turn
    this.checking = true
    this.trouble = null
    const done = (set: () => void): void => {
      if (turn === this.#turn) set()
    }
    try {
      const pinned = await pinnedPolicies()
      const texts = [...pinned.map((policy) => policy.text), ...(this.brought ? [this.brought.text] : [])]
      const answer = await run(bytes, this.file?.name ?? '', texts)
      done(() => {
        this.pinned = pinned
        if ('refused' in answer)
          this.trouble = { code: answer.refused.code, detail: '', looksLike: answer.refused.looksLike }
        else this.result = answer.result
        this.checkedAtUs = Date.now() * 1000
      })
    } catch (error) {
      const code = error instanceof CallError ? 'no_policies' : 'check_failed'
      done(() => (this.trouble = { code, detail: error instanceof Error ? error.message : String(error) }))
    } finally {
      done(() => (this.checking = false))
    }
  }

  fail(code: CheckTrouble['code'], detail: string): void {
    this.trouble = { code, detail }
  }
}

export const fileCheck = new FileCheck()
