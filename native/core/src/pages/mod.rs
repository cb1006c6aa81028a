//! Whether a page of an SQLite file, or a frame of its write-ahead log, is what was written.
//!
//! SQLite does not notice a flipped bit in a page of its main file. Here the last eight bytes of each
//! page, which SQLite leaves to extensions (File Format 1.3.4, reserved bytes), hold a digest of the
//! rest and of the page's number. It finds bit rot and writes that went astray; whoever can write the
//! file can write the digest too: what was *signed* is for the hash tree to say.

mod wal;

pub use wal::{FRAME_HEADER_BYTES, WAL_HEADER_BYTES, WalReport, frame_checksum, inspect_wal};

/// Bytes at the end of each page that hold its digest.
pub const DIGEST_BYTES: usize = 8;

const LANES: usize = 4;
/// Odd, so that multiplying loses nothing: a bit that differs once differs to the end.
const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;

/// Digest of a page without its last eight bytes; `number` counts from 1, as SQLite does.
#[must_use]
pub fn page_digest(number: u64, body: &[u8]) -> u64 {
    let mut lanes: [u64; LANES] =
        std::array::from_fn(|lane| number.wrapping_add(lane as u64).wrapping_mul(PRIME));
    let mut blocks = body.chunks_exact(8 * LANES);
    for block in &mut blocks {
        for (lane, word) in lanes.iter_mut().zip(block.chunks_exact(8)) {
            *lane = step(*lane, word_of(word));
        }
    }
    for (i, rest) in blocks.remainder().chunks(8).enumerate() {
        lanes[i % LANES] = step(lanes[i % LANES], word_of(rest));
    }
    lanes.iter().fold(0, |all, lane| step(all, *lane))
}

/// Writes its digest into a page's last eight bytes.
pub fn sign_page(number: u64, page: &mut [u8]) {
    let (body, digest) = page.split_at_mut(page.len() - DIGEST_BYTES);
    digest.copy_from_slice(&page_digest(number, body).to_le_bytes());
}

#[must_use]
pub fn page_holds(number: u64, page: &[u8]) -> bool {
    let (body, digest) = page.split_at(page.len() - DIGEST_BYTES);
    page_digest(number, body).to_le_bytes() == digest
}

fn step(lane: u64, word: u64) -> u64 {
    (lane ^ word).wrapping_mul(PRIME).rotate_left(29)
}

fn word_of(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_single_bit_of_a_page_counts() {
        let mut page: Vec<u8> = (0..512_usize).map(|i| (i * 7) as u8).collect();
        sign_page(3, &mut page);
        assert!(page_holds(3, &page));
        for bit in 0..page.len() * 8 {
            page[bit / 8] ^= 1 << (bit % 8);
            assert!(!page_holds(3, &page), "bit {bit}");
            page[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn a_page_in_another_place_does_not_hold() {
        let mut page = vec![0; 512];
        sign_page(3, &mut page);
        assert!(!page_holds(4, &page));
    }
}
