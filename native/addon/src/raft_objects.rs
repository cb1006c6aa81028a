//! What goes in and out of a `RaftNode`, as JavaScript objects.

use crate::border::{Result, buffer, invalid};
use napi::Env;
use napi::bindgen_prelude::BufferSlice;
use napi_derive::napi;
use plumbline_core::raft as core;

/// Beyond this a JavaScript number is not exact.
const SAFE_MAX: i64 = (1 << 53) - 1;
const TAIL_BYTES_MAX: i64 = 64 << 20;

pub fn unsigned(value: i64, what: &str) -> Result<u64> {
    if (0..=SAFE_MAX).contains(&value) {
        Ok(value as u64)
    } else {
        Err(invalid(format!("{what}: {value} is no safe index or id")))
    }
}

pub fn ids(list: Vec<i64>, what: &str) -> Result<Vec<u64>> {
    list.into_iter().map(|id| unsigned(id, what)).collect()
}

pub fn numbers(list: &[u64]) -> Vec<i64> {
    list.iter().map(|&id| id as i64).collect()
}

#[napi(object, object_to_js = false)]
pub struct RaftConfig {
    pub id: i64,
    pub voters: Vec<i64>,
    pub learners: Vec<i64>,
    pub voters_outgoing: Option<Vec<i64>>,
    pub learners_next: Option<Vec<i64>>,
    pub term: i64,
    pub vote: i64,
    pub commit: i64,
    pub applied: i64,
    pub snapshot_index: i64,
    pub snapshot_term: i64,
    pub election_tick: u32,
    pub heartbeat_tick: u32,
    pub min_election_tick: Option<u32>,
    pub max_election_tick: Option<u32>,
    pub tail_bytes_max: Option<i64>,
    pub voting: Option<bool>,
}

impl RaftConfig {
    pub fn into_core(self) -> Result<core::Config> {
        let election_tick = self.election_tick as usize;
        let minimum = self.min_election_tick.map_or(election_tick, |n| n as usize);
        Ok(core::Config {
            id: unsigned(self.id, "id")?,
            membership: core::Membership {
                voters: ids(self.voters, "voters")?,
                learners: ids(self.learners, "learners")?,
                voters_outgoing: ids(self.voters_outgoing.unwrap_or_default(), "votersOutgoing")?,
                learners_next: ids(self.learners_next.unwrap_or_default(), "learnersNext")?,
            },
            hard_state: core::HardState {
                term: unsigned(self.term, "term")?,
                vote: unsigned(self.vote, "vote")?,
                commit: unsigned(self.commit, "commit")?,
            },
            applied: unsigned(self.applied, "applied")?,
            snapshot_index: unsigned(self.snapshot_index, "snapshotIndex")?,
            snapshot_term: unsigned(self.snapshot_term, "snapshotTerm")?,
            election_tick,
            heartbeat_tick: self.heartbeat_tick as usize,
            min_election_tick: minimum,
            max_election_tick: self
                .max_election_tick
                .map_or(minimum.max(2 * election_tick), |n| n as usize),
            tail_bytes_max: unsigned(
                self.tail_bytes_max.unwrap_or(TAIL_BYTES_MAX),
                "tailBytesMax",
            )? as usize,
            // The store of this release can neither make nor take one.
            takes_snapshots: false,
            is_voting: self.voting.unwrap_or(true),
        })
    }
}

#[napi(object)]
pub struct LogEntry<'env> {
    pub index: i64,
    pub term: i64,
    /// 0 a proposal, 1 a change of configuration.
    pub kind: u32,
    pub data: BufferSlice<'env>,
}

pub fn entry_from_js(entry: &LogEntry<'_>) -> Result<core::LogEntry> {
    Ok(core::LogEntry {
        index: unsigned(entry.index, "index of an entry")?,
        term: unsigned(entry.term, "term of an entry")?,
        kind: match entry.kind {
            0 => core::EntryKind::Normal,
            1 => core::EntryKind::ConfChange,
            other => return Err(invalid(format!("kind of an entry: {other} is not 0 or 1"))),
        },
        data: entry.data.to_vec(),
    })
}

pub fn entries_from_js(entries: &[LogEntry<'_>]) -> Result<Vec<core::LogEntry>> {
    entries.iter().map(entry_from_js).collect()
}

pub fn entries_to_js<'env>(env: &Env, entries: &[core::LogEntry]) -> Result<Vec<LogEntry<'env>>> {
    let convert = |entry: &core::LogEntry| {
        Ok(LogEntry {
            index: entry.index as i64,
            term: entry.term as i64,
            kind: u32::from(entry.kind == core::EntryKind::ConfChange),
            data: buffer(env, &entry.data)?,
        })
    };
    entries.iter().map(convert).collect()
}

#[napi(object, object_from_js = false)]
pub struct RaftMessage<'env> {
    pub to: i64,
    pub data: BufferSlice<'env>,
}

