use crate::border::{Result, buffer, invalid, thrown};
use napi::Env;
use napi::bindgen_prelude::BufferSlice;
use napi_derive::napi;
use plumbline_core::digest::{self, Batch, Digest, Hash, LeafEncoder};

/// A batch that was just closed. `runs` has 28 bytes a stream (id, u64 first sequence, u32 count),
/// `qualities` 8 bytes a code (u32 code, u32 count), little endian.
#[napi(object, object_from_js = false)]
pub struct ClosedBatch<'env> {
    pub payload: BufferSlice<'env>,
    pub leaf_hashes: BufferSlice<'env>,
    pub root: BufferSlice<'env>,
    pub runs: BufferSlice<'env>,
    pub first_time_us: i64,
    pub last_time_us: i64,
    pub qualities: BufferSlice<'env>,
}

/// What a payload says, recomputed.
#[napi(object, object_from_js = false)]
pub struct CheckedBatch<'env> {
    pub leaf_hashes: BufferSlice<'env>,
    pub root: BufferSlice<'env>,
    pub runs: BufferSlice<'env>,
    pub first_time_us: i64,
    pub last_time_us: i64,
    pub qualities: BufferSlice<'env>,
}

/// What a payload says, with its readings as packed rows in payload order.
#[napi(object, object_from_js = false)]
pub struct OpenedBatch<'env> {
    pub streams: BufferSlice<'env>,
    pub rows: BufferSlice<'env>,
    pub heap: BufferSlice<'env>,
    pub secret: BufferSlice<'env>,
    pub leaf_hashes: BufferSlice<'env>,
    pub root: BufferSlice<'env>,
    pub runs: BufferSlice<'env>,
    pub first_time_us: i64,
    pub last_time_us: i64,
    pub qualities: BufferSlice<'env>,
}

/// What a reading index needs of a payload.
#[napi(object, object_from_js = false)]
pub struct PayloadRows<'env> {
    pub rows: BufferSlice<'env>,
    pub runs: BufferSlice<'env>,
}

fn runs_bytes(batch: &Batch<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(batch.runs.len() * 28);
    for run in &batch.runs {
        out.extend(run.stream);
        out.extend(batch.readings[run.start].sequence.to_le_bytes());
        out.extend((run.count as u32).to_le_bytes());
    }
    out
}

fn qualities_bytes(digest: &Digest) -> Vec<u8> {
    let pairs = digest.qualities.iter();
    pairs
        .flat_map(|(code, count)| [code.to_le_bytes(), count.to_le_bytes()])
        .flatten()
        .collect()
}

/// Sorts packed rows into a batch, hashes it and writes its payload (not compressed).
/// Throws `invalid_rows` or `duplicate_sequence`.
#[napi(catch_unwind)]
pub fn close_batch<'env>(
    env: &'env Env,
    streams: &[u8],
    rows: &[u8],
    heap: &[u8],
    secret: &[u8],
) -> Result<ClosedBatch<'env>> {
    let secret = <[u8; 32]>::try_from(secret).map_err(|_| {
        invalid(format!(
            "closeBatch: the secret has {} bytes, not 32",
            secret.len()
        ))
    })?;
    let batch = digest::batch_of_rows(streams, rows, heap, secret).map_err(thrown)?;
    let digest = digest::digest_batch(&batch);
    Ok(ClosedBatch {
        payload: buffer(env, digest::write_payload(&batch))?,
        leaf_hashes: buffer(env, digest.leaf_hashes.as_flattened())?,
        root: buffer(env, digest.root)?,
        runs: buffer(env, runs_bytes(&batch))?,
        first_time_us: digest.first_time_us,
        last_time_us: digest.last_time_us,
        qualities: buffer(env, qualities_bytes(&digest))?,
    })
}

/// The readings of a payload as packed rows, and where its runs lie; nothing is hashed. Throws `malformed_payload`.
#[napi(catch_unwind)]
pub fn rows_of_payload<'env>(
    env: &'env Env,
    payload: &[u8],
    max_readings: u32,
) -> Result<PayloadRows<'env>> {
    let batch = digest::read_payload(payload, max_readings as usize).map_err(thrown)?;
    let rows = digest::rows_of_batch(&batch).map_err(thrown)?;
    Ok(PayloadRows {
        rows: buffer(env, rows.rows)?,
        runs: buffer(env, runs_bytes(&batch))?,
    })
}

