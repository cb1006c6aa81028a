/// How a group starts: what the store says, and the timing.
#[derive(Debug, Clone)]
pub struct Config {
    pub id: u64,
    pub membership: Membership,
    pub hard_state: HardState,
    pub applied: u64,
    /// The log starts right after this index.
    pub snapshot_index: u64,
    pub snapshot_term: u64,
    pub election_tick: usize,
    pub heartbeat_tick: usize,
    pub min_election_tick: usize,
    /// Exclusive.
    pub max_election_tick: usize,
    /// How many bytes of applied entries may stay in memory.
    pub tail_bytes_max: usize,
    /// Whether a leader may replace this node's log by a snapshot.
    pub takes_snapshots: bool,
    /// False for a node that may have forgotten what it promised: see `Host::set_voting`.
    pub is_voting: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A proposal; with empty data the leader's own no-op.
    Normal,
    ConfChange,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    pub index: u64,
    pub term: u64,
    pub kind: EntryKind,
    pub data: Vec<u8>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HardState {
    pub term: u64,
    pub vote: u64,
    pub commit: u64,
}

/// `voters_outgoing` and `learners_next` are empty except in the middle of a joint change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Membership {
    pub voters: Vec<u64>,
    pub learners: Vec<u64>,
    pub voters_outgoing: Vec<u64>,
    pub learners_next: Vec<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    Voter,
    Learner,
    Remove,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub kind: ChangeKind,
    pub id: u64,
}

/// One change takes effect by itself; several enter a joint configuration, which a later one
/// without changes leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfChange {
    pub changes: Vec<Change>,
    pub context: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutMessage {
    pub to: u64,
    pub data: Vec<u8>,
}

/// Stored entries `low..high` that `to` needs and that are not in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub to: u64,
    pub low: u64,
    pub high: u64,
}

/// Replaces the log up to `index`; `data` is the caller's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotImage {
    pub index: u64,
    pub term: u64,
    pub membership: Membership,
    pub data: Vec<u8>,
}

/// One pass: see `Host::collect`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    pub number: u64,
    pub messages: Vec<OutMessage>,
    pub entries: Vec<LogEntry>,
    pub truncate_from: Option<u64>,
    pub hard_state: Option<HardState>,
    pub must_sync: bool,
    pub committed: Vec<LogEntry>,
    pub snapshot: Option<SnapshotImage>,
    pub wanted: Vec<Wanted>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Persisted {
    pub messages: Vec<OutMessage>,
    pub committed: Vec<LogEntry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Leader,
    Follower,
    Candidate,
    Precandidate,
    Learner,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub id: u64,
    pub matched: u64,
    pub next: u64,
    pub is_active: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub id: u64,
    pub term: u64,
    /// 0 where none is known.
    pub leader: u64,
    pub role: Role,
    pub commit: u64,
    pub applied: u64,
    pub last_index: u64,
    /// The newest commit index that a leader named in an append, and the term it named it in.
    pub named_term: u64,
    pub named_commit: u64,
    /// On the leader only.
    pub progress: Vec<Progress>,
}
