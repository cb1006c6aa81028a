const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types svelte-trusted-html plumbline-worker',
].join('; ')

/**
 * The verifier's worker alone compiles WebAssembly (the engine that judges a certificate's rules). A worker takes the
 * policy of its own response, so the page keeps the stricter one.
 */
const WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; base-uri 'none'"

/** API answers are data: shown by mistake, or by malice, they run nothing. */
const DATA_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"

const policies = { page: PAGE_POLICY, worker: WORKER_POLICY, data: DATA_POLICY } as const

/** The headers of every answer. `kind` picks the content security policy. */
export function securityHeaders(kind: keyof typeof policies): Record<string, string> {
  return {
    'content-security-policy': policies[kind],
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=(), serial=()',
    'x-frame-options': 'DENY',
  }
}
