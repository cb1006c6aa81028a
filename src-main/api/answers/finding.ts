/** Finding things: names of points, assets and certificates; blocks by time; entries by what they are. */
import type { CertificateRow } from '../../endpoints/certificate-model.ts'
import type { Point } from '../../endpoints/model.ts'
import type { Channel } from '../../gateway/channel.ts'
import { NameSearch } from '../../gateway/show/name-search.ts'
import { fromHex } from '../../wire/bytes.ts'
import { ApiError } from '../api-error.ts'
import type { Handlers } from '../handlers.ts'
import type { AssetState } from '../../record/core-state.ts'

type Answers = Pick<Handlers, 'search' | 'blockAt' | 'blockHours' | 'findEntries' | 'findHash'>

const HITS = 8
const ENTRIES_LIMIT = 50
/** Assets are read out of the state, all of them; a person types several letters a second. */
const ASSETS_KEPT_US = 5_000_000

/** What of a gateway these answers need. */
export type FoundIn = Pick<Channel, 'reader' | 'points' | 'nowUs'>

/** @param certificates the register, newest first */
export function findingAnswers(channel: FoundIn, certificates: () => readonly CertificateRow[]): Answers {
  const { reader } = channel
  const names = (): ReadonlyMap<string, string> => reader.state.names()
  return {
    search: searchAnswer(channel, certificates),
    blockAt: ({ query }) => {
      const height = reader.found.heightAt(query.timeUs)
      return { height, timeUs: reader.blocks.block(height)?.timeUs ?? 0 }
    },
    blockHours: ({ query: { fromUs, hours } }) => ({ fromUs, blocks: reader.found.hours(fromUs, hours) }),
    findEntries: ({ query: { kind, type, gateway, asset, before, limit } }) => {
      const signers = names()
      const actor = reader.members().find(({ name }) => name === gateway)?.actor
      if (gateway !== undefined && actor === undefined)
        throw new ApiError(404, 'not_found', `there is no gateway ${gateway}`, 'GET /api/status lists them.')
      const { found, ...looked } = reader.found.entries(
        { kind, type, actor, asset },
        before ?? reader.size(),
        limit ?? ENTRIES_LIMIT,
      )
      return {
        entries: found.map(({ actor: signer, type: event, ...entry }) => ({
          ...entry,
          ...(event === null ? {} : { type: event }),
          gateway: signers.get(signer) ?? signer,
        })),
        ...looked,
      }
    },
    findHash: ({ params, query }) => {
      const { found, ...looked } = reader.found.byHash(fromHex(params.hash), query.before ?? reader.size())
      return { entry: found, ...looked }
    },
  }
}

function searchAnswer(
  { reader, points, nowUs }: FoundIn,
  certificates: () => readonly CertificateRow[],
): Answers['search'] {
  const pointNames = new NameSearch<Point>(
    ({ stream }) => stream,
    ({ label, labels, tag, source, quantity, gateway, stream }) => [
      label,
      ...Object.values(labels ?? {}),
      tag,
      source,
      quantity,
      gateway ?? '',
      stream,
    ],
  )
  const assetNames = new NameSearch<{ asset: string } & Pick<AssetState, 'name' | 'names'>>(
    ({ asset }) => asset,
    ({ asset, name, names }) => [name, ...Object.values(names ?? {}), asset],
  )
  const certificateNames = new NameSearch<CertificateRow>(
    ({ id }) => id,
    ({ id, asset, assetName, assetNames: others }) => [id, assetName, ...Object.values(others ?? {}), asset],
  )
  let known = { atUs: Number.NEGATIVE_INFINITY, assets: [] as ReturnType<typeof reader.assets> }
  const assetsNow = (): typeof known.assets => {
    const age = nowUs() - known.atUs
    if (age < 0 || age > ASSETS_KEPT_US) known = { atUs: nowUs(), assets: reader.assets() }
    return known.assets
  }
  return ({ query: { q, limit = HITS } }) => {
    const found = pointNames.find(q, points.all(), limit)
    const assets = assetNames.find(q, assetsNow(), limit)
    const number = entryNumber(q)
    const entry = number === null ? null : reader.entries.entry(number)
    return {
      points: {
        hits: found.hits.map(({ stream, label, labels, source, tag, gateway, unit }) => ({
          stream,
          label,
          ...(labels === undefined ? {} : { labels }),
          source,
          tag,
          gateway: gateway ?? '',
          unit,
        })),
        more: found.more,
      },
      assets: {
        hits: assets.hits.map(({ asset, name, names }) => ({
          id: asset,
          name,
          ...(names === undefined ? {} : { names }),
        })),
        more: assets.more,
      },
      certificates: certificateHits(certificateNames.find(q, certificates(), limit)),
      entry:
        entry === null
          ? null
          : {
              index: entry.index,
              kind: entry.kind,
              ...(entry.type === null ? {} : { type: entry.type }),
              gateway: reader.members().find(({ actor }) => actor === entry.actor)?.name ?? entry.actor,
            },
      treeSize: reader.size(),
    }
  }
}

function certificateHits({ hits, more }: { hits: CertificateRow[]; more: number }) {
  return {
    hits: hits.map(({ id, asset, assetName, assetNames, issuedAtUs }) => ({
      id,
      asset,
      assetName,
      ...(assetNames === undefined ? {} : { assetNames }),
      issuedAtUs,
    })),
    more,
  }
}

/** As a person writes it: `99999`, `99,999`, `99.999`, `99 999`. Null: it is no number. */
function entryNumber(text: string): number | null {
  const digits = text.trim().replaceAll(/(?<=\d)[,.\u00A0\u202F '’](?=\d{3}(?:\D|$))/g, '')
  return /^\d{1,15}$/.test(digits) ? Number(digits) : null
}
