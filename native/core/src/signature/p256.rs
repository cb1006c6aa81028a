use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};

/// SEC 1 compressed points only: one key has one encoding, hence one key id.
const KEY_BYTES: usize = 33;

fn parse_key(key: &[u8]) -> Option<VerifyingKey> {
    if key.len() != KEY_BYTES {
        return None;
    }
    // Refuses the identity and what is not on the curve; P-256 has prime order.
    VerifyingKey::from_sec1_bytes(key).ok()
}

pub(super) fn check_public_key(key: &[u8]) -> bool {
    parse_key(key).is_some()
}

/// `signature` is r || s, 32 bytes each, with s in the lower half of the order: of the two that
/// would verify, one counts.
pub(super) fn verify(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (Some(key), Ok(signature)) = (parse_key(key), Signature::from_slice(signature)) else {
        return false;
    };
    signature.normalize_s() == signature && key.verify(message, &signature).is_ok()
}
