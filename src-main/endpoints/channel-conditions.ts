/** Conditions of a gateway's channels as a whole, part of the one table. */
export const channelConditions = {
  'channel-stopped': {
    priority: 1,
    ends: 'watched',
    event: true,
    text: 'The channel {place} does not run on this gateway: {reason}',
    means:
      'Nothing is recorded into it here, and its sources are not read. The other channels go on; what was recorded lies where it lay.',
    todo: 'Put right what it says: it is begun anew by itself, at the latest every minute. "plumbline fsck" says how its record is.',
  },
} as const
