use super::batch::{Batch, Reading, Value};
use super::varint::{put_varint, put_zigzag};

pub(super) const MAGIC: &[u8; 4] = b"PLP1";
pub(super) const FLOAT_RAW: u8 = 0;
pub(super) const FLOAT_DECIMAL: u8 = 1;
pub(super) const SEQUENCE_CONTIGUOUS: u8 = 0;
pub(super) const SEQUENCE_DELTAS: u8 = 1;

/// Powers of ten that a decimal column may be scaled by; all exact in binary64.
pub(super) const POWERS_OF_TEN: [f64; 10] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
/// Decimal columns hold integers below 2^53 only, which binary64 has exactly.
pub(super) const DECIMAL_LIMIT: f64 = 9_007_199_254_740_992.0;

/// The columnar payload of a batch, not compressed.
pub fn write_payload(batch: &Batch<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + batch.readings.len() * 8);
    out.extend(MAGIC);
    out.extend(batch.secret);
    put_varint(&mut out, batch.readings.len() as u64);
    put_varint(&mut out, batch.runs.len() as u64);
    for run in &batch.runs {
        let readings = &batch.readings[run.start..run.start + run.count];
        out.extend(run.stream);
        put_varint(&mut out, readings.len() as u64);
        write_sequences(&mut out, readings);
        write_times(&mut out, readings);
        write_lengths(&mut out, readings, |reading| reading.quality);
        write_lengths(&mut out, readings, |reading| reading.flags);
        write_values(&mut out, readings);
        write_evidence(&mut out, readings);
    }
    out
}

fn write_sequences(out: &mut Vec<u8>, readings: &[Reading<'_>]) {
    let (Some(first), Some(last)) = (readings.first(), readings.last()) else {
        return;
    };
    put_varint(out, first.sequence);
    if last.sequence - first.sequence == readings.len() as u64 - 1 {
        out.push(SEQUENCE_CONTIGUOUS);
        return;
    }
    out.push(SEQUENCE_DELTAS);
    for pair in readings.windows(2) {
        put_varint(out, pair[1].sequence - pair[0].sequence - 1);
    }
}

fn write_times(out: &mut Vec<u8>, readings: &[Reading<'_>]) {
    let mut previous = 0i64;
    let mut previous_delta = 0i64;
    for (index, reading) in readings.iter().enumerate() {
        let delta = reading.source_time_us.wrapping_sub(previous);
        put_zigzag(out, delta.wrapping_sub(previous_delta));
        previous = reading.source_time_us;
        // The first number is the time itself: the next one is a plain delta.
        previous_delta = if index == 0 { 0 } else { delta };
    }
}

/// Run-length column: pairs of (run length, value).
fn write_lengths(out: &mut Vec<u8>, readings: &[Reading<'_>], column: fn(&Reading<'_>) -> u32) {
    let runs = || readings.chunk_by(|a, b| column(a) == column(b));
    put_varint(out, runs().count() as u64);
    for run in runs() {
        put_varint(out, run.len() as u64);
        put_varint(out, u64::from(column(&run[0])));
    }
}

pub(super) fn kind_of(value: &Value<'_>) -> u8 {
    match value {
        Value::Null => 0,
        Value::Boolean(_) => 1,
        Value::Integer(_) => 2,
        Value::Float(_) => 3,
        Value::Text(_) => 4,
        Value::Bytes(_) => 5,
        Value::Unsigned(_) => 6,
    }
}

fn write_values(out: &mut Vec<u8>, readings: &[Reading<'_>]) {
    let runs = || readings.chunk_by(|a, b| kind_of(&a.value) == kind_of(&b.value));
    put_varint(out, runs().count() as u64);
    for run in runs() {
        put_varint(out, run.len() as u64);
        out.push(kind_of(&run[0].value));
        if let Value::Float(_) = run[0].value {
            write_floats(out, run);
        } else {
            write_discrete(out, run);
        }
    }
}

/// Every kind but floats; `run` holds one kind only.
fn write_discrete(out: &mut Vec<u8>, run: &[Reading<'_>]) {
    let mut previous = 0i64;
    for reading in run {
        match reading.value {
            Value::Null | Value::Float(_) => {}
            Value::Boolean(value) => out.push(u8::from(value)),
            Value::Integer(value) => {
                put_zigzag(out, value.wrapping_sub(previous));
                previous = value;
            }
            Value::Unsigned(value) => {
                put_zigzag(out, (value as i64).wrapping_sub(previous));
                previous = value as i64;
            }
            Value::Text(bytes) | Value::Bytes(bytes) => {
                put_varint(out, bytes.len() as u64);
                out.extend_from_slice(bytes);
            }
        }
    }
}

fn floats<'a>(run: &'a [Reading<'_>]) -> impl Iterator<Item = f64> + 'a {
    run.iter().map(|reading| match reading.value {
        Value::Float(value) => value,
        _ => f64::NAN,
    })
}

fn write_floats(out: &mut Vec<u8>, run: &[Reading<'_>]) {
    let start = out.len();
    if let Some(exponent) = common_exponent(run) {
        out.push(FLOAT_DECIMAL);
        out.push(exponent as u8);
        let mut previous = 0i64;
        for value in floats(run) {
            let scaled = (value * POWERS_OF_TEN[exponent]).round() as i64;
            put_zigzag(out, scaled - previous);
            previous = scaled;
        }
        if out.len() - start <= 1 + run.len() * 8 {
            return;
        }
        out.truncate(start);
    }
    out.push(FLOAT_RAW);
    for value in floats(run) {
        out.extend(value.to_le_bytes());
    }
}

/// Whether `value` comes back, bit for bit, from an integer below 2^53 divided by this power of ten.
/// The detour through the integer loses the sign of -0.0, as the payload would.
fn is_decimal(value: f64, power: f64) -> bool {
    let scaled = (value * power).round();
    scaled.abs() < DECIMAL_LIMIT && (scaled as i64 as f64 / power).to_bits() == value.to_bits()
}

/// The smallest exponent under which every value of the run is an exact decimal.
fn common_exponent(run: &[Reading<'_>]) -> Option<usize> {
    let mut exponent = 0;
    loop {
        let misfit = floats(run).find(|&value| !is_decimal(value, POWERS_OF_TEN[exponent]));
        let Some(value) = misfit else {
            return Some(exponent);
        };
        // Go straight to the first exponent that suits this value, then look at all of them again.
        exponent =
            (exponent + 1..POWERS_OF_TEN.len()).find(|&e| is_decimal(value, POWERS_OF_TEN[e]))?;
    }
}

fn write_evidence(out: &mut Vec<u8>, readings: &[Reading<'_>]) {
    if readings.iter().all(|reading| reading.evidence.is_none()) {
        out.push(0);
        return;
    }
    out.push(1);
    for reading in readings {
        match reading.evidence {
            None => out.push(0),
            Some(record) => {
                put_varint(out, record.len() as u64 + 1);
                out.extend_from_slice(record);
            }
        }
    }
}