/// Recomputes what a payload says. Throws `malformed_payload`.
#[napi(catch_unwind)]
pub fn check_batch<'env>(
    env: &'env Env,
    payload: &[u8],
    max_readings: u32,
) -> Result<CheckedBatch<'env>> {
    let batch = digest::read_payload(payload, max_readings as usize).map_err(thrown)?;
    let digest = digest::digest_batch(&batch);
    Ok(CheckedBatch {
        leaf_hashes: buffer(env, digest.leaf_hashes.as_flattened())?,
        root: buffer(env, digest.root)?,
        runs: buffer(env, runs_bytes(&batch))?,
        first_time_us: digest.first_time_us,
        last_time_us: digest.last_time_us,
        qualities: buffer(env, qualities_bytes(&digest))?,
    })
}

/// As `checkBatch`, with the readings as packed rows. Throws `malformed_payload`.
#[napi(catch_unwind)]
pub fn open_batch<'env>(
    env: &'env Env,
    payload: &[u8],
    max_readings: u32,
) -> Result<OpenedBatch<'env>> {
    let batch = digest::read_payload(payload, max_readings as usize).map_err(thrown)?;
    let digest = digest::digest_batch(&batch);
    let rows = digest::rows_of_batch(&batch).map_err(thrown)?;
    Ok(OpenedBatch {
        streams: buffer(env, rows.streams)?,
        rows: buffer(env, rows.rows)?,
        heap: buffer(env, rows.heap)?,
        secret: buffer(env, batch.secret)?,
        leaf_hashes: buffer(env, digest.leaf_hashes.as_flattened())?,
        root: buffer(env, digest.root)?,
        runs: buffer(env, runs_bytes(&batch))?,
        first_time_us: digest.first_time_us,
        last_time_us: digest.last_time_us,
        qualities: buffer(env, qualities_bytes(&digest))?,
    })
}

/// The canonical leaf bytes of one reading of a payload. Throws `malformed_payload`, or
/// `invalid_argument` where the payload has no such position.
#[napi(catch_unwind)]
pub fn leaf_cbor<'env>(env: &'env Env, payload: &[u8], position: u32) -> Result<BufferSlice<'env>> {
    let position = position as usize;
    let batch = digest::read_payload(payload, u32::MAX as usize).map_err(thrown)?;
    let Some(stream) = batch.stream_at(position) else {
        return Err(invalid(format!(
            "leafCbor: position {position}, but the payload has {} readings",
            batch.readings.len()
        )));
    };
    let salt = digest::salt_at(&batch.secret, position);
    let mut encoder = LeafEncoder::new();
    buffer(
        env,
        encoder.encode(&salt, stream, &batch.readings[position]),
    )
}

#[napi(catch_unwind)]
pub fn sha256<'env>(env: &'env Env, bytes: &[u8]) -> Result<BufferSlice<'env>> {
    buffer(env, digest::sha256(bytes))
}

fn hashes<'a>(bytes: &'a [u8], what: &str) -> Result<&'a [Hash]> {
    match bytes.as_chunks::<32>() {
        (hashes, []) => Ok(hashes),
        _ => Err(invalid(format!(
            "{what}: {} bytes are no whole number of hashes",
            bytes.len()
        ))),
    }
}

/// RFC 6962 root over leaf hashes.
#[napi(catch_unwind)]
pub fn merkle_root<'env>(env: &'env Env, leaf_hashes: &[u8]) -> Result<BufferSlice<'env>> {
    buffer(env, digest::root_of(hashes(leaf_hashes, "merkleRoot")?))
}

/// RFC 6962 audit path of one leaf, lowest sibling first.
#[napi(catch_unwind)]
pub fn merkle_path<'env>(
    env: &'env Env,
    leaf_hashes: &[u8],
    index: u32,
) -> Result<BufferSlice<'env>> {
    let leaves = hashes(leaf_hashes, "merklePath")?;
    let path = digest::audit_path(leaves, index as usize).ok_or_else(|| {
        invalid(format!(
            "merklePath: index {index}, but there are {} leaves",
            leaves.len()
        ))
    })?;
    buffer(env, path.as_flattened())
}

/// RFC 6962 leaf hashes of entries' bytes, 32 bytes each.
#[napi(catch_unwind)]
pub fn leaf_hashes_of<'env>(
    env: &'env Env,
    entries: Vec<BufferSlice<'env>>,
) -> Result<BufferSlice<'env>> {
    let hashes: Vec<Hash> = entries
        .iter()
        .map(|entry| digest::entry_leaf_hash(entry))
        .collect();
    buffer(env, hashes.as_flattened())
}
