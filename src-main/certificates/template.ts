/** The page templates that this release can draw, by the number that a certificate states. */
export const TEMPLATES: readonly number[] = [1]
