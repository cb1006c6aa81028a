import type { IncomingMessage } from 'node:http'
import { ApiError } from './api-error.ts'
import type { Door } from './door-state.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD'])

/**
 * Refuses what a page of another origin can make a browser send here, before anything else looks at the request.
 *
 * DNS rebinding gives a hostile page our address under its own name: the Host it sends is that name. A form or script
 * of another origin carries its Origin. A link from elsewhere is harmless for a page and refused for the API. Other
 * ports of this machine are other origins too, although browsers call them the same site.
 *
 * @param request as it arrived
 * @param door it came through: how it is called, and by which scheme its pages are
 * @throws {ApiError} 421 `wrong_host`, 403 `wrong_origin`, 400 `invalid_request`
 */
export function guardRequest(request: IncomingMessage, { hosts, scheme }: Pick<Door, 'hosts' | 'scheme'>): void {
  const host = onlyHost(request)
  if (!hosts.has(host)) {
    throw new ApiError(
      421,
      'wrong_host',
      `this gateway is not called "${clip(host)}"`,
      `Open it by its own address: ${scheme}://${[...hosts][0] ?? ''}/`,
    )
  }
  if (request.url === undefined || !request.url.startsWith('/') || request.url.startsWith('//')) {
    throw new ApiError(
      400,
      'invalid_request',
      'the request target must be a path',
      'Send GET /path, not a whole address.',
    )
  }
  const { origin } = request.headers
  if (origin !== undefined && origin !== `${scheme}://${host}`) throw wrongOrigin(`the page at "${clip(origin)}"`)

  const isSafe = SAFE_METHODS.has(request.method ?? '')
  if (!isSafe && origin === undefined && !hasBearer(request)) throw wrongOrigin('a request without an Origin')

  // Sent by every current browser and beyond the reach of scripts (W3C Fetch Metadata).
  const site = request.headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return
  const isLink = isSafe && request.headers['sec-fetch-mode'] === 'navigate' && !request.url.startsWith('/api/')
  if (!isLink) throw wrongOrigin('a page of another origin')
}

/** Node keeps the first of several Host headers; RFC 9112 3.2 wants a request with two refused. */
function onlyHost(request: IncomingMessage): string {
  const count = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length
  const { host } = request.headers
  if (count !== 1 || host === undefined) {
    throw new ApiError(400, 'invalid_request', `the request has ${count} Host headers`, 'Send exactly one.')
  }
  return host.toLowerCase()
}

function hasBearer(request: IncomingMessage): boolean {
  return request.headers.authorization?.startsWith('Bearer ') ?? false
}

function wrongOrigin(who: string): ApiError {
  return new ApiError(
    403,
    'wrong_origin',
    `${who} may not call this gateway`,
    "Use the gateway's own console, or a program that sends the token of runtime.json.",
  )
}

/** Foreign text goes into a message only in part. */
function clip(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}...` : text
}
