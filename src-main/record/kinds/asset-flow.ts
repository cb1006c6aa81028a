/** Where assets are, what becomes of them, and what is packed in what. */
import type { ActorId } from '../../wire/ids.ts'
import { MAX_ASSET_PARENTS, MAX_EVENT_REFERENCES, MAX_PACKING_DEPTH } from '../../wire/limits.ts'
import { portion } from '../asset-state.ts'
import type { AssetContent, Portion } from '../asset-state.ts'
import { noEffect } from '../kind.ts'
import type { Decision, Kind } from '../kind.ts'
import { WRITERS } from '../person-fields.ts'
import type { CoreRefusalCode } from '../refusals.ts'
import { relationRefusal } from '../relation.ts'
import { checked, list, nullable, oneOf, record, refuse, text } from '../schema.ts'
import type { StateChange, StateView } from '../state-view.ts'

/** Where something was seen, and doing what. */
export interface AssetObserved {
  readonly assets: readonly string[]
  /** Step of the business, such as `receiving`. */
  readonly step: string
  readonly place: string | null
}

export interface AssetTransformed {
  readonly inputs: readonly Portion[]
  readonly outputs: readonly Portion[]
  readonly step: string
  readonly place: string | null
}

export interface AssetAggregated {
  readonly container: string
  readonly content: readonly string[]
  readonly action: 'pack' | 'unpack'
  readonly place: string | null
}

const EXAMPLE = 'VIN:WDB9066331S123456'
const OTHER = 'urn:example:pallet-1'
const place = nullable(text())

/** Several at once, and nothing follows for any of them but that it was seen. */
export const assetObserved: Kind<AssetObserved> = {
  form: checked(record({ assets: list(text(), MAX_EVENT_REFERENCES), step: text(), place }), ({ assets }, where) =>
    checkNames(assets, `${where} "assets"`),
  ),
  byHand: true,
  roles: WRITERS,
  related: ({ assets }) => assets,
  assets: ({ assets }) => assets,
  contracts: 'note',
  codes: [],
  decide: noEffect,
  example: { assets: [EXAMPLE], step: 'receiving', place: 'Dock 4' },
}

/** What comes out was registered before and has no past of its own: neither made of anything, nor gone into anything, nor packed. */
export const assetTransformed: Kind<AssetTransformed> = {
  form: checked(
    record({
      inputs: list(portion, MAX_ASSET_PARENTS),
      outputs: list(portion, MAX_ASSET_PARENTS),
      step: text(),
      place,
    }),
    ({ inputs, outputs }, where) => {
      checkNames(names(inputs), `${where} "inputs"`)
      checkNames(names(outputs), `${where} "outputs"`)
    },
  ),
  byHand: true,
  roles: WRITERS,
  related: ({ inputs, outputs }) => [...names(inputs), ...names(outputs)],
  assets: ({ inputs, outputs }) => [...names(inputs), ...names(outputs)],
  consumes: ({ outputs }) => outputs.map(({ asset }) => ({ kind: 'asset-origin', id: asset })),
  contracts: 'refuse',
  codes: ['asset-itself', 'asset-has-past'],
  decide: (view, _event, body) => decideTransformed(view, body),
  example: {
    inputs: [{ asset: EXAMPLE, quantity: 1, unit: '1' }],
    outputs: [{ asset: OTHER, quantity: 1_200, unit: 'kg' }],
    step: 'dismantling',
    place: null,
  },
}

export const assetAggregated: Kind<AssetAggregated> = {
  form: checked(
    record({
      container: text(),
      content: list(text(), MAX_EVENT_REFERENCES - 1),
      action: oneOf(['pack', 'unpack']),
      place,
    }),
    ({ content }, where) => checkNames(content, `${where} "content"`),
  ),
  byHand: true,
  roles: WRITERS,
  // Whoever has a relation to the container, or to all that comes out of it, may unpack: nobody's asset is held in a box of others.
  related: ({ container, content, action }) => (action === 'pack' ? [container, ...content] : []),
  assets: ({ container, content }) => [container, ...content],
  contracts: 'refuse',
  codes: [
    'asset-itself',
    'asset-packed-already',
    'packing-too-deep',
    'asset-not-packed',
    'asset-unknown',
    'no-relation',
  ],
  decide: (view, { actor }, { container, content, action }) =>
    action === 'pack'
      ? pack(view, container, content)
      : (unpackRefusal(view, actor, container, content) ?? unpack(view, container, content)),
  example: { container: OTHER, content: [EXAMPLE], action: 'pack', place: 'Dock 4' },
}

