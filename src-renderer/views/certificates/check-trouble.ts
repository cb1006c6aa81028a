/** Why a file could not be checked, and what to do then. */
import { m } from '../../paraglide/messages.js'
import type { CheckTrouble, fileCheck, LooksLike } from '../../state/file-check.svelte.ts'
import type { DocumentCheck } from '../../words/certificate.ts'
import { count } from '../../words/number.ts'

export interface TroubleText {
  /** Above the text; empty where the text says it all. */
  title: string
  text: string
  /** What the machine said, in its own words. */
  detail: string
  /** Trying again may help. */
  again: boolean
}

const looks: Record<LooksLike, () => string> = {
  nothing: m.verify_looks_nothing,
  picture: m.verify_looks_picture,
  archive: m.verify_looks_archive,
  program: m.verify_looks_program,
  json: m.verify_looks_json,
  text: m.verify_looks_text,
  data: m.verify_looks_data,
}

export function checkTroubleText({ code, detail, looksLike = 'data' }: CheckTrouble): TroubleText {
  switch (code) {
    case 'no_certificate': {
      const text = `${looks[looksLike]()} ${m.verify_trouble_choose()}`
      return { title: m.verify_say_none(), text, detail: '', again: false }
    }
    case 'nothing_embedded':
      return { title: '', text: m.verify_trouble_nothing(), detail: '', again: false }
    case 'several_embedded':
      return { title: '', text: m.verify_trouble_several(), detail: '', again: false }
    case 'unreadable':
      return { title: '', text: m.verify_trouble_unreadable(), detail: '', again: false }
    case 'unreadable_file':
      return { title: '', text: m.verify_trouble_file(), detail, again: false }
    case 'file_too_large':
      return { title: '', text: m.verify_trouble_large(), detail, again: false }
    case 'no_policies':
      return { title: '', text: m.verify_trouble_policies(), detail, again: true }
    case 'check_failed':
      return { title: '', text: m.verify_trouble_check(), detail, again: true }
  }
}

export function fileLine(file: NonNullable<typeof fileCheck.file>, result: DocumentCheck | null): string {
  const size = { count: count(file.bytes) }
  if (result?.kind === 'pdf') return m.verify_embedded_pdf(size)
  return result?.kind === 'html' ? m.verify_embedded_html(size) : m.verify_bytes(size)
}
