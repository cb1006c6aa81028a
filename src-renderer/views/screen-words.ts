/** Name of each screen and the one question it answers. */
import { m } from '../paraglide/messages.js'
import type { SignName } from '../parts/sign-name.ts'
import type { Screen } from '../words/screens.ts'

const titles: Record<Screen, () => string> = {
  overview: m.screen_overview,
  sources: m.screen_sources,
  trends: m.screen_trends,
  alarms: m.screen_alarms,
  ledger: m.screen_ledger,
  peers: m.screen_peers,
  packs: m.screen_packs,
  certificates: m.screen_certificates,
  acts: m.screen_acts,
  people: m.screen_people,
}

/** For the slim rail, where a word must be short; those that are not here are short as they are. */
const shortTitles: Partial<Record<Screen, () => string>> = {
  sources: m.screen_sources_short,
  trends: m.screen_trends_short,
  alarms: m.screen_alarms_short,
  peers: m.screen_peers_short,
  acts: m.screen_acts_short,
  people: m.screen_people_short,
}

const questions: Record<Screen, () => string> = {
  overview: m.ask_overview,
  sources: m.ask_sources,
  trends: m.ask_trends,
  alarms: m.ask_alarms,
  ledger: m.ask_ledger,
  peers: m.ask_peers,
  packs: m.ask_packs,
  certificates: m.ask_certificates,
  acts: m.ask_acts,
  people: m.ask_people,
}

/** The sign of each screen in the slim rail. */
export const screenSigns: Readonly<Record<Screen, SignName>> = {
  overview: 'ic-overview',
  sources: 'ic-sources',
  trends: 'ic-trends',
  alarms: 'ic-alarms',
  ledger: 'ic-ledger',
  peers: 'ic-peers',
  packs: 'ic-packs',
  certificates: 'ic-certificates',
  acts: 'ic-acts',
  people: 'ic-people',
}

/** Null: the address names none. */
export const screenTitle = (screen: Screen | null): string => (screen === null ? m.screen_none() : titles[screen]())
export const shortTitle = (screen: Screen): string => (shortTitles[screen] ?? titles[screen])()
export const screenQuestion = (screen: Screen | null): string => (screen === null ? m.ask_none() : questions[screen]())
