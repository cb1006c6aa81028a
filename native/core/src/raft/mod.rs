//! One Raft group without disk, network or clock. The state machine is the crate `raft`; this module
//! is what makes it fit for peers and disks that fail: it keeps a bounded tail of the log in memory
//! and asks for older entries, checks every message before the state machine sees it, and turns a
//! panic of the engine (its way of reporting an error) into one poisoned group.
//!
//! No type of the engine leaves this module.

mod conf_change;
mod config;
mod convert;
mod group;
mod host;
mod inbound;
mod log_tail;
mod term_claims;
mod terms;
mod types;

pub use conf_change::parse_conf_change;
pub use host::Host;
pub use types::{
    Change, ChangeKind, Collected, ConfChange, Config, EntryKind, HardState, LogEntry, Membership,
    OutMessage, Persisted, Progress, Role, SnapshotImage, Status, Wanted,
};

#[cfg(test)]
mod tests;
