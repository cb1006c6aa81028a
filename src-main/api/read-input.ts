import type { Context } from 'hono'
import type { z } from 'zod'
import type { Endpoint } from '../endpoints/endpoint.ts'
import { WireError } from '../wire/errors.ts'
import { parseStrictJson } from '../wire/json.ts'
import { ApiError } from './api-error.ts'

/** The largest body any endpoint takes: a certificate with every gap of a long period acknowledged. */
export const BODY_BYTES_MAX = 1024 * 1024

/** What the table's schemas made of a request. */
export interface ParsedInput {
  params?: unknown
  query?: unknown
  body?: unknown
}

/**
 * Parses params, query and body by the endpoint's schemas.
 *
 * @throws {ApiError} 400 `invalid_request` with every field that did not fit, 413, 415
 */
export async function readInput(context: Context, endpoint: Endpoint): Promise<ParsedInput> {
  const input: ParsedInput = {}
  const issues: { path: string; message: string }[] = []
  const take = (part: keyof ParsedInput, schema: z.ZodType | undefined, value: unknown): void => {
    if (schema === undefined) return
    const result = schema.safeParse(value)
    if (result.success) input[part] = result.data
    else issues.push(...result.error.issues.map(({ path, message }) => ({ path: [part, ...path].join('.'), message })))
  }
  take('params', endpoint.params, context.req.param())
  take('query', endpoint.query, singleQuery(context, issues))
  take('body', endpoint.body, endpoint.body === undefined ? undefined : await readJson(context))
  if (issues.length > 0) {
    const named = issues.map(({ path, message }) => `${path}: ${message}`).join('; ')
    throw new ApiError(
      400,
      'invalid_request',
      named.slice(0, 1000),
      'Correct these fields; /openapi.json describes them.',
      { issues },
    )
  }
  return input
}

/** `?a=1&a=2` has no meaning here; taking one of them silently would hide a mistake. */
function singleQuery(context: Context, issues: { path: string; message: string }[]): Record<string, string> {
  const query: Record<string, string> = {}
  for (const [name, values] of Object.entries(context.req.queries())) {
    if (values.length > 1) issues.push({ path: `query.${name}`, message: 'stands more than once' })
    query[name] = values[0] ?? ''
  }
  return query
}

async function readJson(context: Context): Promise<unknown> {
  const type = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  // A form can be sent across origins without asking; JSON can't.
  if (type !== 'application/json') {
    throw new ApiError(
      415,
      'wrong_content_type',
      `the body is ${type ?? 'of no named type'}`,
      'Send JSON with Content-Type: application/json.',
    )
  }
  const bytes = await readBody(context)
  try {
    // Not JSON.parse: what is nested without end would end the call somewhere behind it.
    return parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes), { maxLength: BODY_BYTES_MAX })
  } catch (cause) {
    const why = cause instanceof WireError ? `: ${cause.message}` : ''
    throw new ApiError(400, 'invalid_request', `the body is not JSON in UTF-8${why}`, 'Send one JSON document.')
  }
}

async function readBody(context: Context): Promise<Uint8Array> {
  if (Number(context.req.header('content-length') ?? 0) > BODY_BYTES_MAX) throw tooLarge()
  const body = context.req.raw.body
  if (body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  // Counted as it arrives: a chunked body says nothing about its length beforehand.
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > BODY_BYTES_MAX) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function tooLarge(): ApiError {
  return new ApiError(
    413,
    'body_too_large',
    `the body is larger than ${BODY_BYTES_MAX} bytes`,
    'Send less at once; a shorter period has fewer gaps.',
  )
}
