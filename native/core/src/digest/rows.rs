//! Packed rows: the form in which readings travel between JavaScript and here. 48 bytes a row,
//! little endian: `u32 stream | u8 kind | 3 zero | u64 sequence | i64 time | u32 quality |
//! u32 flags | 8 bytes value | u32 evidence offset | u32 evidence length`.

use super::batch::{Batch, Reading, Run, SAFE_MAX, Value, is_safe_time};
use crate::{Error, Result};

pub const ROW_BYTES: usize = 48;
/// More rows than this in one call are a mistake of the caller.
const MAX_ROWS: usize = 1 << 20;
const NO_EVIDENCE: u32 = 0xffff_ffff;

/// Readings as three buffers: 16-byte stream ids, rows, and the heap that text, bytes and
/// evidence records lie in.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Rows {
    pub streams: Vec<u8>,
    pub rows: Vec<u8>,
    pub heap: Vec<u8>,
}

fn invalid(row: usize, what: impl std::fmt::Display) -> Error {
    Error::new("invalid_rows", format!("row {row}: {what}"))
}

fn u32_at(row: &[u8; ROW_BYTES], at: usize) -> u32 {
    u32::from_le_bytes([row[at], row[at + 1], row[at + 2], row[at + 3]])
}

fn bits_at(row: &[u8; ROW_BYTES], at: usize) -> [u8; 8] {
    let mut bits = [0u8; 8];
    bits.copy_from_slice(&row[at..at + 8]);
    bits
}

fn heap_slice<'a>(
    heap: &'a [u8],
    offset: u32,
    length: u32,
    row: usize,
    what: &str,
) -> Result<&'a [u8]> {
    let (offset, length) = (offset as usize, length as usize);
    heap.get(offset..offset.saturating_add(length))
        .ok_or_else(|| {
            let size = heap.len();
            invalid(
                row,
                format!(
                    "{what} lies outside the heap (offset {offset}, length {length}, heap {size})"
                ),
            )
        })
}

fn value_of_row<'a>(row: &[u8; ROW_BYTES], heap: &'a [u8], index: usize) -> Result<Value<'a>> {
    let bits = bits_at(row, 32);
    let in_heap = |what| heap_slice(heap, u32_at(row, 32), u32_at(row, 36), index, what);
    Ok(match row[4] {
        0 => Value::Null,
        1 => match u64::from_le_bytes(bits) {
            0 => Value::Boolean(false),
            1 => Value::Boolean(true),
            other => return Err(invalid(index, format!("boolean is {other}, not 0 or 1"))),
        },
        2 => Value::Integer(i64::from_le_bytes(bits)),
        3 => Value::Float(f64::from_le_bytes(bits)),
        4 => {
            let text = in_heap("text")?;
            if std::str::from_utf8(text).is_err() {
                return Err(invalid(index, "text is not UTF-8"));
            }
            Value::Text(text)
        }
        5 => Value::Bytes(in_heap("bytes")?),
        6 => match u64::from_le_bytes(bits) {
            big if big > i64::MAX as u64 => Value::Unsigned(big),
            small => {
                return Err(invalid(
                    index,
                    format!("kind 6 holds {small}, which fits kind 2"),
                ));
            }
        },
        other => {
            return Err(invalid(
                index,
                format!("unknown kind of value {other} (0 to 6)"),
            ));
        }
    })
}

fn reading_of_row<'a>(row: &[u8; ROW_BYTES], heap: &'a [u8], index: usize) -> Result<Reading<'a>> {
    if row[5..8] != [0, 0, 0] {
        return Err(invalid(index, "reserved bytes are not zero"));
    }
    let sequence = u64::from_le_bytes(bits_at(row, 8));
    if sequence > SAFE_MAX {
        return Err(invalid(
            index,
            format!("sequence {sequence} is above 2^53 - 1"),
        ));
    }
    let source_time_us = i64::from_le_bytes(bits_at(row, 16));
    if !is_safe_time(source_time_us) {
        return Err(invalid(
            index,
            format!("source time {source_time_us} is beyond 2^53 - 1 microseconds"),
        ));
    }
    let evidence = match u32_at(row, 40) {
        NO_EVIDENCE => None,
        offset => Some(heap_slice(
            heap,
            offset,
            u32_at(row, 44),
            index,
            "evidence",
        )?),
    };
    Ok(Reading {
        sequence,
        source_time_us,
        quality: u32_at(row, 24),
        flags: u32_at(row, 28),
        value: value_of_row(row, heap, index)?,
        evidence,
    })
}

/// Sorts packed rows, in whatever order they come, into a batch: by stream id, then by sequence.
/// Throws `invalid_rows` for anything malformed and `duplicate_sequence` where a stream has one
/// sequence twice.
pub fn batch_of_rows<'a>(
    streams: &[u8],
    rows: &[u8],
    heap: &'a [u8],
    secret: [u8; 32],
) -> Result<Batch<'a>> {
    let (ids, ids_rest) = streams.as_chunks::<16>();
    let (packed, rows_rest) = rows.as_chunks::<ROW_BYTES>();
    if !ids_rest.is_empty() || !rows_rest.is_empty() {
        return Err(Error::new(
            "invalid_rows",
            format!(
                "streams have {} bytes and rows {}; wanted multiples of 16 and {ROW_BYTES}",
                streams.len(),
                rows.len()
            ),
        ));
    }
    if packed.len() > MAX_ROWS {
        return Err(Error::new(
            "invalid_rows",
            format!(
                "{} rows in one batch, more than {MAX_ROWS}; split it",
                packed.len()
            ),
        ));
    }
    let (order, starts) = order_by_stream(ids, packed)?;
    let mut batch = Batch {
        secret,
        runs: Vec::new(),
        readings: Vec::with_capacity(packed.len()),
    };
    for (stream, range) in starts {
        push_run(&mut batch, stream, &order[range], packed, heap)?;
    }
    Ok(batch)
}

