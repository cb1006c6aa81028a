//! Reads a columnar payload. Its bytes come from another gateway: every count is bounded before
//! anything is allocated for it, and what is not written in the one way is refused.

use super::batch::{Batch, Reading, Run, SAFE_MAX, Value, is_safe_time};
use super::payload_writer::{
    DECIMAL_LIMIT, FLOAT_DECIMAL, FLOAT_RAW, MAGIC, POWERS_OF_TEN, SEQUENCE_CONTIGUOUS,
    SEQUENCE_DELTAS,
};
use super::varint::Cursor;
use crate::Result;

/// Decodes a payload of at most `max_readings` readings. Throws `malformed_payload`.
pub fn read_payload(payload: &[u8], max_readings: usize) -> Result<Batch<'_>> {
    let mut cursor = Cursor::new(payload);
    if cursor.take(4, "the magic number")? != MAGIC {
        return Err(cursor.malformed("does not begin with PLP1"));
    }
    let secret = cursor.array::<32>("the batch secret")?;
    // A reading takes a byte at least (its time), so a short payload cannot claim many.
    let count = cursor.count(
        max_readings.min(cursor.remaining()),
        "the count of readings",
    )?;
    let run_count = cursor.count(count, "the count of streams")?;
    let mut batch = Batch {
        secret,
        runs: Vec::new(),
        readings: Vec::new(),
    };
    for _ in 0..run_count {
        read_run(&mut cursor, &mut batch, count)?;
    }
    if batch.readings.len() != count {
        let found = batch.readings.len();
        return Err(cursor.malformed(&format!("says {count} readings and holds {found}")));
    }
    if cursor.remaining() > 0 {
        return Err(cursor.malformed("goes on after its last stream"));
    }
    Ok(batch)
}

const EMPTY: Reading<'static> = Reading {
    sequence: 0,
    source_time_us: 0,
    quality: 0,
    flags: 0,
    value: Value::Null,
    evidence: None,
};

fn read_run<'a>(cursor: &mut Cursor<'a>, batch: &mut Batch<'a>, total: usize) -> Result<()> {
    let stream = cursor.array::<16>("a stream id")?;
    if batch.runs.last().is_some_and(|run| run.stream >= stream) {
        return Err(cursor.malformed("streams are not in ascending order"));
    }
    let start = batch.readings.len();
    let count = cursor.count(total - start, "a stream's count of readings")?;
    if count == 0 {
        return Err(cursor.malformed("a stream has no readings"));
    }
    batch.readings.resize(start + count, EMPTY);
    let readings = &mut batch.readings[start..];
    read_sequences(cursor, readings)?;
    read_times(cursor, readings)?;
    read_lengths(cursor, readings, "quality", |reading, code| {
        reading.quality = code;
    })?;
    read_lengths(cursor, readings, "flags", |reading, bits| {
        reading.flags = bits;
    })?;
    read_values(cursor, readings)?;
    read_evidence(cursor, readings)?;
    batch.runs.push(Run {
        stream,
        start,
        count,
    });
    Ok(())
}

fn read_sequences(cursor: &mut Cursor<'_>, readings: &mut [Reading<'_>]) -> Result<()> {
    let mut sequence = cursor.varint("a first sequence")?;
    let mode = cursor.byte("the mode of sequences")?;
    if mode > SEQUENCE_DELTAS {
        return Err(cursor.malformed(&format!("unknown mode of sequences {mode}")));
    }
    for (index, reading) in readings.iter_mut().enumerate() {
        if index > 0 {
            let skipped = match mode {
                SEQUENCE_CONTIGUOUS => 0,
                _ => cursor.varint("a sequence")?,
            };
            sequence = sequence.saturating_add(skipped).saturating_add(1);
        }
        if sequence > SAFE_MAX {
            return Err(cursor.malformed("a sequence is above 2^53 - 1"));
        }
        reading.sequence = sequence;
    }
    Ok(())
}

fn read_times(cursor: &mut Cursor<'_>, readings: &mut [Reading<'_>]) -> Result<()> {
    let mut time = 0i64;
    let mut delta = 0i64;
    for (index, reading) in readings.iter_mut().enumerate() {
        let number = cursor.zigzag("a source time")?;
        if index == 0 {
            time = number;
        } else {
            delta = delta.wrapping_add(number);
            time = time.wrapping_add(delta);
        }
        if !is_safe_time(time) {
            return Err(cursor.malformed("a source time is beyond 2^53 - 1 microseconds"));
        }
        reading.source_time_us = time;
    }
    Ok(())
}

