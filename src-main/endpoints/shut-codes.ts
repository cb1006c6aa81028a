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
  'key-open': 'other accounts may read the private key {detail}',
  'key-differs': 'the private key {detail} is not the one of the certificate',
  'certificate-expired': 'the certificate ended on {detail}',
  'certificate-early': 'the certificate begins only on {detail}',
  'name-missing': 'the certificate does not carry {detail}',
}

/** What to do about each, where the console has no words of its own to say it. Until then it is looked at again by itself. */
export const shutNext: Record<ShutCode, string> = {
  'port-taken': 'Stop that program, or configure another console.listen.port.',
  'address-missing': 'Configure an address of this machine as console.listen.host.',
  'port-not-allowed':
    'Configure a console.listen.port of 1024 or more, or give the service the right to bind lower ones.',
  'certificate-unmade': "Check that the folder can be written; where its key is damaged, put back the folder's backup.",
  'certificate-unreadable': 'Check the path under console.certificate, the rights of the file, and that it is PEM.',
  'key-unreadable':
    'Check the path under console.key, the rights of the file, and that it is PEM without a passphrase.',
  'key-open': 'Close it with chmod 640.',
  'key-differs': 'Name the key that the certificate was made for.',
  'certificate-expired': 'Put a new certificate there.',
  'certificate-early': "Wait for that day, or put the machine's clock right.",
  'name-missing': 'Have the certificate made for every name under console.names, or leave that name out.',
}
