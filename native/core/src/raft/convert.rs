//! Between this module's types and the engine's.

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

pub(super) fn encode_messages(messages: Vec<Message>) -> Vec<OutMessage> {
    let encode = |message: Message| OutMessage {
        to: message.to,
        data: message.encode_to_vec(),
    };
    messages.into_iter().map(encode).collect()
}
