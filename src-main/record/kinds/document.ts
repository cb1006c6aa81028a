/** Files that are committed to by their hash. Each has one holder; what replaces one is another document. */
import { actorIdOf } from '../../wire/ids.ts'
import type { ActorId } from '../../wire/ids.ts'
import { ID_BYTES } from '../../wire/limits.ts'
import { documentFields, documentHash } from '../document-fields.ts'
import type { DocumentFields, DocumentHash } from '../document-fields.ts'
import type { Kind } from '../kind.ts'
import { MANAGERS } from '../person-fields.ts'
import type { CoreRefusalCode } from '../refusals.ts'
import { id, nullable, record, text } from '../schema.ts'
import type { StateView } from '../state-view.ts'

export interface DocumentAdded extends DocumentFields {
  readonly document: DocumentHash
}

export interface DocumentSuperseded {
  readonly document: DocumentHash
  readonly by: DocumentHash
  readonly asset: string | null
}

export interface DocumentTransferred {
  readonly document: DocumentHash
  readonly to: ActorId
  readonly asset: string | null
}

const asset = nullable(text())
const assets = (body: { readonly asset: string | null }): string[] => (body.asset === null ? [] : [body.asset])
const DOCUMENT = '0'.repeat(64) as DocumentHash

/** Whoever adds it holds it first. */
export const documentAdded: Kind<DocumentAdded> = {
  form: record({ document: documentHash, ...documentFields }),
  byHand: true,
  roles: MANAGERS,
  related: assets,
  assets,
  consumes: ({ document }) => [{ kind: 'document', id: document }],
  contracts: 'note',
  codes: ['document-known'],
  decide(view, { actor }, { document, ...fields }) {
    if (view.get('document', document) !== undefined) return 'document-known'
    return [
      { kind: 'document', id: document, value: { ...fields, actor, addedAt: view.index } },
      { kind: 'document-holder', id: document, value: { actor } },
    ]
  },
  example: {
    document: DOCUMENT,
    type: 'inspection-certificate',
    version: '1',
    name: '3.1 of lot 4711',
    asset: 'VIN:WDB9066331S123456',
  },
}

/** The holder says which document of theirs stands in its place from now on. */
export const documentSuperseded: Kind<DocumentSuperseded> = {
  form: record({ document: documentHash, by: documentHash, asset }),
  byHand: true,
  roles: MANAGERS,
  assets,
  consumes: ({ document }) => [{ kind: 'document-status', id: document }],
  contracts: 'note',
  codes: ['document-unknown', 'document-asset-other', 'document-superseded', 'not-holder', 'document-itself'],
  decide(view, { actor }, { document, by, asset: about }) {
    const refused = heldBy(view, actor, document, about) ?? heldBy(view, actor, by, about)
    if (refused !== null) return refused
    if (document === by) return 'document-itself'
    return [{ kind: 'document-status', id: document, value: { supersededBy: by } }]
  },
  example: { document: DOCUMENT, by: 'f'.repeat(64) as DocumentHash, asset: null },
}

/** Of two that were made for the same holder the first counts. */
export const documentTransferred: Kind<DocumentTransferred> = {
  form: record({ document: documentHash, to: id(actorIdOf), asset }),
  byHand: true,
  roles: MANAGERS,
  // Nobody is given what they do not take.
  approvals: ({ to }) => ({ count: 1, roles: MANAGERS, party: to }),
  assets,
  consumes: ({ document }) => [
    { kind: 'document-holder', id: document },
    { kind: 'document-status', id: document },
  ],
  contracts: 'refuse',
  codes: ['document-unknown', 'document-asset-other', 'document-superseded', 'not-holder', 'receiver-no-member'],
  decide(view, { actor }, { document, to, asset: about }) {
    const refused = heldBy(view, actor, document, about)
    if (refused !== null) return refused
    if (view.get('member', to) === undefined) return 'receiver-no-member'
    return [{ kind: 'document-holder', id: document, value: { actor: to } }]
  },
  example: { document: DOCUMENT, to: actorIdOf(new Uint8Array(ID_BYTES)), asset: null },
}

/** Why an actor may not dispose of a document about `about`; null where it may. */
function heldBy(view: StateView, actor: ActorId, document: DocumentHash, about: string | null): CoreRefusalCode | null {
  const known = view.get('document', document)
  if (known === undefined) return 'document-unknown'
  if (known.asset !== about) return 'document-asset-other'
  if (view.get('document-status', document) !== undefined) return 'document-superseded'
  return view.get('document-holder', document)?.actor === actor ? null : 'not-holder'
}
