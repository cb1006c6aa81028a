/**
 * Every reason for which the ledger does not take a statement, as a code. Codes are part of the record: replicas decide them alike,
 * in the order in which they stand here, and the first that fails names the code (docs/FORMATS.md, Refusals). The sentences are
 * words beside them. What a pack refuses is recorded as `pack/code`, in the pack's own words.
 */
export const REFUSALS = {
  // Envelope, signature (of a known key), key: no effect, not remembered.
  'entry-malformed': 'the bytes are no entry',
  'other-channel': 'the entry belongs to another channel',
  'envelope-malformed': 'the envelope of the statement cannot be read',
  'key-unknown': 'the key is not registered for entries of this actor',
  'signature-wrong': 'the signature does not verify',
  'key-not-in-force': 'the key is not valid at this place of the ledger',
  // Incarnation, sequence, previous.
  'stale-incarnation': 'the incarnation that it ends is not the current one of this actor',
  'ended-incarnation': 'the incarnation that it belongs to is not the current one of this actor',
  'sequence-missing': 'a statement of this actor is missing before it',
  'second-content': 'another content was signed for this sequence before',
  'previous-differs': 'the statement names another one before it',
  // Type and fields.
  'statement-malformed': 'the content of the statement cannot be read',
  'payload-other': 'the payload is not the one that the header names',
  'type-unknown': 'the type of the event is unknown',
  'body-malformed': 'the body of the event cannot be read',
  // Signer.
  'signer-no-member': 'the signer is no member',
  'role-not-held': 'the signer does not hold the role that it acts in',
  'assets-differ': 'the assets of the event are not those that its body names',
  'consumes-differ': 'the event does not consume the state that its kind names',
  'stale-state': 'the state that the event consumes is another by now',
  'signer-no-voter': 'the signer is no voter',
  // A batch and its payload.
  'payload-length-differs': 'the length of the payload differs',
  'payload-no-frame': 'the payload is not one well-formed zstd frame',
  'payload-malformed': 'the payload is not a well-formed columnar payload',
  'root-differs': 'the root of the batch differs',
  'count-differs': 'the number of readings differs',
  'times-differ': 'the source times differ',
  'runs-differ': 'the runs differ',
  'qualities-differ': 'the counts by quality differ',
  'stream-unknown': 'a stream was never opened',
  'stream-foreign': 'a stream belongs to another actor',
  'sequence-break': 'a stream has a break in its sequence that no signed gap covers',
  'gap-times': 'a gap that lost readings does not lie between the times of its neighbours',
  'gap-astray': 'a gap does not meet its stream',
  // Events.
  'channel-opened-already': 'the channel is open already',
  'resumed-amid-chain': 'an incarnation is begun by its first statement only',
  'stream-id-differs': 'the id of the stream does not follow from channel, signer, source and tag',
  'stream-opens-early': 'the stream opens before a sequence that was applied',
  'stream-meaning-differs': 'the stream measures something else than before',
  'asset-unknown': 'the asset is not registered',
  'asset-streams-many': 'the asset has too many stretches of streams',
  'stream-assets-many': 'the stream is bound to too many assets',
  'stream-bound-already': 'the stream is bound to that asset already',
  'stream-closes-early': 'the stream closes before a sequence that was applied',
  'stream-not-bound': 'the stream is not bound to that asset',
  'stream-closes-unopened': 'the stream closes before it opened',
  'asset-id-malformed': 'the id of the asset is not printable ASCII in its one form',
  'asset-differs': 'the asset is registered already, and differs',
  'pack-twice': 'a pack is named twice',
  'pack-inactive': 'a pack is not active',
  'period-reversed': 'the period ends before it begins',
  'document-known': 'the document was added already',
  'document-unknown': 'the document was never added',
  'document-asset-other': 'the document belongs to another asset',
  'document-superseded': 'the document is superseded already',
  'document-itself': 'a document does not stand in its own place',
  'not-holder': 'the signer does not hold the document',
  'receiver-no-member': 'the receiver is no member',
  // Seals: no effect.
  'seal-height-other': 'the height of the seal is not the next one',
  'seal-size-differs': 'the tree size of the seal differs from ours',
  'seal-state-differs': 'the state root of the seal differs from ours',
  'seal-packs-differ': 'the packs of the seal differ from ours',
  'seal-time-back': 'ledger time does not increase',
  'seal-time-ahead': 'ledger time is too far ahead of what the voters say',
} as const

export type CoreRefusalCode = keyof typeof REFUSALS
export type RefusalCode = CoreRefusalCode | `${string}/${string}`

/** The sentence of a code, in English; a code that is not the core's stands for itself. */
export function refusalSentence(code: string): string {
  return Object.hasOwn(REFUSALS, code) ? REFUSALS[code as CoreRefusalCode] : code
}
