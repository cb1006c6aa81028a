/** Why the console is shut for others. Without schemas: the command line needs the words and not the time that those take to load. */
export const shutCodes = [
  'port-taken',
  'address-missing',
  'port-not-allowed',
  'certificate-unmade',
  'certificate-unreadable',
  'key-unreadable',
  'key-open',
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
  'key-open': 'other accounts may read the private key {detail}; close it with chmod 640',
  'key-differs': 'the private key {detail} is not the one of the certificate',
  'certificate-expired': 'the certificate ended on {detail}',
  'certificate-early': 'the certificate begins only on {detail}',
  'name-missing': 'the certificate does not carry {detail}',
}
