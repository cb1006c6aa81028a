import { gapReasonText } from '../../src-main/certificates/gap-words.ts'
import { language } from './language.svelte.ts'

/** Why readings are missing: what the gateway wrote down, as paper says it. Apart from other words of paper, which few screens need. */
export const gapReason = (text: string): string => gapReasonText(text, language.current)
