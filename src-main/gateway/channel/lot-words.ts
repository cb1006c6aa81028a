/** What a configuration says of lots, on its way to the thread that signs: that one alone knows channel and actor when it begins. */
import { lotTags } from '../../acquisition/config-lot.ts'
import { mainText, translationsOf } from '../../acquisition/config-naming.ts'
import type { SourceConfig } from '../../acquisition/config.ts'
import type { AssetRegistered } from '../../record/asset-fields.ts'
import { streamId } from '../../record/channel.ts'
import type { ActorId, ChannelId } from '../../wire/ids.ts'
import { nameOf } from '../../wire/languages.ts'
import type { LotSource } from '../signing/source-lots.ts'

export interface LotWords {
  source: string
  name: string
  tag: string
  tags: readonly string[]
  asset: AssetRegistered
}

export function lotWords(sources: readonly SourceConfig[]): LotWords[] {
  return sources.flatMap(({ id, name: called, simulated, tags, lotFrom }) => {
    if (lotFrom === undefined) return []
    const { tag, prefix, name, scheme, type, attributes, packs } = lotFrom
    const names = nameOf({ name: mainText(name), names: translationsOf(name) })
    const asset = { asset: prefix, ...names, scheme, type, attributes, packs, simulated }
    return [{ source: id, name: mainText(called), tag, tags: lotTags(tags, lotFrom), asset }]
  })
}

export function lotSources(words: readonly LotWords[], channel: ChannelId, actor: ActorId): LotSource[] {
  return words.map(({ source, name, tag, tags, asset }) => {
    const of = (one: string) => streamId(channel, actor, source, one)
    return { source, name, carrier: of(tag), streams: tags.map(of), asset }
  })
}
