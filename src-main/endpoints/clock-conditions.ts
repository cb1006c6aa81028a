/** Conditions of clocks, part of the one table. Of one in doubt it is an event, because the times of readings rest on it. */
const clockMeans =
  'It seals no blocks, flags its readings, and signs with the time that it counts on from the last it believed.'
const clockTodo =
  'Set it by a time server: a minute after that it is believed again. Or compare it with another clock, and where it is right run "plumbline time confirm".'

export const clockConditions = {
  'clock-differs': {
    priority: 2,
    ends: 'watched',
    event: false,
    text: 'The clocks of {place} and of this gateway differ by {seconds} s',
    means: 'Times of readings cannot be compared, and seals may be refused.',
    todo: 'Set both by a time server.',
  },
  'clock-ahead': {
    priority: 2,
    ends: 'watched',
    event: false,
    text: 'The clock of {place} runs ahead of what most gateways say, by {seconds} s more than a seal may',
    means: 'Blocks carry the latest time that is allowed.',
    todo: 'Set its clock by a time server.',
  },
  'clock-leapt': {
    priority: 2,
    ends: 'watched',
    event: true,
    text: 'The clock of {place} moved by {seconds} s at once',
    means: clockMeans,
    todo: clockTodo,
  },
  'clock-before-ledger': {
    priority: 2,
    ends: 'watched',
    event: true,
    text: '{place} started with a clock {seconds} s before the newest block',
    means: clockMeans,
    todo: clockTodo,
  },
  'clock-after-pause': {
    priority: 2,
    ends: 'watched',
    event: true,
    text: '{place} started {days} days after the newest block, by a clock that nothing confirms',
    means: clockMeans,
    todo: clockTodo,
  },
  'clock-simulated': {
    priority: 3,
    ends: 'restart',
    event: true,
    text: '{place} signs by a simulated clock',
    means:
      'Its times are those of a scenario: they stand until the scenario moves them, and are no time of day. Its channel was founded as simulated, and all certificates of it say so.',
    todo: 'Nothing in a scenario. Everywhere else remove "clock: simulated" from its configuration and start it again.',
  },
} as const
