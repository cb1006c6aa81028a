//! Checks a peer's message before the engine sees it. The engine trusts its peers and panics where
//! they contradict its own log, so what a correct peer would never send is refused here.

use super::conf_change;
use super::config::ENTRY_BYTES_MAX;
use super::term_claims::{Claim, TermClaims};
use crate::{Error, Result};
use prost::Message as _;
use raft::eraftpb::{Entry, EntryType, Message, MessageType};

/// Indices and terms stay exact in JavaScript numbers.
const SAFE_MAX: u64 = (1 << 53) - 1;
const MESSAGE_BYTES_MAX: usize = ENTRY_BYTES_MAX + (2 << 20);
/// What may be uncommitted here: a leader keeps at most a quarter of that open, and one entry.
const UNCOMMITTED_BYTES_MAX: usize = 64 << 20;
/// Said of a heartbeat whose sender is right, as far as it knows: this node's log was longer once.
const LOG_TOO_SHORT: &str =
    "commits what this node does not have: its log is shorter than the leader remembers";
/// The engine's own mark on the votes of a leadership transfer.
const CAMPAIGN_TRANSFER: &[u8] = b"CampaignTransfer";

/// What the checks need to know about the receiver.
#[derive(Debug, Clone, Copy)]
pub(super) struct Receiver {
    pub id: u64,
    pub term: u64,
    pub leader: u64,
    pub commit: u64,
    pub commit_term: u64,
    pub last_index: u64,
    pub uncommitted_bytes: usize,
    pub takes_snapshots: bool,
}

/// Whether a message is part of an election or calls for one.
pub(super) fn is_of_election(kind: MessageType) -> bool {
    matches!(
        kind,
        MessageType::MsgRequestVote
            | MessageType::MsgRequestVoteResponse
            | MessageType::MsgRequestPreVote
            | MessageType::MsgRequestPreVoteResponse
            | MessageType::MsgTimeoutNow
    )
}

fn rejected(from: u64, what: impl std::fmt::Display) -> Error {
    Error::new(
        "rejected_message",
        format!("message from node {from}: {what}"),
    )
}

/// The message, if its sender may say this to this receiver. Throws `rejected_message`; `too_many_terms`
/// where the sender raised the term too often; `log_too_short` where the fault is this node's.
pub(super) fn admit(
    receiver: Receiver,
    claims: &mut TermClaims,
    from: u64,
    bytes: &[u8],
) -> Result<Message> {
    let refuse = |what: &str| Err(rejected(from, what));
    if bytes.len() > MESSAGE_BYTES_MAX {
        return refuse("longer than the largest entry allows");
    }
    let Ok(message) = Message::decode(bytes) else {
        return refuse("not a message of this protocol");
    };
    let Some(kind) = MessageType::from_i32(message.msg_type) else {
        return refuse("of an unknown type");
    };
    if message.from != from || from == 0 || from == receiver.id {
        return refuse("names another sender than the connection");
    }
    if message.to != receiver.id {
        return refuse("is for another node");
    }
    if message.term == 0 {
        return refuse("has no term");
    }
    match claims.judge(
        receiver.term,
        from,
        message.term,
        raises_term(kind, &message),
    ) {
        Claim::Credible => {}
        Claim::TooFar => return refuse("has a term that no number of elections explains"),
        Claim::TooMany => {
            return Err(Error::new(
                "too_many_terms",
                format!("message from node {from}: raises the term more often than elections do"),
            ));
        }
    }
    check_numbers(from, &message)?;
    check_unused_fields(from, kind, &message)?;
    check_kind(receiver, kind, &message).map_err(|what| match what {
        LOG_TOO_SHORT => Error::new("log_too_short", format!("message from node {from}: {what}")),
        _ => rejected(from, what),
    })?;
    Ok(message)
}

/// Whether a node takes over the term of such a message where it is higher than its own: of all but
/// pre-votes and their grants.
fn raises_term(kind: MessageType, message: &Message) -> bool {
    match kind {
        MessageType::MsgRequestPreVote => false,
        MessageType::MsgRequestPreVoteResponse => message.reject,
        _ => true,
    }
}

fn check_numbers(from: u64, message: &Message) -> Result<()> {
    let numbers = [
        message.term,
        message.log_term,
        message.index,
        message.commit,
        message.commit_term,
        message.reject_hint,
    ];
    if numbers.iter().any(|&number| number > SAFE_MAX) {
        return Err(rejected(from, "a number in it is above 2^53 - 1"));
    }
    Ok(())
}