type Span = ([u8; 16], std::ops::Range<usize>);

/// Row numbers grouped by stream (counting sort, so rows keep their order inside a stream), and
/// where each stream's group lies, ascending by stream id.
fn order_by_stream(ids: &[[u8; 16]], packed: &[[u8; ROW_BYTES]]) -> Result<(Vec<u32>, Vec<Span>)> {
    let mut sorted: Vec<[u8; 16]> = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let ranks: Vec<usize> = ids
        .iter()
        .map(|id| sorted.partition_point(|other| other < id))
        .collect();
    let mut next = vec![0usize; sorted.len() + 1];
    for (index, row) in packed.iter().enumerate() {
        let stream = u32_at(row, 0) as usize;
        let rank = *ranks.get(stream).ok_or_else(|| {
            let count = ids.len();
            invalid(
                index,
                format!("stream index {stream}, but there are {count} streams"),
            )
        })?;
        next[rank + 1] += 1;
    }
    let mut spans = Vec::with_capacity(sorted.len());
    for rank in 0..sorted.len() {
        next[rank + 1] += next[rank];
        spans.push((sorted[rank], next[rank]..next[rank + 1]));
    }
    let mut order = vec![0u32; packed.len()];
    for (index, row) in packed.iter().enumerate() {
        let slot = &mut next[ranks[u32_at(row, 0) as usize]];
        order[*slot] = index as u32;
        *slot += 1;
    }
    Ok((order, spans))
}

fn push_run<'a>(
    batch: &mut Batch<'a>,
    stream: [u8; 16],
    order: &[u32],
    packed: &[[u8; ROW_BYTES]],
    heap: &'a [u8],
) -> Result<()> {
    if order.is_empty() {
        return Ok(());
    }
    let start = batch.readings.len();
    for &index in order {
        let index = index as usize;
        batch
            .readings
            .push(reading_of_row(&packed[index], heap, index)?);
    }
    let run = &mut batch.readings[start..];
    if !run.is_sorted_by_key(|reading| reading.sequence) {
        run.sort_by_key(|reading| reading.sequence);
    }
    for pair in run.windows(2) {
        if pair[0].sequence == pair[1].sequence {
            let id: String = stream.iter().map(|byte| format!("{byte:02x}")).collect();
            return Err(Error::new(
                "duplicate_sequence",
                format!(
                    "stream {id} has sequence {} twice in one batch",
                    pair[0].sequence
                ),
            ));
        }
    }
    batch.runs.push(Run {
        stream,
        start,
        count: order.len(),
    });
    Ok(())
}

/// The packed rows of a batch, in payload order.
pub fn rows_of_batch(batch: &Batch<'_>) -> Result<Rows> {
    let mut packed = Rows {
        streams: Vec::with_capacity(batch.runs.len() * 16),
        rows: Vec::with_capacity(batch.readings.len() * ROW_BYTES),
        heap: Vec::new(),
    };
    for (index, run) in batch.runs.iter().enumerate() {
        packed.streams.extend(run.stream);
        for reading in &batch.readings[run.start..run.start + run.count] {
            let row = pack_row(index as u32, reading, &mut packed.heap);
            packed.rows.extend(row);
        }
    }
    // Offsets were cut to 32 bits on the way; a heap this large never came from a legal payload.
    if packed.heap.len() >= NO_EVIDENCE as usize {
        return Err(Error::new(
            "malformed_payload",
            "payload: text, bytes and evidence exceed 4 GiB",
        ));
    }
    Ok(packed)
}

fn pack_row(stream: u32, reading: &Reading<'_>, heap: &mut Vec<u8>) -> [u8; ROW_BYTES] {
    let mut keep = |bytes: &[u8]| {
        let offset = heap.len() as u32;
        heap.extend_from_slice(bytes);
        (offset, bytes.len() as u32)
    };
    let in_heap =
        |(offset, length): (u32, u32)| (u64::from(length) << 32 | u64::from(offset)).to_le_bytes();
    let (kind, bits) = match reading.value {
        Value::Null => (0, [0; 8]),
        Value::Boolean(value) => (1, u64::from(value).to_le_bytes()),
        Value::Integer(value) => (2, value.to_le_bytes()),
        Value::Float(value) => (3, value.to_le_bytes()),
        Value::Text(text) => (4, in_heap(keep(text))),
        Value::Bytes(bytes) => (5, in_heap(keep(bytes))),
        Value::Unsigned(value) => (6, value.to_le_bytes()),
    };
    let (evidence_offset, evidence_length) = reading.evidence.map_or((NO_EVIDENCE, 0), keep);
    let mut row = [0u8; ROW_BYTES];
    row[0..4].copy_from_slice(&stream.to_le_bytes());
    row[4] = kind;
    row[8..16].copy_from_slice(&reading.sequence.to_le_bytes());
    row[16..24].copy_from_slice(&reading.source_time_us.to_le_bytes());
    row[24..28].copy_from_slice(&reading.quality.to_le_bytes());
    row[28..32].copy_from_slice(&reading.flags.to_le_bytes());
    row[32..40].copy_from_slice(&bits);
    row[40..44].copy_from_slice(&evidence_offset.to_le_bytes());
    row[44..48].copy_from_slice(&evidence_length.to_le_bytes());
    row
}
