use super::conf_change::{self, conf_state_of, is_sound};
use super::config::{ENTRY_BYTES_MAX, check_config, check_log, engine_config};
use super::convert::{dropped, to_engine};
use super::group::Group;
use super::inbound;
use super::log_tail::LogTail;
use super::types::*;
use crate::{Error, Result};
use prost::Message as _;
use raft::SnapshotStatus;
use raft::eraftpb::{Entry, EntryType, HardState as EngineHardState};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One Raft group. The caller ticks it, hands it messages and, again and again: `collect`, send its
/// messages, make its entries and hard state durable, `persisted`, apply, `applied`.
///
/// A panic of the engine poisons the host: every later call throws `raft_poisoned`, and the caller
/// builds a new one from its store.
pub struct Host {
    state: State,
}

enum State {
    /// The engine reads its storage once, when it is built: at the first call after `restore`.
    Restoring(Box<Restoring>),
    Running(Box<Group>),
    Poisoned(String),
}

struct Restoring {
    config: Config,
    log: LogTail,
}

fn poisoned(reason: &str) -> Error {
    Error::new(
        "raft_poisoned",
        format!(
            "the Raft group contradicted itself ({reason}); build it again from the store and raise an alarm"
        ),
    )
}

impl Host {
    /// Throws `invalid_config`.
    pub fn new(config: Config) -> Result<Self> {
        check_config(&config)?;
        let hard_state = EngineHardState {
            term: config.hard_state.term,
            vote: config.hard_state.vote,
            commit: config.hard_state.commit,
        };
        let log = LogTail::new(
            hard_state,
            conf_state_of(&config.membership),
            config.snapshot_index,
            config.snapshot_term,
            config.tail_bytes_max,
        );
        let restoring = Restoring { config, log };
        Ok(Self {
            state: State::Restoring(Box::new(restoring)),
        })
    }

    /// Takes the stored log after the snapshot, or an end of it that begins at or before the
    /// applied index; in order, possibly in parts. Throws `invalid_log`, and `out_of_order` after
    /// any other call.
    pub fn restore(&mut self, entries: Vec<LogEntry>) -> Result<()> {
        match &mut self.state {
            State::Restoring(restoring) => {
                let entries = entries.into_iter().map(to_engine).collect();
                restoring.log.restore(entries, restoring.config.applied)
            }
            State::Running(_) => Err(Error::new(
                "out_of_order",
                "restore: the group is running already; restore comes first",
            )),
            State::Poisoned(reason) => Err(poisoned(reason)),
        }
    }

    /// Runs one call on the group; a panic in it poisons the host.
    fn run<T>(&mut self, call: impl FnOnce(&mut Group) -> Result<T>) -> Result<T> {
        let state = std::mem::replace(&mut self.state, State::Poisoned(String::new()));
        let attempt = catch_unwind(AssertUnwindSafe(|| {
            let mut group = match state {
                State::Restoring(restoring) => {
                    if let Err(error) = check_log(&restoring.config, &restoring.log) {
                        return (State::Restoring(restoring), Err(error));
                    }
                    let engine = engine_config(&restoring.config);
                    let Config {
                        takes_snapshots,
                        is_voting,
                        ..
                    } = restoring.config;
                    Box::new(Group::start(
                        &engine,
                        restoring.log,
                        takes_snapshots,
                        is_voting,
                    ))
                }
                State::Running(group) => group,
                State::Poisoned(reason) => {
                    let error = poisoned(&reason);
                    return (State::Poisoned(reason), Err(error));
                }
            };
            let result = call(&mut group);
            (State::Running(group), result)
        }));
        match attempt {
            Ok((state, result)) => {
                self.state = state;
                result
            }
            Err(payload) => {
                let reason = payload
                    .downcast_ref::<String>()
                    .cloned()
                    .or_else(|| payload.downcast_ref::<&str>().map(|text| text.to_string()))
                    .unwrap_or_else(|| "panic without a message".into());
                let error = poisoned(&reason);
                self.state = State::Poisoned(reason);
                Err(error)
            }
        }
    }

    pub fn tick(&mut self) -> Result<()> {
        self.run(|group| {
            group.claims.tick();
            // It leads nothing, and its patience with leaders must not end in an election.
            if group.is_voting {
                group.node.tick();
            }
            Ok(())
        })
    }

    /// Stands for election now. Throws `dropped` while it takes no part in elections.
    pub fn campaign(&mut self) -> Result<()> {
        self.run(|group| {
            if !group.is_voting {
                return Err(Error::new(
                    "dropped",
                    "campaign: this node takes no part in elections yet",
                ));
            }
            group.node.campaign().map_err(dropped)
        })
    }

    /// A node that may have forgotten a vote or an acknowledgement takes appends, but no part in
    /// elections, until it knows again all that was committed.
    pub fn set_voting(&mut self, is_voting: bool) -> Result<()> {
        self.run(|group| {
            group.is_voting = is_voting;
            Ok(())
        })
    }

    /// Whether what `member` says counts here: of two that say that they are the same one, neither's
    /// does.
    pub fn hear(&mut self, member: u64, is_heard: bool) -> Result<()> {
        self.run(|group| {
            group.hear(member, is_heard);
            Ok(())
        })
    }

    /// A member has started again, and its log ends at `last_index` now.
    pub fn restarted(&mut self, member: u64, last_index: u64) -> Result<()> {
        self.run(|group| {
            group.restarted(member, last_index);
            Ok(())
        })
    }

