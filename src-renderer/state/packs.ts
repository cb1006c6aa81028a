/** Rule packs: what decides, how a version differs, what it would have said, and having one proposed. */
import { call, type Sent } from '../client/call.ts'
import type { PackDifference, PackReplay, Packs, SaidByPerson } from '../words/model.ts'

export type ProposedPack = Sent<'proposePack'>['body']

export const loadPacks = (signal: AbortSignal): Promise<Packs> => call('packs', {}, signal)

export const loadDifference = (hash: string, signal: AbortSignal): Promise<PackDifference> =>
  call('packDifference', { params: { hash } }, signal)

export const replayPack = (
  hash: string,
  body: { fromUs: number; toUs: number },
  signal: AbortSignal,
): Promise<PackReplay> => call('replayPack', { params: { hash }, body }, signal)

export const packFile = (hash: string): Promise<Uint8Array> => call('packFile', { params: { hash } })

export const proposePack = (body: ProposedPack): Promise<SaidByPerson> => call('proposePack', { body })
