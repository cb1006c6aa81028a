/**
 * Microseconds since 1970 (UTC), as the system's clock says now. It may jump either way while a gateway runs: what it says is signed
 * and shown, while durations are measured with `performance.now()`.
 */
export const nowUs = (): number => Date.now() * 1000
