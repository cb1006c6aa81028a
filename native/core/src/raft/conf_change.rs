use super::types::{Change, ChangeKind, ConfChange, Membership};
use crate::{Error, Result};
use prost::Message as _;
use raft::eraftpb::{
    ConfChangeSingle, ConfChangeTransition, ConfChangeType, ConfChangeV2, ConfState,
};

/// More members than this is a mistake or an attack.
pub(super) const MEMBERS_MAX: usize = 64;

pub(super) fn conf_state_of(membership: &Membership) -> ConfState {
    ConfState {
        voters: membership.voters.clone(),
        learners: membership.learners.clone(),
        voters_outgoing: membership.voters_outgoing.clone(),
        learners_next: membership.learners_next.clone(),
        auto_leave: false,
    }
}

pub(super) fn membership_of(state: &ConfState) -> Membership {
    let sorted = |ids: &[u64]| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids
    };
    Membership {
        voters: sorted(&state.voters),
        learners: sorted(&state.learners),
        voters_outgoing: sorted(&state.voters_outgoing),
        learners_next: sorted(&state.learners_next),
    }
}

/// Ids positive and each in one list, at least one voter.
pub(super) fn is_sound(membership: &Membership) -> bool {
    let mut ids = [&membership.voters[..], &membership.learners].concat();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    !membership.voters.is_empty()
        && ids.len() == count
        && count <= MEMBERS_MAX
        && ids.first().is_some_and(|&id| id > 0)
}

/// The engine's form of a change. One change is applied by itself, which overlapping majorities make
/// safe; several go through a joint configuration that only an explicit empty change leaves.
pub(super) fn encode(change: &ConfChange) -> ConfChangeV2 {
    let mut encoded = ConfChangeV2 {
        context: change.context.clone(),
        ..ConfChangeV2::default()
    };
    if change.changes.len() > 1 {
        encoded.set_transition(ConfChangeTransition::Explicit);
    }
    for change in &change.changes {
        let mut single = ConfChangeSingle {
            node_id: change.id,
            ..ConfChangeSingle::default()
        };
        single.set_change_type(match change.kind {
            ChangeKind::Voter => ConfChangeType::AddNode,
            ChangeKind::Learner => ConfChangeType::AddLearnerNode,
            ChangeKind::Remove => ConfChangeType::RemoveNode,
        });
        encoded.changes.push(single);
    }
    encoded
}

fn malformed(what: &str) -> Error {
    Error::new(
        "invalid_argument",
        format!("change of configuration: {what}"),
    )
}

/// Decodes what `encode` made and nothing else: an unknown number in it would make the engine panic.
pub(super) fn decode(data: &[u8]) -> Result<ConfChangeV2> {
    let change = ConfChangeV2::decode(data).map_err(|_| malformed("the bytes are not one"))?;
    if change.encode_to_vec() != data {
        return Err(malformed("the bytes are not canonical"));
    }
    let wanted = match change.changes.len() {
        0 | 1 => ConfChangeTransition::Auto,
        2..=MEMBERS_MAX => ConfChangeTransition::Explicit,
        _ => return Err(malformed("too many changes")),
    };
    if change.transition != wanted as i32 {
        return Err(malformed("unknown kind of transition"));
    }
    for single in &change.changes {
        if ConfChangeType::from_i32(single.change_type).is_none() || single.node_id == 0 {
            return Err(malformed("unknown kind of change, or node 0"));
        }
    }
    Ok(change)
}

/// What the data of an entry of this kind says. Throws `invalid_argument`.
pub fn parse_conf_change(data: &[u8]) -> Result<ConfChange> {
    let change = decode(data)?;
    let changes = change.changes.iter().map(|single| Change {
        id: single.node_id,
        kind: match single.get_change_type() {
            ConfChangeType::AddNode => ChangeKind::Voter,
            ConfChangeType::AddLearnerNode => ChangeKind::Learner,
            ConfChangeType::RemoveNode => ChangeKind::Remove,
        },
    });
    Ok(ConfChange {
        changes: changes.collect(),
        context: change.context.clone(),
    })
}
