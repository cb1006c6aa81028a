//! What the engine sees as its storage: the newest part of the log in memory, the terms of all of
//! it, and a note of what was asked for that only the caller's store still has.

use super::terms::Terms;
use super::types::{SnapshotImage, Wanted};
use crate::{Error, Result};
use raft::eraftpb::{ConfState, Entry, HardState, Snapshot};
use raft::{GetEntriesContext, RaftState, Storage, StorageError};
use std::cell::RefCell;
use std::collections::VecDeque;

/// Entries that were asked back stay for the followers that come next.
const SUPPLIED_BYTES_MAX: usize = 8 << 20;

/// Entries asked for by the engine, and the progress position it asked from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    pub next: u64,
    pub low: u64,
    pub high: u64,
}

struct Segment {
    first: u64,
    bytes: usize,
    entries: Vec<Entry>,
}

pub(super) struct LogTail {
    initial: RaftState,
    snapshot_index: u64,
    snapshot_term: u64,
    last_index: u64,
    terms: Terms,
    tail: VecDeque<Entry>,
    tail_bytes: usize,
    tail_bytes_max: usize,
    supplied: VecDeque<Segment>,
    requests: RefCell<Vec<Request>>,
    offered: Option<Snapshot>,
}

fn size_of(entry: &Entry) -> usize {
    entry.data.len() + std::mem::size_of::<Entry>()
}

impl LogTail {
    pub fn new(
        hard_state: HardState,
        conf_state: ConfState,
        snapshot_index: u64,
        snapshot_term: u64,
        tail_bytes_max: usize,
    ) -> Self {
        Self {
            initial: RaftState::new(hard_state, conf_state),
            snapshot_index,
            snapshot_term,
            last_index: snapshot_index,
            terms: Terms::default(),
            tail: VecDeque::new(),
            tail_bytes: 0,
            tail_bytes_max,
            supplied: VecDeque::new(),
            requests: RefCell::default(),
            offered: None,
        }
    }

    pub fn last(&self) -> u64 {
        self.last_index
    }

    /// Bytes of the entries behind `index`, as far as they are in memory.
    pub fn bytes_after(&self, index: u64) -> usize {
        let behind = self.last_index.saturating_sub(index) as usize;
        self.tail.iter().rev().take(behind).map(size_of).sum()
    }

    /// Index of the oldest entry in memory; one past the log where there is none.
    pub fn tail_first(&self) -> u64 {
        self.last_index + 1 - self.tail.len() as u64
    }

    fn known_term(&self, index: u64) -> Option<u64> {
        if index == self.snapshot_index {
            return Some(self.snapshot_term);
        }
        if index < self.snapshot_index || index > self.last_index {
            return None;
        }
        self.terms.get(index).or_else(|| {
            let segment = self.segment_of(index)?;
            Some(segment.entries[(index - segment.first) as usize].term)
        })
    }

    fn segment_of(&self, index: u64) -> Option<&Segment> {
        self.supplied.iter().find(|segment| {
            index >= segment.first && index - segment.first < segment.entries.len() as u64
        })
    }

    /// Takes the stored log, or the end of it, in order and possibly in parts. `applied` is the
    /// stored applied index: everything after it must be here.
    pub fn restore(&mut self, entries: Vec<Entry>, applied: u64) -> Result<()> {
        for entry in entries {
            let (index, term) = (entry.index, entry.term);
            let is_first = self.tail.is_empty() && self.last_index == self.snapshot_index;
            let is_next = index == self.last_index + 1;
            let is_later_start = is_first && index > self.snapshot_index && index <= applied;
            if !is_next && !is_later_start {
                return Err(Error::new(
                    "invalid_log",
                    format!(
                        "restore: entry {index} follows entry {} (applied {applied}); the stored log has a hole",
                        self.last_index
                    ),
                ));
            }
            if is_later_start {
                self.last_index = index - 1;
            }
            self.push(entry, term);
            self.evict(applied);
        }
        Ok(())
    }

    fn push(&mut self, entry: Entry, term: u64) {
        self.last_index = entry.index;
        self.terms.push(entry.index, term);
        self.tail_bytes += size_of(&entry);
        self.tail.push_back(entry);
    }

    /// Appends entries after deleting the log from the first of them on. Answers from where
    /// something was deleted.
    pub fn append(&mut self, entries: Vec<Entry>) -> Option<u64> {
        let first = entries.first()?.index;
        let truncated = (first <= self.last_index).then_some(first);
        if truncated.is_some() {
            while self.last_index >= first
                && let Some(gone) = self.tail.pop_back()
            {
                self.tail_bytes -= size_of(&gone);
                self.last_index -= 1;
            }
            assert_eq!(
                self.last_index + 1,
                first,
                "the engine replaced an entry that was applied"
            );
            self.terms.truncate(first);
        }
        for entry in entries {
            let term = entry.term;
            self.push(entry, term);
        }
        truncated
    }

    /// Lets go of applied entries beyond the byte limit, oldest first.
    pub fn evict(&mut self, applied: u64) {
        while self.tail_bytes > self.tail_bytes_max
            && self
                .tail
                .front()
                .is_some_and(|entry| entry.index <= applied)
        {
            if let Some(gone) = self.tail.pop_front() {
                self.tail_bytes -= size_of(&gone);
            }
        }
    }

