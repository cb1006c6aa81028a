use super::conf_change::{self, conf_state_of, is_sound, membership_of};
use super::inbound::{self, Receiver};
use super::log_tail::LogTail;
use super::types::*;
use crate::{Error, Result};
use prost::Message as _;
use raft::eraftpb::{self, Entry, EntryType, Message, MessageType};
use raft::{RawNode, ReadOnlyOption, SnapshotStatus, StateRole};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

const MESSAGE_BYTES_MAX: u64 = 1 << 20;
const INFLIGHT_MESSAGES_MAX: usize = 64;
const UNCOMMITTED_BYTES_MAX: u64 = 16 << 20;
const COMMITTED_BYTES_PER_PASS_MAX: u64 = 4 << 20;

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
    Restoring {
        config: Box<Config>,
        log: LogTail,
    },
    Running(Box<Group>),
    Poisoned(String),
}

struct Group {
    node: RawNode<LogTail>,
    /// Passes that were collected and are not durable yet, with what may be sent once they are.
    passes: VecDeque<(u64, Vec<OutMessage>)>,
    /// Last committed entry handed out.
    delivered: u64,
    /// Last committed entry that the engine itself counts as handed out: it reads all of them from
    /// memory, those too that `persisted` handed out before.
    read_by_engine: u64,
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
        let hard_state = eraftpb::HardState {
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
        let config = Box::new(config);
        Ok(Self {
            state: State::Restoring { config, log },
        })
    }

    /// Takes the stored log after the snapshot, or an end of it that begins at or before the
    /// applied index; in order, possibly in parts. Throws `invalid_log`, and `out_of_order` after
    /// any other call.
    pub fn restore(&mut self, entries: Vec<LogEntry>) -> Result<()> {
        match &mut self.state {
            State::Restoring { config, log } => {
                log.restore(entries.into_iter().map(to_engine).collect(), config.applied)
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
                State::Restoring { config, log } => match Group::start(&config, log) {
                    Ok(group) => Box::new(group),
                    Err((error, log)) => return (State::Restoring { config, log }, Err(error)),
                },
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
            group.node.tick();
            Ok(())
        })
    }

