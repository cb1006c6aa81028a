-- The ledger of one gateway: Raft log, entries, payloads, state and queue in one file, so that one transaction covers a pass.
-- Each page ends with a digest of itself (checked-file.ts): nothing is read that is not as it was written.
-- Keys that decide anything are BLOBs: no collation takes part. All times are microseconds since the Unix epoch.

CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value ANY
) STRICT, WITHOUT ROWID;

-- Raft ---------------------------------------------------------------------------------------------------------------

-- data: form byte 0 = the bytes as they came; 1 = a proposal whose payloads are replaced by their hashes.
-- digest: SHA-256 over position, term, kind and data, so that a rotten body is known to be missing, not absent.
CREATE TABLE raft_log (
  idx    INTEGER PRIMARY KEY,
  term   INTEGER NOT NULL,
  kind   INTEGER NOT NULL,
  digest BLOB NOT NULL,
  data   BLOB NOT NULL
) STRICT;

-- Payloads -----------------------------------------------------------------------------------------------------------

-- One zstd frame each, written once under its hash: at append, or when our own gateway queues it.
CREATE TABLE payload (
  id    INTEGER PRIMARY KEY,
  hash  BLOB NOT NULL UNIQUE,
  bytes BLOB NOT NULL
) STRICT;

-- Payloads that no accepted entry names yet; those that nothing names any more are swept.
CREATE TABLE payload_pending (
  payload INTEGER PRIMARY KEY
) STRICT;

-- Statements this gateway signed and has not seen applied. state 0 waits; 1 was found invalid: kept, its readings must be signed again.
CREATE TABLE queue (
  id             INTEGER PRIMARY KEY,
  incarnation    BLOB NOT NULL,
  sequence       INTEGER NOT NULL,
  statement_hash BLOB NOT NULL,
  state          INTEGER NOT NULL DEFAULT 0,
  readings       INTEGER NOT NULL,
  size           INTEGER NOT NULL,
  payload        INTEGER,
  digest         BLOB NOT NULL,
  reason         TEXT,
  entry          BLOB NOT NULL,
  UNIQUE (incarnation, sequence)
) STRICT;

-- The incarnation in which this gateway signed last. Nothing else says which of those that the ledger has of its actor it remembers.
CREATE TABLE own_incarnation (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  name BLOB NOT NULL
) STRICT;

