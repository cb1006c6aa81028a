use crate::border::{Result, buffer, invalid, thrown};
use napi::Env;
use napi::bindgen_prelude::BufferSlice;
use napi_derive::napi;
use plumbline_core::raft as core;

/// Beyond this a JavaScript number is not exact.
const SAFE_MAX: i64 = (1 << 53) - 1;
const TAIL_BYTES_MAX: i64 = 64 << 20;

fn unsigned(value: i64, what: &str) -> Result<u64> {
    if (0..=SAFE_MAX).contains(&value) {
        Ok(value as u64)
    } else {
        Err(invalid(format!("{what}: {value} is no safe index or id")))
    }
}

fn ids(list: Vec<i64>, what: &str) -> Result<Vec<u64>> {
    list.into_iter().map(|id| unsigned(id, what)).collect()
}

fn numbers(list: &[u64]) -> Vec<i64> {
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
}

impl RaftConfig {
    fn into_core(self) -> Result<core::Config> {
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

fn entry_from_js(entry: &LogEntry<'_>) -> Result<core::LogEntry> {
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

fn entries_from_js(entries: &[LogEntry<'_>]) -> Result<Vec<core::LogEntry>> {
    entries.iter().map(entry_from_js).collect()
}

fn entries_to_js<'env>(env: &Env, entries: &[core::LogEntry]) -> Result<Vec<LogEntry<'env>>> {
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

fn messages_to_js<'env>(
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

fn collected_to_js<'env>(env: &Env, pass: core::Collected) -> Result<Collected<'env>> {
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
            progress: progress.collect(),
        }
    }
}

/// One Raft group; see `native/addon.ts`.
#[napi]
pub struct RaftNode {
    host: core::Host,
}

#[napi]
impl RaftNode {
    #[napi(constructor, catch_unwind)]
    pub fn new(config: RaftConfig) -> Result<Self> {
        let host = core::Host::new(config.into_core()?).map_err(thrown)?;
        Ok(Self { host })
    }

    #[napi(catch_unwind)]
    pub fn restore(&mut self, entries: Vec<LogEntry<'_>>) -> Result<()> {
        self.host
            .restore(entries_from_js(&entries)?)
            .map_err(thrown)
    }

    #[napi(catch_unwind)]
    pub fn tick(&mut self) -> Result<()> {
        self.host.tick().map_err(thrown)
    }

    #[napi(catch_unwind)]
    pub fn campaign(&mut self) -> Result<()> {
        self.host.campaign().map_err(thrown)
    }

    #[napi(catch_unwind)]
    pub fn transfer_leader(&mut self, to: i64) -> Result<()> {
        self.host
            .transfer_leader(unsigned(to, "transferLeader")?)
            .map_err(thrown)
    }

    #[napi(catch_unwind)]
    pub fn propose(&mut self, data: &[u8]) -> Result<Proposed> {
        let (term, index) = self.host.propose(vec![data.to_vec()]).map_err(thrown)?;
        Ok(Proposed {
            term: term as i64,
            index: index as i64,
        })
    }

    #[napi(catch_unwind)]
    pub fn propose_many(&mut self, data: Vec<BufferSlice<'_>>) -> Result<ProposedMany> {
        let data = data.iter().map(|bytes| bytes.to_vec()).collect();
        let (term, index) = self.host.propose(data).map_err(thrown)?;
        Ok(ProposedMany {
            term: term as i64,
            first_index: index as i64,
        })
    }

    #[napi(catch_unwind)]
    pub fn propose_conf_change(&mut self, change: ConfChange<'_>) -> Result<Proposed> {
        let mut changes = Vec::with_capacity(change.changes.len());
        for single in &change.changes {
            let kind = match single.r#type.as_str() {
                "voter" => core::ChangeKind::Voter,
                "learner" => core::ChangeKind::Learner,
                "remove" => core::ChangeKind::Remove,
                other => {
                    return Err(invalid(format!(
                        "proposeConfChange: type {other:?} is not voter, learner or remove"
                    )));
                }
            };
            let id = unsigned(single.id, "proposeConfChange")?;
            changes.push(core::Change { kind, id });
        }
        let context = change.context.to_vec();
        let change = core::ConfChange { changes, context };
        let (term, index) = self.host.propose_conf_change(&change).map_err(thrown)?;
        Ok(Proposed {
            term: term as i64,
            index: index as i64,
        })
    }

    #[napi(catch_unwind)]
    pub fn apply_conf_change(&mut self, data: Option<&[u8]>) -> Result<Membership> {
        let membership = self.host.apply_conf_change(data).map_err(thrown)?;
        Ok((&membership).into())
    }

    #[napi(catch_unwind)]
    pub fn step(&mut self, from: i64, message: &[u8]) -> Result<()> {
        self.host
            .step(unsigned(from, "step")?, message)
            .map_err(thrown)
    }

    #[napi(catch_unwind)]
    pub fn collect<'env>(&mut self, env: &'env Env) -> Result<Option<Collected<'env>>> {
        match self.host.collect().map_err(thrown)? {
            Some(pass) => collected_to_js(env, pass).map(Some),
            None => Ok(None),
        }
    }

