/** The screens of the console, in the order of the rail and of the keys Alt+1 to Alt+9, then Alt+0. Each answers one question. */
export const screens = [
  'overview',
  'sources',
  'trends',
  'alarms',
  'ledger',
  'peers',
  'packs',
  'certificates',
  'acts',
  'people',
] as const
export type Screen = (typeof screens)[number]