-- What this gateway signed last in the name of each person whose chain it keeps; before it leaves the process.
CREATE TABLE person_statement (
  person BLOB PRIMARY KEY,
  entry  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Ledger -------------------------------------------------------------------------------------------------------------

CREATE TABLE actor (
  id   INTEGER PRIMARY KEY,
  name BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE incarnation (
  id   INTEGER PRIMARY KEY,
  name BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE stream (
  id   INTEGER PRIMARY KEY,
  name BLOB NOT NULL UNIQUE
) STRICT;

-- kind 0 batch, 1 event, 2 seal. time_us: sealed-at, occurred-at, ledger time. Seals have no incarnation and no sequence.
-- came_to: what an event came to, and of an act what became of it (record/asset-history.ts); NULL for what is no event.
-- findings: what contracts found about an event, codes with a blank between; NULL for nothing.
-- marks: the first byte of each reading's leaf hash, so that the reading that changed can be named, not only its batch.
CREATE TABLE entry (
  idx           INTEGER PRIMARY KEY,
  kind          INTEGER NOT NULL,
  actor         INTEGER NOT NULL,
  incarnation   INTEGER,
  sequence      INTEGER,
  time_us       INTEGER NOT NULL,
  first_time_us INTEGER,
  last_time_us  INTEGER,
  readings      INTEGER NOT NULL,
  payload       INTEGER,
  type          TEXT,
  marks         BLOB,
  came_to       TEXT,
  findings      TEXT,
  bytes         BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX entry_by_sequence ON entry (actor, incarnation, sequence) WHERE sequence IS NOT NULL;
-- With readings: the activity of a day is read off the index alone.
CREATE INDEX entry_by_time ON entry (time_us, readings);
CREATE INDEX entry_by_type ON entry (type, idx) WHERE type IS NOT NULL;
-- Acts: what waited, and what brought one to its end.
CREATE INDEX entry_by_act ON entry (idx) WHERE came_to != 'done';
CREATE INDEX entry_by_finding ON entry (idx) WHERE findings IS NOT NULL;

-- Events by the assets they name.
CREATE TABLE entry_asset (
  asset   TEXT NOT NULL,
  idx     INTEGER NOT NULL,
  PRIMARY KEY (idx, asset)
) STRICT, WITHOUT ROWID;

CREATE INDEX entry_asset_by_asset ON entry_asset (asset, idx);

-- Full tiles of 256 hashes (C2SP tlog-tiles); partial ones follow from the entries.
CREATE TABLE tile (
  level  INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  hashes BLOB NOT NULL,
  PRIMARY KEY (level, n)
) STRICT;

-- Signed but invalid statements, which consumed a sequence when the tree had `size` entries; second = 1: another content
-- under a sequence that was used before (evidence of equivocation, without effect). reason: its code (wire/refusals.ts).
CREATE TABLE refusal (
  id          INTEGER PRIMARY KEY,
  size        INTEGER NOT NULL,
  second      INTEGER NOT NULL,
  actor       INTEGER NOT NULL,
  incarnation INTEGER NOT NULL,
  sequence    INTEGER NOT NULL,
  hash        BLOB NOT NULL,
  reason      TEXT NOT NULL,
  entry       BLOB NOT NULL
) STRICT;

CREATE INDEX refusal_by_sequence ON refusal (actor, incarnation, sequence);

-- Height 0 is the genesis. tree_size is the T that the seal names, state_root the root it carries; state_root_after the state right
-- after it (which the next seal will carry); log_root the tree's root at size idx + 1. readings and entries: of its block.
CREATE TABLE seal (
  height           INTEGER PRIMARY KEY,
  idx              INTEGER NOT NULL UNIQUE,
  time_us          INTEGER NOT NULL,
  tree_size        INTEGER NOT NULL,
  first_entry      INTEGER NOT NULL,
  readings         INTEGER NOT NULL,
  state_root       BLOB NOT NULL,
  state_root_after BLOB NOT NULL,
  packs_hash_after BLOB NOT NULL,
  log_root         BLOB NOT NULL
) STRICT;

CREATE INDEX seal_by_time ON seal (time_us);

-- State --------------------------------------------------------------------------------------------------------------

CREATE TABLE state_key (
  id        INTEGER PRIMARY KEY,
  tree_key  BLOB NOT NULL UNIQUE,
  state_key BLOB NOT NULL
) STRICT;

-- All of a kind: their keys begin alike.
CREATE UNIQUE INDEX state_key_by_name ON state_key (state_key);

-- Value of a key from right after seal `from_height` until the key's next row; NULL: the key is gone.
CREATE TABLE state_row (
  key         INTEGER NOT NULL,
  from_height INTEGER NOT NULL,
  value       BLOB,
  PRIMARY KEY (key, from_height)
) STRICT, WITHOUT ROWID;

CREATE INDEX state_row_by_height ON state_row (from_height);

-- The state's cursors and histories change with every batch: kept is only what the newest seal left, and `entry`, which changed it last.
-- As of an older seal they are made again from the reading index and from history_run (passing-values.ts).

-- opened, opened_sequence: the entry that opened the stream first, and the sequence that it named.
CREATE TABLE stream_cursor (
  stream          INTEGER PRIMARY KEY,
  next_sequence   INTEGER NOT NULL,
  last_time_us    INTEGER,
  entry           INTEGER NOT NULL,
  opened          INTEGER NOT NULL,
  opened_sequence INTEGER NOT NULL
) STRICT;

-- Without leaves (size 0, the rest NULL) until its first seal.
CREATE TABLE history (
  id             INTEGER PRIMARY KEY,
  asset          TEXT NOT NULL,
  stream         INTEGER NOT NULL,
  size           INTEGER NOT NULL,
  frontier       BLOB NOT NULL,
  entry          INTEGER,
  first_sequence INTEGER,
  last_sequence  INTEGER,
  first_time_us  INTEGER,
  last_time_us   INTEGER,
  newest_time_us INTEGER,
  UNIQUE (asset, stream)
) STRICT;

-- Consecutive leaves of one history out of one batch: leaves = 32 bytes each, from history position `position` and batch position `batch_position`.
-- Sequence and times: those of the history's value with them. frontier: of the history with them, each time it is longer by 64 leaves.
CREATE TABLE history_run (
  history        INTEGER NOT NULL,
  position       INTEGER NOT NULL,
  entry          INTEGER NOT NULL,
  batch_position INTEGER NOT NULL,
  leaves         BLOB NOT NULL,
  last_sequence  INTEGER NOT NULL,
  last_time_us   INTEGER NOT NULL,
  newest_time_us INTEGER NOT NULL,
  frontier       BLOB,
  PRIMARY KEY (history, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX history_run_by_entry ON history_run (entry);

-- Everything that was said of an asset, as a tree: its complete subtrees as of the newest seal. Its leaves follow from entry_asset.
CREATE TABLE asset_events (
  asset    TEXT PRIMARY KEY,
  size     INTEGER NOT NULL,
  frontier BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Reading index ------------------------------------------------------------------------------------------------------

-- One row per stream and 256 entries (chunk = entry index / 256): where its readings are, and what a chart needs of them.
-- runs: see run-index.ts. minimum and maximum are of good numeric values, with their source times.
CREATE TABLE stream_chunk (
  stream        INTEGER NOT NULL,
  chunk         INTEGER NOT NULL,
  first_time_us INTEGER NOT NULL,
  last_time_us  INTEGER NOT NULL,
  readings      INTEGER NOT NULL,
  numbers       INTEGER NOT NULL,
  minimum       REAL,
  minimum_us    INTEGER,
  maximum       REAL,
  maximum_us    INTEGER,
  runs          BLOB NOT NULL,
  PRIMARY KEY (stream, chunk)
) STRICT, WITHOUT ROWID;

CREATE INDEX stream_chunk_by_chunk ON stream_chunk (chunk);

-- number = position among the header's gaps: a silence and a loss, or two silences, may begin at one sequence.
CREATE TABLE gap (
  stream        INTEGER NOT NULL,
  entry         INTEGER NOT NULL,
  number        INTEGER NOT NULL,
  from_sequence INTEGER NOT NULL,
  to_sequence   INTEGER NOT NULL,
  from_time_us  INTEGER NOT NULL,
  to_time_us    INTEGER NOT NULL,
  reason        TEXT NOT NULL,
  PRIMARY KEY (stream, entry, number)
) STRICT, WITHOUT ROWID;

-- The same gaps by asset, numbered as the state's chain links them (wire/gap-chain.ts); gap = CBOR.
CREATE TABLE asset_gap (
  asset  TEXT NOT NULL,
  stream INTEGER NOT NULL,
  number INTEGER NOT NULL,
  entry  INTEGER NOT NULL,
  gap    BLOB NOT NULL,
  PRIMARY KEY (asset, stream, number)
) STRICT, WITHOUT ROWID;

-- Checkpoints --------------------------------------------------------------------------------------------------------

CREATE TABLE checkpoint (
  size   INTEGER PRIMARY KEY,
  root   BLOB NOT NULL,
  digest BLOB NOT NULL,
  text   TEXT NOT NULL
) STRICT;

-- The newest tree head this gateway cosigned (docs/FORMATS.md, Cosignatures): never another root for its size, never a smaller one after it.
CREATE TABLE cosigned (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  size INTEGER NOT NULL,
  root BLOB NOT NULL
) STRICT;
