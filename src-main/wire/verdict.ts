/** Three verdicts, never two: nothing is called unchanged while something that would tell is missing. Of a record, a file, an export. */
export const VERDICTS = ['unchanged', 'changed', 'cannot-tell'] as const
export type Verdict = (typeof VERDICTS)[number]
