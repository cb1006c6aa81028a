/** Conditions of the console's doors, part of the one table. They never keep a gateway from recording. */
export const consoleConditions = {
  'console-moved': {
    priority: 2,
    ends: 'restart',
    event: false,
    text: 'Port {port} of {place} is held by another program ({holder}): its console is at port {used}',
    means: 'Whoever opens an old bookmark or link comes to that program, which may ask for a passphrase.',
    todo: 'Enter no passphrase at the old port. Stop that program and start the gateway again, or configure another "console.port"; with "console.fixedPort" it starts at no other port.',
  },
  'console-shut': {
    priority: 2,
    ends: 'watched',
    event: false,
    text: 'The console of {place} cannot be opened from elsewhere: {reason}',
    means: 'At the machine itself it works as ever, and recording goes on.',
    todo: 'Put it right there: it is looked at every 10 seconds and opens by itself.',
  },
  'console-certificate-ends': {
    priority: 3,
    ends: 'watched',
    event: false,
    text: 'The certificate of the console of {place} ends on {day}',
    means: 'From then on the console cannot be opened from elsewhere.',
    todo: 'Put a newer one in the place of the configured files: it is taken up within 10 seconds.',
  },
} as const