/// Fields that this host never sets: reads through the log of another, priorities, requests for
/// snapshots.
fn check_unused_fields(from: u64, kind: MessageType, message: &Message) -> Result<()> {
    let is_vote = kind == MessageType::MsgRequestVote;
    let is_context_known =
        message.context.is_empty() || (is_vote && message.context == CAMPAIGN_TRANSFER);
    if !is_context_known || message.request_snapshot != 0 {
        return Err(rejected(from, "asks for what is not offered here"));
    }
    if message.priority != 0 || message.deprecated_priority != 0 {
        return Err(rejected(from, "claims a priority"));
    }
    if kind != MessageType::MsgAppend && !message.entries.is_empty() {
        return Err(rejected(from, "carries entries it may not"));
    }
    if kind != MessageType::MsgSnapshot && message.snapshot.is_some() {
        return Err(rejected(from, "carries a snapshot it may not"));
    }
    Ok(())
}

type Check = std::result::Result<(), &'static str>;

fn check_kind(receiver: Receiver, kind: MessageType, message: &Message) -> Check {
    use MessageType as M;
    match kind {
        M::MsgAppend => {
            check_leader(receiver, message)?;
            check_append(receiver, message)
        }
        M::MsgHeartbeat => {
            check_leader(receiver, message)?;
            // The leader sends at most what it knows this node to have.
            require(
                message.term < receiver.term || message.commit <= receiver.last_index,
                LOG_TOO_SHORT,
            )
        }
        M::MsgSnapshot => {
            require(
                receiver.takes_snapshots,
                "is a snapshot, and members send each other none",
            )?;
            check_leader(receiver, message)?;
            check_snapshot(receiver, message)
        }
        M::MsgAppendResponse | M::MsgHeartbeatResponse => {
            // Once it is told of a term beyond its own, the receiver steps down and reads no more.
            require(
                message.term != receiver.term
                    || (message.index <= receiver.last_index
                        && message.commit <= receiver.last_index),
                "acknowledges what was never sent",
            )
        }
        M::MsgTimeoutNow => require(
            message.term == receiver.term && message.from == receiver.leader,
            "hands over a leadership that its sender does not have",
        ),
        M::MsgRequestVote
        | M::MsgRequestPreVote
        | M::MsgRequestVoteResponse
        | M::MsgRequestPreVoteResponse => require(
            message.log_term <= message.term && message.commit_term <= message.term,
            "has a log from the future",
        ),
        _ => Err("of a type that no peer may send"),
    }
}

fn require(holds: bool, what: &'static str) -> Check {
    if holds { Ok(()) } else { Err(what) }
}

/// A term has one leader.
fn check_leader(receiver: Receiver, message: &Message) -> Check {
    require(
        message.term != receiver.term || receiver.leader == 0 || receiver.leader == message.from,
        "claims the leadership of a term that has another leader",
    )
}

fn check_append(receiver: Receiver, message: &Message) -> Check {
    require(
        (message.index == 0) == (message.log_term == 0) && message.log_term <= message.term,
        "has an impossible term before its entries",
    )?;
    let mut previous = (message.index, message.log_term);
    for entry in &message.entries {
        require(
            entry.index == previous.0 + 1 && entry.index <= SAFE_MAX,
            "entries are not contiguous",
        )?;
        require(
            entry.term >= previous.1 && entry.term > 0 && entry.term <= message.term,
            "entries have impossible terms",
        )?;
        check_entry(entry)?;
        previous = (entry.index, entry.term);
    }
    let bytes = message
        .entries
        .iter()
        .map(|entry| entry.data.len())
        .sum::<usize>();
    require(
        bytes == 0 || receiver.uncommitted_bytes <= UNCOMMITTED_BYTES_MAX,
        "appends more than a leader keeps uncommitted",
    )?;
    // Terms never fall along a log, and the receiver's committed entry is in the leader's log.
    require(
        message.term < receiver.term
            || message.index < receiver.commit
            || message.log_term >= receiver.commit_term,
        "contradicts what is committed here",
    )
}

fn check_entry(entry: &Entry) -> Check {
    require(
        entry.context.is_empty() && !entry.sync_log,
        "an entry has unknown fields",
    )?;
    match EntryType::from_i32(entry.entry_type) {
        Some(EntryType::EntryNormal) => Ok(()),
        Some(EntryType::EntryConfChangeV2) => require(
            conf_change::decode(&entry.data).is_ok(),
            "an entry holds a malformed change of configuration",
        ),
        _ => Err("an entry is of an unknown type"),
    }
}

fn check_snapshot(receiver: Receiver, message: &Message) -> Check {
    let metadata = message.get_snapshot().get_metadata();
    let membership = conf_change::membership_of(metadata.get_conf_state());
    let is_member =
        membership.voters.contains(&receiver.id) || membership.learners.contains(&receiver.id);
    require(
        metadata.index > 0
            && metadata.index <= SAFE_MAX
            && metadata.term > 0
            && metadata.term <= message.term,
        "its snapshot has an impossible place in the log",
    )?;
    require(
        conf_change::is_sound(&membership)
            && is_member
            && membership.voters_outgoing.is_empty()
            && membership.learners_next.is_empty()
            && !metadata.get_conf_state().auto_leave,
        "its snapshot has an impossible membership",
    )
}
