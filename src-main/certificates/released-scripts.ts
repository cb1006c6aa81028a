/** Verifier scripts of released HTML certificates: SHA-256 in hex of `offline.js`. Nothing is released yet. */
export const RELEASED_SCRIPTS: readonly string[] = []
