/** Why a file could not be checked, and what to do then. */
import { m } from '../../paraglide/messages.js'
import type { CheckTrouble, fileCheck } from '../../state/file-check.svelte.ts'
import type { DocumentCheck } from '../../words/certificate.ts'
import { count } from '../../words/number.ts'

export interface TroubleText {
  text: string
  /** What the machine said, in its own words. */
  detail: string
  /** Trying again may help. */
  again: boolean
}

export function checkTroubleText({ code, detail }: CheckTrouble): TroubleText {
  switch (code) {
    case 'nothing_embedded':
      return { text: m.verify_trouble_nothing(), detail: '', again: false }
    case 'several_embedded':
      return { text: m.verify_trouble_several(), detail: '', again: false }
    case 'unreadable':
      return { text: m.verify_trouble_unreadable(), detail: '', again: false }
    case 'unreadable_file':
      return { text: m.verify_trouble_file(), detail, again: false }
    case 'file_too_large':
      return { text: m.verify_trouble_large(), detail, again: false }
    case 'no_policies':
      return { text: m.verify_trouble_policies(), detail, again: true }
    case 'check_failed':
      return { text: m.verify_trouble_check(), detail, again: true }
  }
}

export function fileLine(file: NonNullable<typeof fileCheck.file>, result: DocumentCheck | null): string {
  const size = { count: count(file.bytes) }
  if (result?.kind === 'pdf') return m.verify_embedded_pdf(size)
  return result?.kind === 'html' ? m.verify_embedded_html(size) : m.verify_bytes(size)
}
