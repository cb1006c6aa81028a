/** The console for others than this machine: where it is, by which certificate it is recognised, or why it is shut. */
import { z } from 'zod'
import { Hex } from './model.ts'
import { TimeUs } from './quantities.ts'

export const shutCodes = [
  'port-taken',
  'address-missing',
  'port-not-allowed',
  'certificate-unmade',
  'certificate-unreadable',
  'key-unreadable',
  'key-differs',
  'certificate-expired',
  'certificate-early',
  'name-missing',
] as const
export type ShutCode = (typeof shutCodes)[number]

/** English, for logs and the command line; the console has its own words. `{detail}` is a file, a name, a day or a program. */
export const shutWords: Record<ShutCode, string> = {
  'port-taken': 'its port is held by another program ({detail})',
  'address-missing': 'this machine has no address {detail}',
  'port-not-allowed': 'this account may not listen on port {detail}',
  'certificate-unmade': 'its certificate cannot be made: {detail}',
  'certificate-unreadable': 'the certificate cannot be read: {detail}',
  'key-unreadable': 'the private key cannot be read: {detail}',
  'key-differs': 'the private key {detail} is not the one of the certificate',
  'certificate-expired': 'the certificate ended on {detail}',
  'certificate-early': 'the certificate begins only on {detail}',
  'name-missing': 'the certificate does not carry {detail}',
}

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
