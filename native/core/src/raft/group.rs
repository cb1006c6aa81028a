use super::conf_change::membership_of;
use super::config::COMMITTED_BYTES_PER_PASS_MAX;
use super::convert::{dropped, encode_messages, from_engine, to_engine};
use super::inbound::{Receiver, is_of_election};
use super::log_tail::LogTail;
use super::term_claims::TermClaims;
use super::types::*;
use crate::{Error, Result};
use raft::eraftpb::{Entry, EntryType, Message, MessageType};
use raft::{RawNode, StateRole};
use std::collections::{BTreeSet, VecDeque};

/// The running engine, and what it still owes or is owed.
pub(super) struct Group {
    pub node: RawNode<LogTail>,
    pub claims: TermClaims,
    /// Passes that were collected and are not durable yet, with what may be sent once they are.
    passes: VecDeque<(u64, Vec<OutMessage>)>,
    /// Last committed entry handed out.
    delivered: u64,
    /// Last committed entry that the engine itself counts as handed out: it reads all of them from
    /// memory, those too that `persisted` handed out before.
    read_by_engine: u64,
    takes_snapshots: bool,
    pub is_voting: bool,
    /// Members of which nothing counts here, neither votes nor acknowledgements nor leading.
    unheard: BTreeSet<u64>,
    /// Term and commit index of the newest append of a leader.
    named: (u64, u64),
}

impl Group {
    pub fn start(
        engine: &raft::Config,
        log: LogTail,
        takes_snapshots: bool,
        is_voting: bool,
    ) -> Self {
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        // What could be wrong here was checked before; for the rest the engine itself panics too.
        let node = RawNode::new(engine, log, &logger)
            .unwrap_or_else(|error| panic!("the engine refused to start: {error}"));
        Self {
            node,
            claims: TermClaims::default(),
            passes: VecDeque::new(),
            delivered: engine.applied,
            read_by_engine: engine.applied,
            takes_snapshots,
            is_voting,
            unheard: BTreeSet::new(),
            named: (0, 0),
        }
    }

    pub fn hear(&mut self, member: u64, is_heard: bool) {
        if is_heard {
            self.unheard.remove(&member);
        } else {
            self.unheard.insert(member);
        }
    }

    /// An admitted message; nothing of a member that is not heard, and what belongs to elections only
    /// while this one may take part in them.
    pub fn step(&mut self, message: Message) -> raft::Result<()> {
        let kind = message.get_msg_type();
        if self.unheard.contains(&message.from) || (is_of_election(kind) && !self.is_voting) {
            return Ok(());
        }
        // A heartbeat names no more than the receiver is known to have; an append, all of it.
        if kind == MessageType::MsgAppend && message.term >= self.node.raft.term {
            self.named = (message.term, message.commit);
        }
        self.node.step(message)
    }

    /// A member has come back with a log that ends at `last_index`: nothing that it acknowledged in an
    /// earlier life counts any more. What is in its log now, the next appends find out.
    pub fn restarted(&mut self, member: u64, last_index: u64) {
        if !self.is_leader() || member == self.node.raft.id {
            return;
        }
        let own_last = self.node.raft.raft_log.last_index();
        let Some(progress) = self.node.raft.mut_prs().get_mut(member) else {
            return;
        };
        progress.matched = 0;
        progress.become_probe();
        progress.next_idx = last_index.min(own_last) + 1;
        self.node.raft.send_append(member);
    }

    pub fn applied_index(&self) -> u64 {
        self.node.raft.raft_log.applied
    }

    pub fn membership(&self) -> Membership {
        membership_of(&self.node.raft.prs().conf().to_conf_state())
    }

    pub fn receiver(&self) -> Receiver {
        let raft = &self.node.raft;
        Receiver {
            id: raft.id,
            term: raft.term,
            leader: raft.leader_id,
            commit: raft.raft_log.committed,
            commit_term: raft.raft_log.term(raft.raft_log.committed).unwrap_or(0),
            last_index: raft.raft_log.last_index(),
            uncommitted_bytes: raft.store().bytes_after(raft.raft_log.committed),
            takes_snapshots: self.takes_snapshots,
        }
    }

    fn is_leader(&self) -> bool {
        self.node.raft.state == StateRole::Leader
    }

    pub fn require_leader(&self) -> Result<()> {
        if self.is_leader() {
            return Ok(());
        }
        let message = match self.node.raft.leader_id {
            0 => "no leader is known here; try again after the election".to_string(),
            leader => format!("the leader is node {leader}; send it there"),
        };
        Err(Error::new("not_leader", message))
    }

    pub fn propose(&mut self, entries: Vec<Entry>) -> Result<(u64, u64)> {
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
    pub fn require_proposed_change(&self, index: u64) -> Result<()> {
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

    pub fn collect(&mut self) -> Option<Collected> {
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

    pub fn persisted(&mut self, number: u64) -> Result<Persisted> {
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

    pub fn applied(&mut self, index: u64) -> Result<()> {
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

    pub fn supply(&mut self, low: u64, entries: Vec<LogEntry>) -> Result<()> {
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

    pub fn status(&self) -> Status {
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
            named_term: self.named.0,
            named_commit: self.named.1,
            progress,
        }
    }
}
