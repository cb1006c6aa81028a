/** Calls about the keys by which gateways sign. */
import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Hex, Id16 } from './model.ts'
import { Count } from './quantities.ts'

/** Uses whose key may take another's place while the gateway runs. */
export const RotatedUse = z.enum(['entry', 'checkpoint', 'cosignature', 'credential'])

export const Keys = z
  .object({
    gateway: z.string(),
    keys: z.array(
      z.object({
        member: z.string(),
        use: z.string(),
        id: Id16,
        public: Hex,
        /** First entry for which it holds. */
        from: Count,
        /** First entry for which it holds no more; null while it is in force. */
        to: Count.nullable(),
        /** Whether this gateway has its private half. */
        here: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'Keys' })
export type Keys = z.infer<typeof Keys>

export const KeyRotation = z
  .object({
    outcome: z.string(),
    entry: Count.nullable(),
    /** Code of the refusal (docs/FORMATS.md, Refusals). */
    refused: z.string().nullable(),
    reason: z.string().nullable(),
    key: Id16,
    replaces: Id16,
  })
  .meta({ id: 'KeyRotation' })
export type KeyRotation = z.infer<typeof KeyRotation>

export const keyCalls = {
  keys: {
    method: 'GET',
    path: '/api/keys',
    access: 'signed-in',
    response: Keys,
    summary: 'Keys of all members, with the entries for which each holds',
  },
  rotateKey: {
    method: 'POST',
    path: '/api/keys/rotate',
    access: ['member-admin'],
    body: z.strictObject({ use: RotatedUse }),
    response: KeyRotation,
    summary: 'Put a new key of this gateway in the place of the one of a use; it holds from the next entry on',
  },
} as const satisfies Record<string, Endpoint>
