import { type Endpoint, isJson, type PlainResponse } from '../endpoints/endpoint.ts'
import { PlumblineError } from '../wire/plumbline-error.ts'
import { ApiError, type ErrorBody } from './api-error.ts'
import { breakingStream } from './breaking-stream.ts'
import type { FileReply } from './handlers.ts'
import { securityHeaders } from './security-headers.ts'

/**
 * Turns what a handler returned into the answer that the table describes.
 *
 * @param isChecked compare JSON with its schema first: a mismatch is our mistake, found in tests rather than in the
 *   console
 * @param breakOff ends the connection when a body that comes as it is made fails
 * @throws {ApiError} 500 `invalid_response`
 */
export function answer(
  endpoint: Endpoint,
  reply: unknown,
  isChecked: boolean,
  breakOff: (error: unknown) => void = () => {},
): Response {
  const { response } = endpoint
  if (isJson(response)) {
    if (isChecked) checkReply(endpoint, reply)
    return Response.json(reply, { headers: { ...securityHeaders('data'), 'cache-control': 'no-store' } })
  }
  if ('empty' in response) {
    return new Response(null, { status: 204, headers: { ...securityHeaders('data'), 'cache-control': 'no-store' } })
  }
  return fileAnswer(response, reply as Uint8Array | string | FileReply<Content>, breakOff)
}

/** The answer to a refused request. */
export function errorAnswer(status: number, body: ErrorBody): Response {
  const headers: Record<string, string> = { ...securityHeaders('data'), 'cache-control': 'no-store' }
  if (body.waitSeconds !== undefined) headers['retry-after'] = String(body.waitSeconds)
  // What is left of an oversize body is not read: the connection has nothing more to say.
  if (status === 413) headers['connection'] = 'close'
  return Response.json(body, { status, headers })
}

type Content = Uint8Array | string | ReadableStream<Uint8Array>

function fileAnswer(
  response: PlainResponse,
  reply: Uint8Array | string | FileReply<Content>,
  breakOff: (error: unknown) => void,
): Response {
  const file = typeof reply === 'string' || reply instanceof Uint8Array ? { content: reply } : reply
  const headers: Record<string, string> = {
    ...securityHeaders('data'),
    'content-type': ('mime' in file && file.mime) || mimeOf(response),
    'cache-control': 'isFinal' in file && file.isFinal ? 'private, max-age=31536000, immutable' : 'no-store',
  }
  if ('fileName' in file && file.fileName !== undefined) {
    headers['content-disposition'] = attachment(file.fileName)
  }
  const { content } = file
  if (content instanceof ReadableStream) return new Response(breakingStream(content, breakOff), { headers })
  return new Response(typeof content === 'string' ? content : new Uint8Array(content), { headers })
}

function mimeOf(response: PlainResponse): string {
  if ('bytes' in response) return response.bytes
  if ('stream' in response) return response.stream
  return 'text' in response ? response.text : 'text/plain'
}

/** RFC 6266 4.3: an ASCII name for old readers, the true one encoded. */
function attachment(fileName: string): string {
  const ascii = fileName.replace(/[^\w.-]/g, '_')
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(fileName)}`
}

function checkReply(endpoint: Endpoint, reply: unknown): void {
  if (!isJson(endpoint.response)) return
  const result = endpoint.response.safeParse(reply)
  if (result.success) return
  const named = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  throw new ApiError(
    500,
    'invalid_response',
    `the answer to ${endpoint.method} ${endpoint.path} is not what the table says: ${named.slice(0, 1000)}`,
    'This is a mistake in Plumbline; please report it with this message.',
  )
}

/** How an error of another layer becomes an answer. */
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  unknown_asset: 404,
  unknown_stream: 404,
  no_checkpoint: 404,
  unknown_time_zone: 400,
  event_malformed: 400,
  recovery_code_wrong: 400,
  busy: 503,
  too_many_exports: 429,
  export_failed: 503,
  unknown_source: 404,
  not_found: 404,
  disk_full: 503,
  database_damaged: 503,
  payload_damaged: 503,
  certificate_damaged: 503,
  ledger_stopped: 503,
  queue_full: 503,
  starting: 503,
  worker_failed: 503,
}

/** What was asked is turned down where it is given (read-input.ts): by then, bytes that do not fit are this gateway's own. */
const OF_BYTES: ReadonlySet<string> = new Set(['WireError', 'ProofError', 'PackError'])

/**
 * @returns null when the error is none that a caller can act on (our mistake, or one nobody thought of)
 */
export function refusalOf(error: unknown): { status: number; body: ErrorBody } | null {
  if (error instanceof ApiError) return { status: error.status, body: error.toBody() }
  if (!(error instanceof PlumblineError)) return null
  const { code, next, message } = error
  const otherwise = OF_BYTES.has(error.name) ? 500 : 409
  return { status: STATUS_BY_CODE[code] ?? otherwise, body: { code, message, next } }
}
