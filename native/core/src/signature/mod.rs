//! The one strict rule under which Plumbline accepts a signature. What is accepted here is accepted
//! by every other implementation of the same algorithm, so that no verifier can be told a different
//! story than another; the reverse need not hold.
//!
//! `alg` 1 is Ed25519 (RFC 8032), `alg` 2 ECDSA over P-256 with SHA-256 (FIPS 186-5).

mod ed25519;
mod p256;

pub const ALG_ED25519: u32 = 1;
pub const ALG_P256: u32 = 2;

/// Whether a key may be enrolled: canonical encoding, on the curve, of prime order.
/// False for any algorithm that is not known here.
pub fn check_public_key(alg: u32, key: &[u8]) -> bool {
    match alg {
        ALG_ED25519 => ed25519::check_public_key(key),
        ALG_P256 => p256::check_public_key(key),
        _ => false,
    }
}

/// Whether `signature` over `message` counts under a key that may be enrolled. Every input is
/// somebody else's; nothing makes this fail otherwise than by `false`.
pub fn verify(alg: u32, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    match alg {
        ALG_ED25519 => ed25519::verify(key, message, signature),
        ALG_P256 => p256::verify(key, message, signature),
        _ => false,
    }
}

/// One signature to check; see [`parse_items`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    pub alg: u8,
    pub key: &'a [u8],
    pub message: &'a [u8],
    pub signature: &'a [u8],
}

/// Cuts a packed list, `u8 alg | u16le length | key | u32le length | message | u16le length |
/// signature` each. None where it does not end exactly after an item.
pub fn parse_items(mut packed: &[u8]) -> Option<Vec<Item<'_>>> {
    let mut items = Vec::new();
    while let Some((&alg, rest)) = packed.split_first() {
        let (key, rest) = take_prefixed::<2>(rest)?;
        let (message, rest) = take_prefixed::<4>(rest)?;
        let (signature, rest) = take_prefixed::<2>(rest)?;
        items.push(Item {
            alg,
            key,
            message,
            signature,
        });
        packed = rest;
    }
    Some(items)
}

fn take_prefixed<const N: usize>(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (prefix, rest) = bytes.split_at_checked(N)?;
    let length = prefix
        .iter()
        .rev()
        .fold(0usize, |length, &byte| length << 8 | byte as usize);
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests;