/** At least one, and none twice. */
function checkNames(given: readonly string[], where: string): void {
  if (given.length === 0) refuse(where, 'names no asset')
  if (new Set(given).size !== given.length) refuse(where, 'names an asset twice')
}

const names = (portions: readonly Portion[]): string[] => portions.map(({ asset }) => asset)

function decideTransformed(view: StateView, { inputs, outputs }: AssetTransformed): Decision {
  const into = new Set(names(inputs))
  if (outputs.some(({ asset }) => into.has(asset))) return 'asset-itself'
  if (outputs.some(({ asset }) => hasPast(view, asset))) return 'asset-has-past'
  const used = inputs.map(({ asset }): StateChange => {
    const transformations = (view.get('asset-used', asset)?.transformations ?? 0) + 1
    return { kind: 'asset-used', id: asset, value: { transformations } }
  })
  const made = outputs.map(({ asset }): StateChange => ({
    kind: 'asset-origin',
    id: asset,
    value: { inputs, madeAt: view.index },
  }))
  return [...used, ...made]
}

function hasPast(view: StateView, asset: string): boolean {
  return (
    view.get('asset-origin', asset) !== undefined ||
    view.get('asset-used', asset) !== undefined ||
    view.get('asset-content', asset) !== undefined ||
    (view.get('asset-container', asset)?.container ?? null) !== null
  )
}

function pack(view: StateView, container: string, content: readonly string[]): Decision {
  const around = containers(view, container)
  if (content.some((one) => around.includes(one))) return 'asset-itself'
  if (content.some((one) => (view.get('asset-container', one)?.container ?? null) !== null))
    return 'asset-packed-already'
  let depth = 1 + Math.max(...content.map((one) => contentOf(view, one).depth))
  const changes: StateChange[] = content.map((one) => ({ kind: 'asset-container', id: one, value: { container } }))
  for (const [at, one] of around.entries()) {
    if (depth > MAX_PACKING_DEPTH) return 'packing-too-deep'
    const known = contentOf(view, one)
    if (at > 0 && known.depth >= depth) break
    const count = known.count + (at === 0 ? content.length : 0)
    changes.push({ kind: 'asset-content', id: one, value: { count, depth: Math.max(known.depth, depth) } })
    depth = Math.max(known.depth, depth) + 1
  }
  return changes
}

function unpackRefusal(
  view: StateView,
  actor: ActorId,
  container: string,
  content: readonly string[],
): CoreRefusalCode | null {
  const refused = relationRefusal(view, actor, container)
  const isOfAll = content.every((one) => relationRefusal(view, actor, one) === null)
  return isOfAll ? null : refused
}

function unpack(view: StateView, container: string, content: readonly string[]): Decision {
  if (content.some((one) => view.get('asset-container', one)?.container !== container)) return 'asset-not-packed'
  const { count, depth } = contentOf(view, container)
  return [
    ...content.map((one): StateChange => ({ kind: 'asset-container', id: one, value: { container: null } })),
    // An empty one is as deep as a new one; what lies around it keeps what it was taken for until it is empty, too.
    {
      kind: 'asset-content',
      id: container,
      value: { count: count - content.length, depth: count === content.length ? 0 : depth },
    },
  ]
}

/** The asset itself, what it is packed in, what that is packed in, and so on: packings are never deeper than their limit. */
function containers(view: StateView, asset: string): string[] {
  const around = [asset]
  for (let i = 0; i <= MAX_PACKING_DEPTH; i++) {
    const next = view.get('asset-container', around.at(-1) as string)?.container ?? null
    if (next === null) break
    around.push(next)
  }
  return around
}

function contentOf(view: StateView, asset: string): AssetContent {
  return view.get('asset-content', asset) ?? { count: 0, depth: 0 }
}
