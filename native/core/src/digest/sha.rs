use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// FIPS 180-4 5.3.3.
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

const BLOCK: usize = 64;
/// The 0x80 byte and the 64-bit length that close a message.
const PADDING_MIN: usize = 9;

pub fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// RFC 6962 2.1: leaf hash of an entry's bytes, `SHA-256(0x00 || entry)`.
pub fn entry_leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0u8])
        .chain_update(entry)
        .finalize()
        .into()
}

/// RFC 6962 2.1: inner node, `SHA-256(0x01 || left || right)`. The prefix keeps a node from
/// passing as a leaf.
pub(super) fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut message = [0u8; 2 * BLOCK];
    message[0] = 1;
    message[1..33].copy_from_slice(left);
    message[33..65].copy_from_slice(right);
    finish_short(&mut message, 65)
}

/// Longest message that [`finish_short`] takes.
pub(super) const SHORT_MAX: usize = 2 * BLOCK - PADDING_MIN;

/// SHA-256 of `message[..length]` for `length <= SHORT_MAX`, where the rest of the buffer is zero:
/// one call of the compression function, no streaming state. Nearly every leaf is this short.
pub(super) fn finish_short(message: &mut [u8; 2 * BLOCK], length: usize) -> Hash {
    debug_assert!(length <= SHORT_MAX);
    let end = if length + PADDING_MIN <= BLOCK {
        BLOCK
    } else {
        2 * BLOCK
    };
    message[length] = 0x80;
    message[end - 8..end].copy_from_slice(&(length as u64 * 8).to_be_bytes());
    let mut state = INITIAL;
    let (blocks, _) = message[..end].as_chunks::<BLOCK>();
    compress256(&mut state, blocks);
    let mut hash = [0u8; 32];
    for (bytes, word) in hash.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    hash
}