/// Splits `readings` by the run lengths that `next` reads, which must add up exactly.
fn for_each_length<'r, 'a>(
    cursor: &mut Cursor<'a>,
    readings: &'r mut [Reading<'a>],
    what: &str,
    mut next: impl FnMut(&mut Cursor<'a>, &'r mut [Reading<'a>]) -> Result<()>,
) -> Result<()> {
    let pairs = cursor.count(readings.len(), what)?;
    let mut rest = readings;
    for _ in 0..pairs {
        let length = cursor.count(rest.len(), what)?;
        if length == 0 {
            return Err(cursor.malformed(&format!("{what}: a run of length 0")));
        }
        let (run, after) = rest.split_at_mut(length);
        rest = after;
        next(cursor, run)?;
    }
    if !rest.is_empty() {
        let missing = rest.len();
        return Err(cursor.malformed(&format!("{what}: {missing} readings have none")));
    }
    Ok(())
}

fn read_lengths<'a>(
    cursor: &mut Cursor<'a>,
    readings: &mut [Reading<'a>],
    what: &str,
    set: fn(&mut Reading<'a>, u32),
) -> Result<()> {
    for_each_length(cursor, readings, what, |cursor, run| {
        let number = cursor.varint(what)?;
        let Ok(bits) = u32::try_from(number) else {
            return Err(cursor.malformed(&format!("{what} {number} is longer than 32 bits")));
        };
        for reading in run {
            set(reading, bits);
        }
        Ok(())
    })
}

fn read_values<'a>(cursor: &mut Cursor<'a>, readings: &mut [Reading<'a>]) -> Result<()> {
    for_each_length(cursor, readings, "values", |cursor, run| {
        match cursor.byte("a kind of value")? {
            0 => Ok(()), // they are null already
            1 => read_each(cursor, run, |cursor| match cursor.byte("a boolean")? {
                bit @ 0..=1 => Ok(Value::Boolean(bit == 1)),
                other => Err(cursor.malformed(&format!("a boolean is {other}, not 0 or 1"))),
            }),
            2 => {
                let mut previous = 0i64;
                read_each(cursor, run, |cursor| {
                    previous = previous.wrapping_add(cursor.zigzag("an integer")?);
                    Ok(Value::Integer(previous))
                })
            }
            3 => read_floats(cursor, run),
            4 => read_each(cursor, run, |cursor| {
                let text = read_string(cursor, "a text")?;
                if std::str::from_utf8(text).is_err() {
                    return Err(cursor.malformed("a text is not UTF-8"));
                }
                Ok(Value::Text(text))
            }),
            5 => read_each(cursor, run, |cursor| {
                Ok(Value::Bytes(read_string(cursor, "bytes")?))
            }),
            6 => {
                let mut previous = 0i64;
                read_each(cursor, run, |cursor| {
                    previous = previous.wrapping_add(cursor.zigzag("an integer")?);
                    if previous >= 0 {
                        return Err(cursor.malformed("kind 6 holds what fits kind 2"));
                    }
                    Ok(Value::Unsigned(previous as u64))
                })
            }
            other => Err(cursor.malformed(&format!("unknown kind of value {other} (0 to 6)"))),
        }
    })
}

fn read_each<'a>(
    cursor: &mut Cursor<'a>,
    run: &mut [Reading<'a>],
    mut next: impl FnMut(&mut Cursor<'a>) -> Result<Value<'a>>,
) -> Result<()> {
    for reading in run {
        reading.value = next(cursor)?;
    }
    Ok(())
}

fn read_string<'a>(cursor: &mut Cursor<'a>, what: &str) -> Result<&'a [u8]> {
    let length = cursor.count(cursor.remaining(), what)?;
    cursor.take(length, what)
}

fn read_floats<'a>(cursor: &mut Cursor<'a>, run: &mut [Reading<'a>]) -> Result<()> {
    match cursor.byte("the mode of floats")? {
        FLOAT_RAW => read_each(cursor, run, |cursor| {
            Ok(Value::Float(f64::from_le_bytes(
                cursor.array::<8>("a float")?,
            )))
        }),
        FLOAT_DECIMAL => {
            let exponent = cursor.byte("a decimal exponent")?;
            let Some(&power) = POWERS_OF_TEN.get(exponent as usize) else {
                return Err(cursor.malformed(&format!("decimal exponent {exponent} is above 9")));
            };
            let mut scaled = 0i64;
            read_each(cursor, run, |cursor| {
                scaled = scaled.wrapping_add(cursor.zigzag("a decimal")?);
                if scaled.unsigned_abs() > SAFE_MAX {
                    return Err(cursor.malformed("a decimal is beyond 2^53 - 1"));
                }
                debug_assert!((scaled as f64).abs() < DECIMAL_LIMIT);
                Ok(Value::Float(scaled as f64 / power))
            })
        }
        other => Err(cursor.malformed(&format!("unknown mode of floats {other}"))),
    }
}

fn read_evidence<'a>(cursor: &mut Cursor<'a>, readings: &mut [Reading<'a>]) -> Result<()> {
    match cursor.byte("the mode of evidence")? {
        0 => Ok(()),
        1 => {
            for reading in readings {
                let length = cursor.count(cursor.remaining(), "evidence")?;
                if length > 0 {
                    reading.evidence = Some(cursor.take(length - 1, "evidence")?);
                }
            }
            Ok(())
        }
        other => Err(cursor.malformed(&format!("unknown mode of evidence {other}"))),
    }
}
