/** What the table of endpoints says of a call. */
import { z } from 'zod'
import type { Role } from './model.ts'

/**
 * Who may call: anybody at the door of this machine (`open-loopback`; at the one for others signed in), anybody who reaches either (`open`),
 * anybody signed in, or the listed roles only.
 */
export type Access = 'open-loopback' | 'open' | 'signed-in' | readonly Role[]

/** Who works at the machines: they acknowledge, shelve and repair. */
export const OPERATORS = ['technician', 'site-manager', 'member-admin'] as const satisfies readonly Role[]

/** Raw bytes or text with a media type, bytes that come as they are made, nothing at all (204), or a stream of the events in `events.ts`. */
export type PlainResponse =
  | { readonly bytes: string }
  | { readonly text: string }
  | { readonly stream: string }
  | { readonly empty: true }
  | { readonly events: true }

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly access: Access
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  readonly response: z.ZodType | PlainResponse
  readonly summary: string
}

/** Whether an answer is JSON described by a schema. */
export function isJson(response: Endpoint['response']): response is z.ZodType {
  return response instanceof z.ZodType
}
