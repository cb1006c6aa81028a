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
/** People whom one member ever enrolled. */
export const MAX_PERSONS = 256
/** Codes by which a member that has lost its admins names a new one. */
export const MAX_RECOVERY_CODES = 16
/** Others who approve an act, as a policy may ask for, and who said yes or no to one. */
export const MAX_ACT_APPROVALS = 8
export const MAX_ACT_VOICES = 64
/** Days of ledger time that an act stays open. */
export const MAX_ACT_DAYS = 90
/** Open acts of one proposer, and about one asset. */
export const MAX_ACTOR_ACTS = 64
export const MAX_ASSET_ACTS = 16
/** Keys of an actor that are listed, those that hold no more among them. */
export const MAX_KEYS_LISTED = 64
export const MAX_PACKS = 64
/** A pack that is proposed on the ledger comes in parts: one is an event, and a value of the state. */
export const MAX_PACK_PARTS = 64
export const MAX_PACK_PART_BYTES = 12 * 1024
/** Packs that one signer has begun to propose and that are not there as a whole. */
export const MAX_PACK_DRAFTS = 8
/** Versions of one pack that its state still lists once others are in force. */
export const MAX_PACK_VERSIONS = 16
export const MAX_EVENT_REFERENCES = 256
/** Versions of the rules that one release knows, and that one channel ever had. */
export const MAX_RULES_KNOWN = 16
export const MAX_RULES_CHANGES = 64
/** Stretches of streams at an asset that readings to come can belong to. */
export const MAX_ASSET_STREAMS = 256
/** What one asset is made of, or is made of one. */
export const MAX_ASSET_PARENTS = 64
/** Packings within packings. */
export const MAX_PACKING_DEPTH = 16
/** Where a stream's values are read: parts of the address, and their names. */
export const MAX_ADDRESS_PARTS = 16
export const MAX_ADDRESS_NAME_BYTES = 64
/** A decimal number as text. */
export const MAX_DECIMAL_BYTES = 64
export const MAX_NOT_AVAILABLE = 16
/** Attributes that one event states. */
export const MAX_ATTRIBUTES = 64
/** Key and value of one state value that an event leaves behind, as CBOR. */
export const MAX_STATE_KEY_BYTES = 1_024
export const MAX_EFFECT_VALUE_BYTES = 16 * 1024
/** What a stream measures. */
export const MAX_QUANTITY_BYTES = 128
/** Assets to which one stream may be bound at once: each reading becomes a leaf of every one. */
export const MAX_STREAM_STRETCHES = 16
/** One value of the state, as CBOR. */
export const MAX_STATE_VALUE_BYTES = 1024 * 1024

/** A source's clock may be this far ahead of its gateway's: a reading stamped later than that after its batch was sealed has no time. */
export const CLOCK_AHEAD_US_MAX = 60_000_000

export const HASH_BYTES = 32
/** Ed25519, and ECDSA P-256 as r ‖ s. */
export const SIGNATURE_BYTES = 64
export const ID_BYTES = 16
export const NONCE_BYTES = 16
export const SALT_BYTES = 16
/** The random secret of a batch, from which its salts are expanded. */
export const BATCH_SECRET_BYTES = 32
export const INT64_MIN = -(2n ** 63n)
export const INT64_MAX = 2n ** 63n - 1n
export const UINT64_MAX = 2n ** 64n - 1n
export const UINT32_MAX = 0xffff_ffff
