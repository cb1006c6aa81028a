//! Batches of readings: packed rows in, columnar payload, salted leaves and their tree out; and the tree of the state.
//! The bytes are those of `docs/FORMATS.md` (reading leaf, batch root, payload, state).

mod batch;
mod leaf;
mod merkle;
mod payload_reader;
mod payload_writer;
mod rows;
mod salts;
mod sha;
mod state_tree;
mod varint;

pub use batch::{Batch, Reading, Run, Value};
pub use leaf::LeafEncoder;
pub use merkle::{audit_path, root_of};
pub use payload_reader::read_payload;
pub use payload_writer::write_payload;
pub use rows::{ROW_BYTES, Rows, batch_of_rows, rows_of_batch};
pub use salts::{salt_at, salts};
pub use sha::{Hash, entry_leaf_hash, sha256};
pub use state_tree::{StatePath, StateProof, StateTree, kept_pairs, named_values};

use std::collections::BTreeMap;

/// What a batch header says about its readings, computed from the readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// 32 bytes a reading, in payload order.
    pub leaf_hashes: Vec<Hash>,
    pub root: Hash,
    /// Microseconds since the epoch; both 0 where there is no reading.
    pub first_time_us: i64,
    pub last_time_us: i64,
    /// Ascending by code: (quality code, count).
    pub qualities: Vec<(u32, u32)>,
}

/// Hashes every reading of a batch under its salt and builds the tree over them.
pub fn digest_batch(batch: &Batch<'_>) -> Digest {
    let mut leaf_hashes = Vec::with_capacity(batch.readings.len());
    let salts = salts(&batch.secret, batch.readings.len());
    let mut encoder = LeafEncoder::new();
    for run in &batch.runs {
        let readings = &batch.readings[run.start..run.start + run.count];
        for (reading, salt) in readings.iter().zip(&salts[run.start..]) {
            leaf_hashes.push(encoder.hash(salt, &run.stream, reading));
        }
    }
    let root = root_of(&leaf_hashes);
    let (first_time_us, last_time_us) = time_span(batch);
    Digest {
        leaf_hashes,
        root,
        first_time_us,
        last_time_us,
        qualities: count_qualities(batch),
    }
}

fn time_span(batch: &Batch<'_>) -> (i64, i64) {
    let mut times = batch.readings.iter().map(|reading| reading.source_time_us);
    let Some(first) = times.next() else {
        return (0, 0);
    };
    times.fold((first, first), |(low, high), time| {
        (low.min(time), high.max(time))
    })
}

fn count_qualities(batch: &Batch<'_>) -> Vec<(u32, u32)> {
    let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
    let mut pending: Option<(u32, u32)> = None;
    for reading in &batch.readings {
        match &mut pending {
            Some((code, count)) if *code == reading.quality => *count += 1,
            _ => {
                if let Some((code, count)) = pending.replace((reading.quality, 1)) {
                    *counts.entry(code).or_default() += count;
                }
            }
        }
    }
    if let Some((code, count)) = pending {
        *counts.entry(code).or_default() += count;
    }
    counts.into_iter().collect()
}

#[cfg(test)]
mod tests;