    /// Stands for election now.
    pub fn campaign(&mut self) -> Result<()> {
        self.run(|group| group.node.campaign().map_err(dropped))
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
            if data.is_empty() || data.iter().any(Vec::is_empty) {
                return Err(Error::new(
                    "invalid_argument",
                    "propose: nothing to propose, or an empty entry",
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

    /// A peer's message. Throws `rejected_message` for what that peer may not say.
    pub fn step(&mut self, from: u64, bytes: &[u8]) -> Result<()> {
        self.run(|group| {
            let message = inbound::admit(group.receiver(), from, bytes)?;
            match group.node.step(message) {
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
            let applied = group.node.raft.raft_log.applied;
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
            let applied = group.node.raft.raft_log.applied;
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

impl Group {
    fn start(config: &Config, log: LogTail) -> std::result::Result<Self, (Error, LogTail)> {
        let last = log.last();
        if config.hard_state.commit > last {
            let error = Error::new(
                "invalid_log",
                format!(
                    "the stored log ends at {last}, before its commit index {}: it is torn or was not restored",
                    config.hard_state.commit
                ),
            );
            return Err((error, log));
        }
        let engine = raft::Config {
            id: config.id,
            election_tick: config.election_tick,
            heartbeat_tick: config.heartbeat_tick,
            min_election_tick: config.min_election_tick,
            max_election_tick: config.max_election_tick,
            applied: config.applied,
            max_size_per_msg: MESSAGE_BYTES_MAX,
            max_inflight_msgs: INFLIGHT_MESSAGES_MAX,
            check_quorum: true,
            pre_vote: true,
            batch_append: true,
            read_only_option: ReadOnlyOption::Safe,
            max_uncommitted_size: UNCOMMITTED_BYTES_MAX,
            max_committed_size_per_ready: COMMITTED_BYTES_PER_PASS_MAX,
            ..raft::Config::default()
        };
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        // What is left to go wrong here is checked before; the engine would panic as well.
        let node = RawNode::new(&engine, log, &logger)
            .unwrap_or_else(|error| panic!("the engine refused to start: {error}"));
        Ok(Self {
            node,
            passes: VecDeque::new(),
            delivered: config.applied,
            read_by_engine: config.applied,
        })
    }

    fn membership(&self) -> Membership {
        membership_of(&self.node.raft.prs().conf().to_conf_state())
    }

    fn receiver(&self) -> Receiver {
        let raft = &self.node.raft;
        Receiver {
            id: raft.id,
            term: raft.term,
            leader: raft.leader_id,
            commit: raft.raft_log.committed,
            commit_term: raft.raft_log.term(raft.raft_log.committed).unwrap_or(0),
            last_index: raft.raft_log.last_index(),
        }
    }

    fn is_leader(&self) -> bool {
        self.node.raft.state == StateRole::Leader
    }

    fn require_leader(&self) -> Result<()> {
        if self.is_leader() {
            return Ok(());
        }
        let message = match self.node.raft.leader_id {
            0 => "no leader is known here; try again after the election".to_string(),
            leader => format!("the leader is node {leader}; send it there"),
        };
        Err(Error::new("not_leader", message))
    }

    fn propose(&mut self, entries: Vec<Entry>) -> Result<(u64, u64)> {
        self.require_leader()?;
        let count = entries.len() as u64;
        let mut message = Message {
            from: self.node.raft.id,
            entries,
            ..Message::default()
        };
        message.set_msg_type(MessageType::MsgPropose);
        self.node.step(message).map_err(dropped)?;
        let last = self.node.raft.raft_log.last_index();
        Ok((self.node.raft.term, last + 1 - count))
    }

    /// The engine turns a change that it refuses into an empty entry without saying so.
    fn require_proposed_change(&self, index: u64) -> Result<()> {
        let log = &self.node.raft.raft_log;
        let is_kept = log
            .unstable_entries()
            .iter()
            .any(|entry| entry.index == index && entry.entry_type != EntryType::EntryNormal as i32);
        if is_kept {
            return Ok(());
        }
        Err(Error::new(
            "dropped",
            "proposeConfChange: an earlier change is not applied yet, or this one does not suit the present configuration; try again when it is applied",
        ))
    }

    fn collect(&mut self) -> Option<Collected> {
        if !self.node.has_ready() {
            let wanted = self.take_wanted();
            return (!wanted.is_empty()).then(|| Collected {
                wanted,
                ..Collected::default()
            });
        }
        let mut ready = self.node.ready();
        let number = ready.number();
        let messages = encode_messages(ready.take_messages());
        let later = encode_messages(ready.take_persisted_messages());
        let snapshot = self.take_snapshot(&ready);
        let entries = ready.take_entries();
        let output = entries.iter().map(from_engine).collect();
        let truncate_from = self.node.mut_store().append(entries);
        let committed = ready.take_committed_entries();
        if let Some(last) = committed.last() {
            self.read_by_engine = last.index;
        }
        let committed = self.deliver(committed);
        let hard_state = ready.hs().map(|hard| HardState {
            term: hard.term,
            vote: hard.vote,
            commit: hard.commit,
        });
        let must_sync = ready.must_sync();
        self.node.advance_append_async(ready);
        self.evict();
        self.passes.push_back((number, later));
        Some(Collected {
            number,
            messages,
            entries: output,
            truncate_from,
            hard_state,
            must_sync,
            committed,
            snapshot,
            wanted: self.take_wanted(),
        })
    }

    fn take_snapshot(&mut self, ready: &raft::Ready) -> Option<SnapshotImage> {
        let snapshot = ready.snapshot();
        let metadata = snapshot.get_metadata();
        if metadata.index == 0 {
            return None;
        }
        self.node
            .mut_store()
            .reset_to(metadata.index, metadata.term);
        self.delivered = self.delivered.max(metadata.index);
        self.read_by_engine = metadata.index;
        Some(SnapshotImage {
            index: metadata.index,
            term: metadata.term,
            membership: membership_of(metadata.get_conf_state()),
            data: snapshot.data.clone(),
        })
    }

    /// Committed entries that were not handed out before.
    fn deliver(&mut self, committed: Vec<Entry>) -> Vec<LogEntry> {
        let fresh = committed
            .iter()
            .filter(|entry| entry.index > self.delivered)
            .map(from_engine);
        let fresh: Vec<LogEntry> = fresh.collect();
        if let Some(last) = fresh.last() {
            self.delivered = last.index;
        }
        fresh
    }

    fn take_wanted(&self) -> Vec<Wanted> {
        if !self.node.store().has_requests() {
            return Vec::new();
        }
        let positions: Vec<(u64, u64)> = if self.is_leader() {
            let progress = self.node.raft.prs().iter();
            progress.map(|(&id, p)| (id, p.next_idx)).collect()
        } else {
            Vec::new()
        };
        self.node.store().take_wanted(&positions)
    }

    fn persisted(&mut self, number: u64) -> Result<Persisted> {
        // A pass that only asked for entries has no number.
        if number == 0 {
            return Ok(Persisted::default());
        }
        if !self.passes.iter().any(|&(pass, _)| pass == number) {
            return Err(Error::new(
                "out_of_order",
                format!("persisted: pass {number} was not collected, or was reported before"),
            ));
        }
        let mut messages = Vec::new();
        while let Some((pass, later)) = self.passes.pop_front() {
            messages.extend(later);
            if pass == number {
                break;
            }
        }
        self.node.on_persist_ready(number);
        let log = &self.node.raft.raft_log;
        let committed = log
            .next_entries_since(self.delivered, Some(COMMITTED_BYTES_PER_PASS_MAX))
            .unwrap_or_default();
        Ok(Persisted {
            messages,
            committed: self.deliver(committed),
        })
    }

    fn applied(&mut self, index: u64) -> Result<()> {
        let log = &self.node.raft.raft_log;
        let reachable = self.delivered.min(log.persisted).min(log.committed);
        if index < log.applied || index > reachable {
            return Err(Error::new(
                "out_of_order",
                format!(
                    "applied: index {index}, but {} was applied before and {reachable} is the last one handed out and durable",
                    log.applied
                ),
            ));
        }
        self.node.advance_apply_to(index);
        self.evict();
        Ok(())
    }

    fn evict(&mut self) {
        let needless = self.node.raft.raft_log.applied.min(self.read_by_engine);
        self.node.mut_store().evict(needless);
    }

    fn supply(&mut self, low: u64, entries: Vec<LogEntry>) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let end = low + entries.len() as u64;
        let entries = entries.into_iter().map(to_engine).collect();
        self.node.mut_store().supply(low, entries)?;
        if !self.is_leader() {
            return Ok(());
        }
        let own = self.node.raft.id;
        let progress = self.node.raft.prs().iter();
        let waiting: Vec<u64> = progress
            .filter(|&(&id, p)| id != own && (low..end).contains(&p.next_idx))
            .map(|(&id, _)| id)
            .collect();
        for id in waiting {
            self.node.raft.send_append(id);
        }
        Ok(())
    }

    fn status(&self) -> Status {
        let raft = &self.node.raft;
        let role = match raft.state {
            StateRole::Leader => Role::Leader,
            StateRole::Candidate => Role::Candidate,
            StateRole::PreCandidate => Role::Precandidate,
            StateRole::Follower if raft.promotable() => Role::Follower,
            StateRole::Follower => Role::Learner,
        };
        let mut progress: Vec<Progress> = Vec::new();
        if self.is_leader() {
            progress.extend(raft.prs().iter().map(|(&id, p)| Progress {
                id,
                matched: p.matched,
                next: p.next_idx,
                is_active: id == raft.id || p.recent_active,
            }));
            progress.sort_unstable_by_key(|p| p.id);
        }
        Status {
            id: raft.id,
            term: raft.term,
            leader: raft.leader_id,
            role,
            commit: raft.raft_log.committed,
            applied: raft.raft_log.applied,
            last_index: raft.raft_log.last_index(),
            progress,
        }
    }
}

fn dropped(error: raft::Error) -> Error {
    Error::new(
        "dropped",
        format!(
            "{error}: too much is uncommitted, or the leadership is being handed over; try again"
        ),
    )
}

fn to_engine(entry: LogEntry) -> Entry {
    let mut converted = Entry {
        index: entry.index,
        term: entry.term,
        data: entry.data,
        ..Entry::default()
    };
    if entry.kind == EntryKind::ConfChange {
        converted.set_entry_type(EntryType::EntryConfChangeV2);
    }
    converted
}

fn from_engine(entry: &Entry) -> LogEntry {
    let is_normal = entry.entry_type == EntryType::EntryNormal as i32;
    LogEntry {
        index: entry.index,
        term: entry.term,
        kind: if is_normal {
            EntryKind::Normal
        } else {
            EntryKind::ConfChange
        },
        data: entry.data.clone(),
    }
}

fn encode_messages(messages: Vec<Message>) -> Vec<OutMessage> {
    let encode = |message: Message| OutMessage {
        to: message.to,
        data: message.encode_to_vec(),
    };
    messages.into_iter().map(encode).collect()
}

fn check_config(config: &Config) -> Result<()> {
    let refuse = |what: &str| Err(Error::new("invalid_config", what));
    let hard = config.hard_state;
    if config.id == 0 {
        return refuse("id is 0; node ids start at 1");
    }
    if !is_sound(&config.membership) {
        return refuse("voters and learners: no voter, a node twice, node 0, or too many");
    }
    if config.applied < config.snapshot_index || config.applied > hard.commit {
        return refuse(
            "applied must lie between snapshotIndex and commit; store commit as the larger of both",
        );
    }
    if (config.snapshot_index == 0) != (config.snapshot_term == 0) {
        return refuse("snapshotTerm and snapshotIndex must both be 0 or neither");
    }
    if hard.term < config.snapshot_term || (hard.term == 0 && (hard.vote != 0 || hard.commit != 0))
    {
        return refuse("term is smaller than what was stored under it");
    }
    if config.heartbeat_tick == 0
        || config.election_tick <= config.heartbeat_tick
        || config.min_election_tick < config.election_tick
        || config.max_election_tick <= config.min_election_tick
        || config.max_election_tick > 1 << 20
    {
        return refuse(
            "ticks: wanted 0 < heartbeatTick < electionTick <= minElectionTick < maxElectionTick",
        );
    }
    Ok(())
}
