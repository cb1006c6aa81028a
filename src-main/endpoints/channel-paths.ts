/** Where calls about one channel are: under its handle, the first 16 hex digits of its id; without one they mean the only channel. */
import type { Endpoint } from './endpoint.ts'

const OF_GATEWAY = /^\/(?:metrics|openapi\.json|api\/(?:people|session|door|passkeys|channels))(?:\/|$)/

/**
 * What a call is about: the gateway itself, whatever the channel; one channel, which must be named where there are several; or either:
 * without a channel it answers for the gateway's first.
 */
export function scopeOf({ method, path }: Pick<Endpoint, 'method' | 'path'>): 'gateway' | 'channel' | 'either' {
  if (method === 'GET' && path === '/api/session') return 'either'
  return OF_GATEWAY.test(path) ? 'gateway' : 'channel'
}

/** `/api/status` as `/api/c/HANDLE/status`, `/checkpoint` as `/c/HANDLE/checkpoint`. */
export function channelPath(path: string, handle: string): string {
  return path.startsWith('/api/') ? `/api/c/${handle}/${path.slice('/api/'.length)}` : `/c/${handle}${path}`
}
