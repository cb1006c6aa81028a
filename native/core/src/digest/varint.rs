use crate::{Error, Result};

pub(super) const MALFORMED: &str = "malformed_payload";

/// LEB128, least significant seven bits first.
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Small magnitudes of either sign become small numbers: 0, -1, 1, -2 are 0, 1, 2, 3.
pub(super) fn put_zigzag(out: &mut Vec<u8>, value: i64) {
    put_varint(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Reads a payload front to back. Everything in it was written by somebody else.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// An error that names the place.
    pub fn malformed(&self, what: &str) -> Error {
        Error::new(
            MALFORMED,
            format!(
                "payload: {what} (byte {} of {}); the payload was damaged or written by something else",
                self.at,
                self.bytes.len()
            ),
        )
    }

    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub fn take(&mut self, length: usize, what: &str) -> Result<&'a [u8]> {
        if length > self.remaining() {
            return Err(self.malformed(&format!("ends inside {what}")));
        }
        let taken = &self.bytes[self.at..self.at + length];
        self.at += length;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let mut array = [0u8; N];
        array.copy_from_slice(self.take(N, what)?);
        Ok(array)
    }

    pub fn byte(&mut self, what: &str) -> Result<u8> {
        match self.bytes.get(self.at) {
            Some(&byte) => {
                self.at += 1;
                Ok(byte)
            }
            None => Err(self.malformed(&format!("ends before {what}"))),
        }
    }

    #[inline]
    pub fn varint(&mut self, what: &str) -> Result<u64> {
        let first = self.byte(what)?;
        if first < 0x80 {
            return Ok(u64::from(first));
        }
        self.long_varint(first, what)
    }

    fn long_varint(&mut self, first: u8, what: &str) -> Result<u64> {
        let mut value = u64::from(first & 0x7f);
        for shift in (7..64).step_by(7) {
            let byte = self.byte(what)?;
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                if byte == 0 {
                    return Err(self.malformed(&format!("{what} is not minimal")));
                }
                return Ok(value);
            }
        }
        Err(self.malformed(&format!("{what} is longer than 64 bits")))
    }

    pub fn zigzag(&mut self, what: &str) -> Result<i64> {
        let value = self.varint(what)?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// A length or count, refused above `max`.
    pub fn count(&mut self, max: usize, what: &str) -> Result<usize> {
        let value = self.varint(what)?;
        match usize::try_from(value) {
            Ok(count) if count <= max => Ok(count),
            _ => Err(self.malformed(&format!("{what} is {value}, more than {max}"))),
        }
    }
}
