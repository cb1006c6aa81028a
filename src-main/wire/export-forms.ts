/** Forms of an export: docs/FORMATS.md, "Exports". */
export const exportFormats = ['csv', 'jsonl', 'parquet'] as const
export type ExportFormat = (typeof exportFormats)[number]

/**
 * How a CSV is written. `rfc4180`: comma, decimal point, no byte order mark. `excel-de`: semicolon, decimal comma and byte order mark,
 * because a German Excel takes 21.5 for the 21st of May.
 */
export const csvForms = ['rfc4180', 'excel-de'] as const
export type CsvForm = (typeof csvForms)[number]
