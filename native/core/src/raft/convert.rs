//! Between this module's types and the engine's.

use super::config::MESSAGE_BYTES_MAX;
use super::types::{EntryKind, LogEntry, OutMessage};
use crate::Error;
use prost::Message as _;
use raft::eraftpb::{Entry, EntryType, Message};

pub(super) fn dropped(error: raft::Error) -> Error {
    Error::new(
        "dropped",
        format!(
            "{error}: too much is uncommitted, or the leadership is being handed over; try again"
        ),
    )
}

pub(super) fn to_engine(entry: LogEntry) -> Entry {
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

pub(super) fn from_engine(entry: &Entry) -> LogEntry {
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

/// Encodes messages, appends cut to `MESSAGE_BYTES_MAX` again: the engine puts everything that one
/// pass sends to a follower into one message, which would hold up all that goes the same way.
pub(super) fn encode_messages(messages: Vec<Message>) -> Vec<OutMessage> {
    let mut encoded = Vec::with_capacity(messages.len());
    for message in messages {
        for part in split_append(message) {
            encoded.push(OutMessage {
                to: part.to,
                data: part.encode_to_vec(),
            });
        }
    }
    encoded
}

fn split_append(mut message: Message) -> Vec<Message> {
    let sizes = message.entries.iter().map(|entry| entry.data.len());
    if sizes.sum::<usize>() <= MESSAGE_BYTES_MAX as usize {
        return vec![message];
    }
    let entries = std::mem::take(&mut message.entries);
    let header = message.clone();
    let mut parts = vec![message];
    let mut bytes = 0;
    for entry in entries {
        bytes += entry.data.len();
        let part = parts.len() - 1;
        if let Some(last) = parts[part].entries.last()
            && bytes > MESSAGE_BYTES_MAX as usize
        {
            bytes = entry.data.len();
            let next = Message {
                index: last.index,
                log_term: last.term,
                entries: vec![entry],
                ..header.clone()
            };
            parts.push(next);
        } else {
            parts[part].entries.push(entry);
        }
    }
    parts
}