    #[napi(catch_unwind)]
    pub fn persisted<'env>(&mut self, env: &'env Env, number: i64) -> Result<Persisted<'env>> {
        let after = self
            .host
            .persisted(unsigned(number, "persisted")?)
            .map_err(thrown)?;
        Ok(Persisted {
            messages: messages_to_js(env, &after.messages)?,
            committed: entries_to_js(env, &after.committed)?,
        })
    }

    #[napi(catch_unwind)]
    pub fn applied(&mut self, index: i64) -> Result<()> {
        self.host
            .applied(unsigned(index, "applied")?)
            .map_err(thrown)
    }

    #[napi(catch_unwind)]
    pub fn supply(&mut self, low: i64, entries: Vec<LogEntry<'_>>) -> Result<()> {
        self.host
            .supply(unsigned(low, "supply")?, entries_from_js(&entries)?)
            .map_err(thrown)
    }

    #[napi(catch_unwind)]
    pub fn compact(&mut self, index: i64) -> Result<()> {
        self.host
            .compact(unsigned(index, "compact")?)
            .map_err(thrown)
    }

    #[napi(catch_unwind)]
    pub fn offer_snapshot(&mut self, image: SnapshotImage<'_>) -> Result<()> {
        let membership = image.membership;
        let image = core::SnapshotImage {
            index: unsigned(image.index, "offerSnapshot")?,
            term: unsigned(image.term, "offerSnapshot")?,
            membership: core::Membership {
                voters: ids(membership.voters, "voters")?,
                learners: ids(membership.learners, "learners")?,
                ..core::Membership::default()
            },
            data: image.data.to_vec(),
        };
        self.host.offer_snapshot(image).map_err(thrown)
    }

    #[napi(catch_unwind)]
    pub fn report_snapshot(&mut self, to: i64, received: bool) -> Result<()> {
        self.host
            .report_snapshot(unsigned(to, "reportSnapshot")?, received)
            .map_err(thrown)
    }

    #[napi(catch_unwind)]
    pub fn status(&mut self) -> Result<Status> {
        Ok(self.host.status().map_err(thrown)?.into())
    }
}

/// What the data of an entry of kind 1 says.
#[napi(catch_unwind)]
pub fn parse_conf_change<'env>(env: &'env Env, data: &[u8]) -> Result<ConfChange<'env>> {
    let change = core::parse_conf_change(data).map_err(thrown)?;
    let changes = change.changes.iter().map(|single| Change {
        r#type: match single.kind {
            core::ChangeKind::Voter => "voter",
            core::ChangeKind::Learner => "learner",
            core::ChangeKind::Remove => "remove",
        }
        .to_string(),
        id: single.id as i64,
    });
    Ok(ConfChange {
        changes: changes.collect(),
        context: buffer(env, &change.context)?,
    })
}
