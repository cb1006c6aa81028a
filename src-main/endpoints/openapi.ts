/** The table as an OpenAPI 3.1 document, for people who script against a gateway. */
import { z } from 'zod'
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi'
import { channelPath, scopeOf } from './channel-paths.ts'
import { eventNames, events } from './events.ts'
import { ErrorBody } from './model.ts'
import { endpoints } from './table.ts'
import { type Access, type Endpoint, isJson } from './endpoint.ts'

const accessSentence = (access: Access): string => {
  if (access === 'open') return 'No sign-in needed.'
  if (access === 'open-loopback') return 'No sign-in needed on loopback; signed in from elsewhere.'
  if (access === 'signed-in') return 'Signed in.'
  return `Signed in as ${access.join(' or ')}.`
}

const refusal = (description: string) => ({ description, content: { 'application/json': { schema: ErrorBody } } })

/** Answers beside the good one. Host checks (421) and overload (503) stand on every call. */
function refusals(endpoint: Endpoint): ZodOpenApiResponsesObject {
  const out: ZodOpenApiResponsesObject = {}
  if (endpoint.params ?? endpoint.query ?? endpoint.body)
    out['400'] = refusal('The request does not fit its schema; `issues` lists every problem.')
  if (endpoint.access !== 'open') out['401'] = refusal('Not signed in.')
  if (Array.isArray(endpoint.access))
    out['403'] = refusal('The role of this person may not do that; `message` names the roles that may.')
  if (endpoint.params) out['404'] = refusal('There is no such thing here.')
  if (endpoint.method !== 'GET')
    out['409'] = refusal('It cannot be done as things stand; `next` says what to do first.')
  else if (scopeOf(endpoint) === 'channel')
    out['409'] = refusal(
      'There are several channels: the same call under `/api/c/{channel}/` (or `/c/{channel}/`) names one.',
    )
  out['421'] = refusal('The Host header names another machine.')
  out['503'] = refusal('Not now; `next` says what to wait for.')
  return out
}

function success(endpoint: Endpoint): ZodOpenApiResponsesObject {
  const { response } = endpoint
  if (isJson(response))
    return { '200': { description: endpoint.summary, content: { 'application/json': { schema: response } } } }
  if ('bytes' in response)
    return {
      '200': {
        description: endpoint.summary,
        content: { [response.bytes]: { schema: { type: 'string', format: 'binary' } } },
      },
    }
  if ('stream' in response)
    return {
      '200': {
        description: endpoint.summary,
        content: { [response.stream]: { schema: { type: 'string', format: 'binary' } } },
      },
    }
  if ('text' in response)
    return { '200': { description: endpoint.summary, content: { [response.text]: { schema: { type: 'string' } } } } }
  if ('empty' in response) return { '204': { description: 'Done.' } }
  const names = eventNames.join(', ')
  const data = z.union(eventNames.map((name) => events[name].describe(`data of event \`${name}\``)))
  return {
    '200': {
      description: `${endpoint.summary}. Events: ${names}.`,
      content: { 'text/event-stream': { schema: data } },
    },
  }
}

const channelParam = z
  .string()
  .regex(/^[0-9a-f]{16}$/)
  .meta({ description: 'The first 16 digits of a channel’s id; `channels` lists them' })

/** The same call with the channel in its path. */
function inChannel(endpoint: Endpoint): Endpoint {
  const params = (endpoint.params ?? z.object({})).extend({ channel: channelParam })
  return { ...endpoint, path: channelPath(endpoint.path, '{channel}'), params }
}

function operation(name: string, endpoint: Endpoint): ZodOpenApiOperationObject {
  const { params, query, body } = endpoint
  return {
    operationId: name,
    summary: endpoint.summary,
    description: accessSentence(endpoint.access),
    ...(params || query ? { requestParams: { ...(params && { path: params }), ...(query && { query }) } } : {}),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: { ...success(endpoint), ...refusals(endpoint) },
    ...(endpoint.access === 'open' ? { security: [] } : {}),
  }
}

/** The whole document; `version` is the gateway's. */
export function openApiDocument(version = '0.1.0'): object {
  const paths: ZodOpenApiPathsObject = {}
  const add = (name: string, endpoint: Endpoint): void => {
    const path = endpoint.path.replaceAll('{+', '{')
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(name, endpoint) }
  }
  for (const [name, endpoint] of Object.entries<Endpoint>(endpoints)) {
    add(name, endpoint)
    if (scopeOf(endpoint) !== 'gateway') add(`${name}OfChannel`, inChannel(endpoint))
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Plumbline gateway',
      version,
      description:
        'Calls of one gateway. Times are microseconds since the epoch; hashes and ids are lower-case hex; 64-bit integers travel as text.',
    },
    paths,
    components: {
      securitySchemes: {
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: 'plumbline-{gateway}',
          description: 'Set by signIn; the name carries the first 8 digits of the gateway’s actor id.',
        },
        key: {
          type: 'apiKey',
          in: 'header',
          name: 'x-plumbline-key',
          description: 'The key that signIn answered, with every call that the cookie makes.',
        },
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'The token of runtime.json, for programs on the same machine.',
        },
      },
    },
    security: [{ cookie: [], key: [] }, { bearer: [] }],
  })
}
