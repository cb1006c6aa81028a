/**
 * Every bound of the public format in one place. A decoder refuses what is above, an encoder never makes it.
 * Units come last in each name.
 */

/** C2SP tlog-tiles: entry bundles carry entry lengths as u16. */
export const MAX_ENTRY_BYTES = 65_535
/** A columnar payload before compression. */
export const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024
/** The same payload as stored and sent (zstd). */
export const MAX_COMPRESSED_PAYLOAD_BYTES = 8 * 1024 * 1024
/** Readings in one batch. */
export const MAX_BATCH_READINGS = 65_536
/** Streams (runs) in one batch: what still fits an entry, with room for gaps. */
export const MAX_BATCH_RUNS = 1_024
export const MAX_BATCH_GAPS = 256
export const MAX_BATCH_QUALITIES = 256
/** Text and byte-string values of a reading, and one evidence record, as drivers here take them. */
export const MAX_VALUE_BYTES = 4_096
export const MAX_EVIDENCE_BYTES = 4_096
/** The canonical CBOR of one reading leaf: its value is bounded by the payload it came in, and some fields more. */
export const MAX_LEAF_BYTES = MAX_PAYLOAD_BYTES + 256
/** Names, labels, tags and other short texts inside statements, in UTF-8 bytes. */
export const MAX_TEXT_BYTES = 1_024
export const MAX_NAME_BYTES = 256
/** Nesting of CBOR and JSON. */
export const MAX_CBOR_DEPTH = 16
export const MAX_JSON_DEPTH = 32
/** Members of a channel and keys of one member, as listed by its genesis. */
export const MAX_MEMBERS = 64
export const MAX_KEYS_PER_MEMBER = 16
export const MAX_PACKS = 64
export const MAX_EVENT_REFERENCES = 256
/** Longest list of stretches of streams that one asset can have; its state value must stay provable. */
export const MAX_ASSET_INTERVALS = 4_096
/** Of the longest list, each stretch with the longest name of what it measures, an asset's state value still holds all. */
export const MAX_QUANTITY_BYTES = 128
/** Assets to which one stream may be bound at once: each reading becomes a leaf of every one. */
export const MAX_STREAM_STRETCHES = 16
/** One value of the state, as CBOR. */
export const MAX_STATE_VALUE_BYTES = 1024 * 1024

/** A source's clock may be this far ahead of its gateway's: a reading stamped later than that after its batch was sealed has no time. */
export const CLOCK_AHEAD_US_MAX = 60_000_000

export const HASH_BYTES = 32
export const ID_BYTES = 16
export const NONCE_BYTES = 16
export const SALT_BYTES = 16
/** The random secret of a batch, from which its salts are expanded. */
export const BATCH_SECRET_BYTES = 32
export const INT64_MIN = -(2n ** 63n)
export const INT64_MAX = 2n ** 63n - 1n
export const UINT64_MAX = 2n ** 64n - 1n
export const UINT32_MAX = 0xffff_ffff
