/** What a certificate is handed out as: itself, or a page that carries it. */
export const DOCUMENT_KINDS = ['plumb', 'pdf', 'html'] as const
export type DocumentKind = (typeof DOCUMENT_KINDS)[number]
