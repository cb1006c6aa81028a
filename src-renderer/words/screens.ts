/** The screens of the console, in the order of the rail and of the keys Alt+1 to Alt+9. Each answers one question. */
export const screens = ['overview', 'sources', 'trends', 'alarms', 'ledger', 'peers', 'certificates'] as const
/** Opened from the menu of the person, not from the rail. */
export const beside = ['people'] as const
export type Screen = (typeof screens)[number] | (typeof beside)[number]