    /// Throws `not_leader`, or `invalid_argument` where `to` is no voter.
    pub fn transfer_leader(&mut self, to: u64) -> Result<()> {
        self.run(|group| {
            group.require_leader()?;
            if !group.membership().voters.contains(&to) {
                return Err(Error::new(
                    "invalid_argument",
                    format!("transferLeader: node {to} is no voter"),
                ));
            }
            group.node.transfer_leader(to);
            Ok(())
        })
    }

    /// Proposes entries as one message; (term, index of the first). Throws `not_leader`, or
    /// `dropped` where too much is uncommitted or the leadership is being handed over.
    pub fn propose(&mut self, data: Vec<Vec<u8>>) -> Result<(u64, u64)> {
        self.run(|group| {
            let is_refused = |bytes: &Vec<u8>| bytes.is_empty() || bytes.len() > ENTRY_BYTES_MAX;
            if data.is_empty() || data.iter().any(is_refused) {
                return Err(Error::new(
                    "invalid_argument",
                    "propose: nothing to propose, or an entry that is empty or above 16 MiB",
                ));
            }
            let entries = data.into_iter().map(|data| Entry {
                data,
                ..Entry::default()
            });
            group.propose(entries.collect())
        })
    }

    /// Proposes a change of members; (term, index). Throws as `propose`, and `dropped` while an
    /// earlier one is not applied.
    pub fn propose_conf_change(&mut self, change: &ConfChange) -> Result<(u64, u64)> {
        self.run(|group| {
            let data = conf_change::encode(change).encode_to_vec();
            conf_change::decode(&data)?;
            let mut entry = Entry {
                data,
                ..Entry::default()
            };
            entry.set_entry_type(EntryType::EntryConfChangeV2);
            let (term, index) = group.propose(vec![entry])?;
            group.require_proposed_change(index)?;
            Ok((term, index))
        })
    }

    /// Applies the data of a committed change, or of none where it names nothing approved.
    /// Throws `refused_change` where the members do not admit it; nothing has changed then, and
    /// every replica decides alike.
    pub fn apply_conf_change(&mut self, data: Option<&[u8]>) -> Result<Membership> {
        self.run(|group| {
            if let Some(data) = data {
                let change = conf_change::decode(data)?;
                group
                    .node
                    .apply_conf_change(&change)
                    .map_err(|error| Error::new("refused_change", error.to_string()))?;
            }
            Ok(group.membership())
        })
    }

    /// A peer's message. Throws `rejected_message` for what that peer may not say, `too_many_terms` where it raises the term
    /// too often, `log_too_short` where this node lacks what it had.
    pub fn step(&mut self, from: u64, bytes: &[u8]) -> Result<()> {
        self.run(|group| {
            let message = inbound::admit(group.receiver(), &mut group.claims, from, bytes)?;
            match group.step(message) {
                // A late answer of a member that was removed meanwhile.
                Ok(()) | Err(raft::Error::StepPeerNotFound) => Ok(()),
                Err(error) => Err(Error::new(
                    "rejected_message",
                    format!("message from node {from}: {error}"),
                )),
            }
        })
    }

    /// The next pass, if anything is to be done. Its entries are in memory from now on, so that
    /// messages and proposals may go on while the disk works.
    pub fn collect(&mut self) -> Result<Option<Collected>> {
        self.run(|group| Ok(group.collect()))
    }

    /// The pass of this number, and every earlier one, is durable: what may be sent now, and what
    /// is committed by it. Throws `out_of_order` for a pass that was never collected.
    pub fn persisted(&mut self, number: u64) -> Result<Persisted> {
        self.run(|group| group.persisted(number))
    }

    /// Everything up to `index` is applied in a durable transaction. Throws `out_of_order` beyond
    /// what was handed out.
    pub fn applied(&mut self, index: u64) -> Result<()> {
        self.run(|group| group.applied(index))
    }

    /// Entries that `wanted` asked for, or the first of them. Throws `invalid_log`.
    pub fn supply(&mut self, low: u64, entries: Vec<LogEntry>) -> Result<()> {
        self.run(|group| group.supply(low, entries))
    }

    /// The store has let go of the log up to and including `index`. Throws `out_of_order` beyond
    /// what is applied.
    pub fn compact(&mut self, index: u64) -> Result<()> {
        self.run(|group| {
            let applied = group.applied_index();
            if index > applied {
                return Err(Error::new(
                    "out_of_order",
                    format!("compact: index {index} is beyond the applied index {applied}"),
                ));
            }
            group.node.mut_store().compact(index)
        })
    }

    /// A snapshot for followers whose entries were compacted. Throws `out_of_order` beyond what is
    /// applied.
    pub fn offer_snapshot(&mut self, image: SnapshotImage) -> Result<()> {
        self.run(|group| {
            let applied = group.applied_index();
            if image.index == 0 || image.index > applied || !is_sound(&image.membership) {
                return Err(Error::new(
                    "out_of_order",
                    format!(
                        "offerSnapshot: index {}, applied {applied}: or its membership is impossible",
                        image.index
                    ),
                ));
            }
            group.node.mut_store().offer(image);
            Ok(())
        })
    }

    /// What became of the snapshot sent to a follower.
    pub fn report_snapshot(&mut self, to: u64, is_received: bool) -> Result<()> {
        self.run(|group| {
            let status = if is_received {
                SnapshotStatus::Finish
            } else {
                SnapshotStatus::Failure
            };
            group.node.report_snapshot(to, status);
            Ok(())
        })
    }

    pub fn status(&mut self) -> Result<Status> {
        self.run(|group| Ok(group.status()))
    }
}
