use super::batch::{Reading, Value};
use super::sha::{Hash, SHORT_MAX, finish_short, sha256};

/// Encodes reading leaves, `CBOR([salt, streamId, sequence, sourceTimeUs, value, quality, flags
/// (, evidence)])` in the deterministic encoding of RFC 8949 4.2.1, and hashes them. Keeps its
/// buffer from leaf to leaf.
pub struct LeafEncoder {
    /// RFC 6962's leaf prefix 0x00, then the CBOR.
    bytes: Vec<u8>,
}

const MAJOR_UNSIGNED: u8 = 0x00;
const MAJOR_NEGATIVE: u8 = 0x20;
const MAJOR_BYTES: u8 = 0x40;
const MAJOR_TEXT: u8 = 0x60;
const MAJOR_ARRAY: u8 = 0x80;
const CANONICAL_NAN: [u8; 3] = [0xf9, 0x7e, 0x00];

impl Default for LeafEncoder {
    fn default() -> Self {
        Self::new()
    }
}

impl LeafEncoder {
    pub fn new() -> Self {
        Self {
            bytes: Vec::with_capacity(256),
        }
    }

    /// The CBOR of one leaf, valid until the next call.
    pub fn encode(&mut self, salt: &[u8; 16], stream: &[u8; 16], reading: &Reading<'_>) -> &[u8] {
        self.write(salt, stream, reading);
        &self.bytes[1..]
    }

    /// `SHA-256(0x00 || CBOR)` of one leaf.
    pub fn hash(&mut self, salt: &[u8; 16], stream: &[u8; 16], reading: &Reading<'_>) -> Hash {
        self.write(salt, stream, reading);
        if self.bytes.len() > SHORT_MAX {
            return sha256(&self.bytes);
        }
        let mut message = [0u8; 128];
        message[..self.bytes.len()].copy_from_slice(&self.bytes);
        finish_short(&mut message, self.bytes.len())
    }

    fn write(&mut self, salt: &[u8; 16], stream: &[u8; 16], reading: &Reading<'_>) {
        self.bytes.clear();
        self.bytes.push(0);
        let members = if reading.evidence.is_some() { 8 } else { 7 };
        self.bytes.push(MAJOR_ARRAY | members);
        self.string(MAJOR_BYTES, salt);
        self.string(MAJOR_BYTES, stream);
        self.head(MAJOR_UNSIGNED, reading.sequence);
        self.signed(reading.source_time_us);
        self.value(reading.value);
        self.head(MAJOR_UNSIGNED, u64::from(reading.quality));
        self.head(MAJOR_UNSIGNED, u64::from(reading.flags));
        if let Some(record) = reading.evidence {
            self.string(MAJOR_BYTES, &sha256(record));
        }
    }

    fn value(&mut self, value: Value<'_>) {
        match value {
            Value::Null => self.bytes.push(0xf6),
            Value::Boolean(value) => self.bytes.push(0xf4 | u8::from(value)),
            Value::Integer(value) => self.signed(value),
            Value::Unsigned(value) => self.head(MAJOR_UNSIGNED, value),
            Value::Float(value) => self.float(value),
            Value::Text(text) => self.string(MAJOR_TEXT, text),
            Value::Bytes(bytes) => self.string(MAJOR_BYTES, bytes),
        }
    }

    fn head(&mut self, major: u8, argument: u64) {
        match argument {
            0..=23 => self.bytes.push(major | argument as u8),
            24..=0xff => self.bytes.extend([major | 24, argument as u8]),
            0x100..=0xffff => {
                self.bytes.push(major | 25);
                self.bytes.extend((argument as u16).to_be_bytes());
            }
            0x1_0000..=0xffff_ffff => {
                self.bytes.push(major | 26);
                self.bytes.extend((argument as u32).to_be_bytes());
            }
            _ => {
                self.bytes.push(major | 27);
                self.bytes.extend(argument.to_be_bytes());
            }
        }
    }

    fn signed(&mut self, value: i64) {
        if value < 0 {
            // RFC 8949 3.1: major type 1 carries -1 - n, which is the complement of the bits.
            self.head(MAJOR_NEGATIVE, !value as u64);
        } else {
            self.head(MAJOR_UNSIGNED, value as u64);
        }
    }

    fn string(&mut self, major: u8, bytes: &[u8]) {
        self.head(major, bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    /// The shortest encoding that gives the same bits back; every NaN is the one quiet NaN.
    fn float(&mut self, value: f64) {
        if value.is_nan() {
            self.bytes.extend(CANONICAL_NAN);
            return;
        }
        let single = value as f32;
        if f64::from(single).to_bits() != value.to_bits() {
            self.bytes.push(0xfb);
            self.bytes.extend(value.to_be_bytes());
        } else if let Some(half) = exact_half(single) {
            self.bytes.push(0xf9);
            self.bytes.extend(half.to_be_bytes());
        } else {
            self.bytes.push(0xfa);
            self.bytes.extend(single.to_be_bytes());
        }
    }
}

/// The IEEE 754 binary16 with exactly this value, if there is one. Never called with NaN.
fn exact_half(value: f32) -> Option<u16> {
    let bits = value.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let exponent = (bits >> 23) as i32 & 0xff;
    let fraction = bits & 0x7f_ffff;
    match exponent {
        0 => (fraction == 0).then_some(sign),
        0xff => Some(sign | 0x7c00),
        113..=142 => (fraction & 0x1fff == 0)
            .then(|| sign | (((exponent - 112) as u16) << 10) | (fraction >> 13) as u16),
        // Subnormal halves: multiples of 2^-24 below 2^-14.
        103..=112 => {
            let significand = fraction | 0x80_0000;
            let shift = 126 - exponent as u32;
            (significand.trailing_zeros() >= shift).then(|| sign | (significand >> shift) as u16)
        }
        _ => None,
    }
}
