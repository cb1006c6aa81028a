/** SHA-256 in hex of the verifier scripts that releases put into their HTML pages. None is released yet. */
export const RELEASED_SCRIPTS: readonly string[] = []