pub fn messages_to_js<'env>(
    env: &Env,
    messages: &[core::OutMessage],
) -> Result<Vec<RaftMessage<'env>>> {
    let convert = |message: &core::OutMessage| {
        Ok(RaftMessage {
            to: message.to as i64,
            data: buffer(env, &message.data)?,
        })
    };
    messages.iter().map(convert).collect()
}

#[napi(object)]
pub struct Membership {
    pub voters: Vec<i64>,
    pub learners: Vec<i64>,
    pub voters_outgoing: Vec<i64>,
    pub learners_next: Vec<i64>,
}

impl From<&core::Membership> for Membership {
    fn from(membership: &core::Membership) -> Self {
        Self {
            voters: numbers(&membership.voters),
            learners: numbers(&membership.learners),
            voters_outgoing: numbers(&membership.voters_outgoing),
            learners_next: numbers(&membership.learners_next),
        }
    }
}

#[napi(object)]
pub struct HardState {
    pub term: i64,
    pub vote: i64,
    pub commit: i64,
}

#[napi(object)]
pub struct Wanted {
    pub to: i64,
    pub low: i64,
    pub high: i64,
}

#[napi(object)]
pub struct SnapshotImage<'env> {
    pub index: i64,
    pub term: i64,
    pub membership: Membership,
    pub data: BufferSlice<'env>,
}

#[napi(object, object_from_js = false, use_nullable = true)]
pub struct Collected<'env> {
    pub number: i64,
    pub messages: Vec<RaftMessage<'env>>,
    pub entries: Vec<LogEntry<'env>>,
    pub truncate_from: Option<i64>,
    pub hard_state: Option<HardState>,
    pub must_sync: bool,
    pub committed: Vec<LogEntry<'env>>,
    pub snapshot: Option<SnapshotImage<'env>>,
    pub wanted: Vec<Wanted>,
}

pub fn collected_to_js<'env>(env: &Env, pass: core::Collected) -> Result<Collected<'env>> {
    let snapshot = match &pass.snapshot {
        None => None,
        Some(image) => Some(SnapshotImage {
            index: image.index as i64,
            term: image.term as i64,
            membership: (&image.membership).into(),
            data: buffer(env, &image.data)?,
        }),
    };
    Ok(Collected {
        number: pass.number as i64,
        messages: messages_to_js(env, &pass.messages)?,
        entries: entries_to_js(env, &pass.entries)?,
        truncate_from: pass.truncate_from.map(|index| index as i64),
        hard_state: pass.hard_state.map(|hard| HardState {
            term: hard.term as i64,
            vote: hard.vote as i64,
            commit: hard.commit as i64,
        }),
        must_sync: pass.must_sync,
        committed: entries_to_js(env, &pass.committed)?,
        snapshot,
        wanted: pass
            .wanted
            .iter()
            .map(|wanted| Wanted {
                to: wanted.to as i64,
                low: wanted.low as i64,
                high: wanted.high as i64,
            })
            .collect(),
    })
}

#[napi(object, object_from_js = false)]
pub struct Persisted<'env> {
    pub messages: Vec<RaftMessage<'env>>,
    pub committed: Vec<LogEntry<'env>>,
}

#[napi(object)]
pub struct Proposed {
    pub term: i64,
    pub index: i64,
}

#[napi(object)]
pub struct ProposedMany {
    pub term: i64,
    pub first_index: i64,
}

#[napi(object)]
pub struct Change {
    pub r#type: String,
    pub id: i64,
}

#[napi(object)]
pub struct ConfChange<'env> {
    pub changes: Vec<Change>,
    pub context: BufferSlice<'env>,
}

#[napi(object)]
pub struct Progress {
    pub id: i64,
    pub r#match: i64,
    pub next: i64,
    pub active: bool,
}

#[napi(object)]
pub struct Status {
    pub id: i64,
    pub term: i64,
    pub leader: i64,
    pub role: String,
    pub commit: i64,
    pub applied: i64,
    pub last_index: i64,
    pub named_term: i64,
    pub named_commit: i64,
    pub progress: Vec<Progress>,
}

impl From<core::Status> for Status {
    fn from(status: core::Status) -> Self {
        let role = match status.role {
            core::Role::Leader => "leader",
            core::Role::Follower => "follower",
            core::Role::Candidate => "candidate",
            core::Role::Precandidate => "precandidate",
            core::Role::Learner => "learner",
        };
        let progress = status.progress.iter().map(|progress| Progress {
            id: progress.id as i64,
            r#match: progress.matched as i64,
            next: progress.next as i64,
            active: progress.is_active,
        });
        Self {
            id: status.id as i64,
            term: status.term as i64,
            leader: status.leader as i64,
            role: role.to_string(),
            commit: status.commit as i64,
            applied: status.applied as i64,
            last_index: status.last_index as i64,
            named_term: status.named_term as i64,
            named_commit: status.named_commit as i64,
            progress: progress.collect(),
        }
    }
}
