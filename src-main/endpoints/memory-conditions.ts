/** Conditions of a gateway that does not know any more what it promised, part of the one table. */
const lossMeans =
  'It neither votes nor signs nor confirms checkpoints before it knows again what it promised. Readings are kept.'
const lossTodo =
  'Start the other gateways: when it has heard them it comes back by itself. Alone, or without a majority of them, it cannot: run "plumbline recover --continue", which founds a ledger that continues this one.'

export const memoryConditions = {
  'ledger-old': {
    priority: 1,
    ends: 'watched',
    event: true,
    text: 'The ledger of {place} is older than what this gateway remembers of it; {waits}',
    means: lossMeans,
    todo: lossTodo,
  },
  'ledger-replaced': {
    priority: 1,
    ends: 'watched',
    event: true,
    text: 'The ledger of {place} is another file than the one it recorded in; {waits}',
    means: lossMeans,
    todo: lossTodo,
  },
  'ledger-missing': {
    priority: 1,
    ends: 'watched',
    event: true,
    text: 'The ledger of {place} is gone: it begins with an empty one; {waits}',
    means: lossMeans,
    todo: lossTodo,
  },
  'mark-missing': {
    priority: 1,
    ends: 'watched',
    event: true,
    text: 'The mark beside the keys of {place}, which tells how far its ledger was, is gone; {waits}',
    means: lossMeans,
    todo: lossTodo,
  },
  'peers-know-more': {
    priority: 1,
    ends: 'watched',
    event: true,
    text: 'Other gateways have seen {place} go on further than its ledger does; {waits}',
    means: lossMeans,
    todo: lossTodo,
  },
} as const
