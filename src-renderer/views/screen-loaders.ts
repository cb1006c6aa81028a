/** Screens beyond the first are fetched when they are opened, so that the first load stays small. */
import type { Component } from 'svelte'
import type { Screen } from '../words/screens.ts'

type Loader = () => Promise<{ default: Component }>

export const screenLoaders: Record<Exclude<Screen, 'overview'>, Loader> = {
  sources: () => import('./sources/Sources.svelte'),
  trends: () => import('./trends/Trends.svelte'),
  alarms: () => import('./alarms/Alarms.svelte'),
  ledger: () => import('./ledger/Ledger.svelte'),
  peers: () => import('./peers/Peers.svelte'),
  packs: () => import('./packs/Packs.svelte'),
  acts: () => import('./acts/Acts.svelte'),
  people: () => import('./people/People.svelte'),
  certificates: () => import('./certificates/Certificates.svelte'),
}
