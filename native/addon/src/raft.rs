use crate::border::{Result, buffer, invalid, thrown};
use crate::raft_objects::{
    Change, Collected, ConfChange, LogEntry, Membership, Persisted, Proposed, ProposedMany,
    RaftConfig, SnapshotImage, Status, collected_to_js, entries_from_js, entries_to_js, ids,
    messages_to_js, unsigned,
};
use napi::Env;
use napi::bindgen_prelude::BufferSlice;
use napi_derive::napi;
use plumbline_core::raft as core;

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
    pub fn set_voting(&mut self, voting: bool) -> Result<()> {
        self.host.set_voting(voting).map_err(thrown)
    }

    #[napi(catch_unwind)]
    pub fn hear(&mut self, member: i64, heard: bool) -> Result<()> {
        self.host
            .hear(unsigned(member, "hear")?, heard)
            .map_err(thrown)
    }

    #[napi(catch_unwind)]
    pub fn restarted(&mut self, member: i64, last_index: i64) -> Result<()> {
        self.host
            .restarted(
                unsigned(member, "restarted")?,
                unsigned(last_index, "restarted")?,
            )
            .map_err(thrown)
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
