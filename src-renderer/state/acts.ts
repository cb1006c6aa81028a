/** Acts that wait for others: asked for on every screen, which counts those that wait for its reader. */
import { call } from '../client/call.ts'
import type { Acts } from '../words/model.ts'
import { Loading } from './load.svelte.ts'

export const acts = new Loading<Acts>()

export const loadActs = (signal: AbortSignal): Promise<Acts> => call('acts', {}, signal)
