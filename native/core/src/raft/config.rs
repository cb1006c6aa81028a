//! The settings of the engine, and what must hold before it starts: it panics otherwise.

use super::conf_change::is_sound;
use super::log_tail::LogTail;
use super::types::Config;
use crate::{Error, Result};
use raft::ReadOnlyOption;

/// Of the entries in one message; a larger entry goes alone.
pub(super) const MESSAGE_BYTES_MAX: u64 = 1 << 20;
/// Of one entry.
pub(super) const ENTRY_BYTES_MAX: usize = 16 << 20;
const INFLIGHT_MESSAGES_MAX: usize = 64;
const UNCOMMITTED_BYTES_MAX: u64 = 16 << 20;
pub(super) const COMMITTED_BYTES_PER_PASS_MAX: u64 = 4 << 20;

pub(super) fn engine_config(config: &Config) -> raft::Config {
    raft::Config {
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
        // Never by lease: that would trust clocks.
        read_only_option: ReadOnlyOption::Safe,
        max_uncommitted_size: UNCOMMITTED_BYTES_MAX,
        max_committed_size_per_ready: COMMITTED_BYTES_PER_PASS_MAX,
        ..raft::Config::default()
    }
}

/// Throws `invalid_config`.
pub(super) fn check_config(config: &Config) -> Result<()> {
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

/// Whether the restored log holds what was committed. Throws `invalid_log`.
pub(super) fn check_log(config: &Config, log: &LogTail) -> Result<()> {
    let (commit, last) = (config.hard_state.commit, log.last());
    if commit <= last {
        return Ok(());
    }
    Err(Error::new(
        "invalid_log",
        format!(
            "the stored log ends at {last}, before its commit index {commit}: it is torn or was not restored"
        ),
    ))
}
