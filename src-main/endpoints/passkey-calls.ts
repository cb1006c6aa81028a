/** Calls about passkeys, part of the one table. What browsers and their devices say to each other passes through as it is. */
import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { plainName } from './inputs.ts'
import { TimeUs } from './quantities.ts'

/** As `navigator.credentials` takes and gives it in JSON (W3C Web Authentication, Level 3, 5.1). */
export const webAuthnJson = z.record(z.string(), z.json())

export const passkeyCalls = {
  passkeySignInOptions: {
    method: 'GET',
    path: '/api/session/passkey',
    access: 'open',
    response: z.object({ options: webAuthnJson }),
    summary: 'What a browser needs to sign in by passkey; its answer goes to POST /api/session as `passkey`',
  },
  passkeys: {
    method: 'GET',
    path: '/api/passkeys',
    access: 'signed-in',
    response: z.object({
      /** False at the machine itself, where the console is open by an address, and for who is not on the list of people. */
      available: z.boolean(),
      passkeys: z.array(
        z.object({ id: z.string(), label: z.string(), addedAtUs: TimeUs, usedAtUs: TimeUs.nullable() }),
      ),
    }),
    summary: 'The passkeys of the person who asks',
  },
  passkeyOptions: {
    method: 'POST',
    path: '/api/passkeys/options',
    access: 'signed-in',
    body: z.strictObject({ passphrase: z.string().min(1).max(1024) }),
    response: z.object({ options: webAuthnJson }),
    summary: 'What a browser needs to make a passkey; the passphrase is asked for again',
  },
  addPasskey: {
    method: 'POST',
    path: '/api/passkeys',
    access: 'signed-in',
    body: z.strictObject({ label: plainName, response: webAuthnJson }),
    response: { empty: true },
    summary: 'Keep the passkey that a browser has made',
  },
  removePasskey: {
    method: 'POST',
    path: '/api/passkeys/remove',
    access: 'signed-in',
    body: z.strictObject({ id: z.string().min(1).max(2048) }),
    response: z.object({ removed: z.boolean() }),
    summary: 'Remove one of the own passkeys',
  },
} as const satisfies Record<string, Endpoint>
