/** The console for others than this machine: where it is, by which certificate it is recognised, or why it is shut. */
import { z } from 'zod'
import { Hex } from './model.ts'
import { TimeUs } from './quantities.ts'
import { shutCodes } from './shut-codes.ts'

export const ConsoleDoor = z
  .object({
    /** Null where the configuration serves this machine only. */
    elsewhere: z
      .object({
        /** With the first of the names. */
        url: z.string(),
        names: z.array(z.string()),
        /** Null where it is shut before one is there. Told at this machine only: elsewhere, whoever lies about the one could lie about the other. */
        certificate: z
          .object({ fingerprint: Hex, keyFingerprint: Hex, notAfterUs: TimeUs, own: z.boolean() })
          .nullable(),
        shut: z.object({ code: z.enum(shutCodes), detail: z.string() }).nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'ConsoleDoor' })
export type ConsoleDoor = z.infer<typeof ConsoleDoor>