    /// Forgets the log up to and including `index`, which the store no longer has.
    pub fn compact(&mut self, index: u64) -> Result<()> {
        if index <= self.snapshot_index {
            return Ok(());
        }
        let Some(term) = self.known_term(index) else {
            return Err(Error::new(
                "out_of_order",
                format!(
                    "compact: index {index}, but the log here reaches from {} to {}",
                    self.snapshot_index + 1,
                    self.last_index
                ),
            ));
        };
        while let Some(front) = self.tail.front()
            && front.index <= index
        {
            self.tail_bytes -= size_of(front);
            self.tail.pop_front();
        }
        self.terms.compact(index);
        self.supplied.clear();
        self.snapshot_index = index;
        self.snapshot_term = term;
        Ok(())
    }

    /// Starts over after a snapshot.
    pub fn reset_to(&mut self, index: u64, term: u64) {
        self.tail.clear();
        self.tail_bytes = 0;
        self.terms.clear();
        self.supplied.clear();
        self.snapshot_index = index;
        self.snapshot_term = term;
        self.last_index = index;
    }

    pub fn offer(&mut self, image: SnapshotImage) {
        let mut snapshot = Snapshot {
            data: image.data,
            ..Snapshot::default()
        };
        let metadata = snapshot.mut_metadata();
        metadata.index = image.index;
        metadata.term = image.term;
        metadata.set_conf_state(super::conf_change::conf_state_of(&image.membership));
        self.offered = Some(snapshot);
    }

    /// Keeps entries that came back from the store. They must be a piece of this very log.
    pub fn supply(&mut self, low: u64, entries: Vec<Entry>) -> Result<()> {
        for (at, entry) in entries.iter().enumerate() {
            let expected = low + at as u64;
            let differs = self
                .known_term(expected)
                .is_some_and(|term| term != entry.term);
            if entry.index != expected
                || differs
                || expected <= self.snapshot_index
                || expected > self.last_index
            {
                return Err(Error::new(
                    "invalid_log",
                    format!(
                        "supply: entry {} of term {} is not entry {expected} of this log",
                        entry.index, entry.term
                    ),
                ));
            }
        }
        let bytes = entries.iter().map(size_of).sum();
        self.supplied.push_back(Segment {
            first: low,
            bytes,
            entries,
        });
        let mut total: usize = self.supplied.iter().map(|segment| segment.bytes).sum();
        while total > SUPPLIED_BYTES_MAX && self.supplied.len() > 1 {
            total -= self.supplied.pop_front().map_or(0, |gone| gone.bytes);
        }
        Ok(())
    }

    /// What was asked for since the last call, for each follower that still stands there.
    pub fn take_wanted(&self, positions: &[(u64, u64)]) -> Vec<Wanted> {
        let mut wanted: Vec<Wanted> = Vec::new();
        for request in self.requests.borrow_mut().drain(..) {
            for &(to, next) in positions {
                let is_new = wanted.iter().all(|w| (w.to, w.low) != (to, request.low));
                if next == request.next && is_new {
                    wanted.push(Wanted {
                        to,
                        low: request.low,
                        high: request.high,
                    });
                }
            }
        }
        wanted
    }

    pub fn has_requests(&self) -> bool {
        !self.requests.borrow().is_empty()
    }

    /// Entries before the tail: from what was supplied, or asked for and not available yet.
    fn older_entries(&self, low: u64, high: u64, max_bytes: u64) -> raft::Result<Vec<Entry>> {
        let previous = low - 1;
        let is_previous_known = self.known_term(previous).is_some();
        if let Some(segment) = self.segment_of(low).filter(|_| is_previous_known) {
            let from = (low - segment.first) as usize;
            let entries = segment.entries[from..].iter();
            return Ok(limited(entries.take((high - low) as usize), max_bytes));
        }
        // The message also needs the term of the entry before.
        let first = if is_previous_known { low } else { previous };
        let mut requests = self.requests.borrow_mut();
        requests.retain(|request| request.next != low);
        requests.push(Request {
            next: low,
            low: first,
            high: high.min(self.tail_first()),
        });
        Err(raft::Error::Store(StorageError::LogTemporarilyUnavailable))
    }
}

/// As many entries as fit, and one at least.
fn limited<'a>(entries: impl Iterator<Item = &'a Entry>, max_bytes: u64) -> Vec<Entry> {
    let mut taken: Vec<Entry> = Vec::new();
    let mut bytes = 0u64;
    for entry in entries {
        bytes += size_of(entry) as u64;
        if bytes > max_bytes && !taken.is_empty() {
            break;
        }
        taken.push(entry.clone());
    }
    taken
}

impl Storage for LogTail {
    fn initial_state(&self) -> raft::Result<RaftState> {
        Ok(self.initial.clone())
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        context: GetEntriesContext,
    ) -> raft::Result<Vec<Entry>> {
        let max_bytes = max_size.into().unwrap_or(u64::MAX);
        if low <= self.snapshot_index {
            return Err(raft::Error::Store(StorageError::Compacted));
        }
        let tail_first = self.tail_first();
        if low >= tail_first {
            let from = (low - tail_first) as usize;
            let until = (high - tail_first) as usize;
            return Ok(limited(self.tail.range(from..until), max_bytes));
        }
        if context.can_async() {
            return self.older_entries(low, high, max_bytes);
        }
        Err(raft::Error::Store(StorageError::Unavailable))
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        let reason = if index < self.snapshot_index {
            StorageError::Compacted
        } else {
            StorageError::Unavailable
        };
        self.known_term(index).ok_or(raft::Error::Store(reason))
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(self.snapshot_index + 1)
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.last_index)
    }

    fn snapshot(&self, request_index: u64, _to: u64) -> raft::Result<Snapshot> {
        self.offered
            .as_ref()
            .filter(|snapshot| {
                let index = snapshot.get_metadata().index;
                index >= request_index && index >= self.snapshot_index
            })
            .cloned()
            .ok_or(raft::Error::Store(
                StorageError::SnapshotTemporarilyUnavailable,
            ))
    }
}
