use ed25519_dalek::{Signature, VerifyingKey};
use std::cell::RefCell;
use std::collections::HashMap;

/// Keys that passed the check of enrolment: it costs as much as a verification, and a channel has
/// few keys.
const KNOWN_KEYS_MAX: usize = 256;

thread_local! {
    static KNOWN_KEYS: RefCell<HashMap<[u8; 32], VerifyingKey>> = RefCell::new(HashMap::new());
}

/// The key, if its encoding is canonical and its order is the prime L: neither of small order nor
/// with a torsion component. Under such a key the cofactorless equation has no edge cases left.
fn enrollable_key(bytes: &[u8; 32]) -> Option<VerifyingKey> {
    let key = VerifyingKey::from_bytes(bytes).ok()?;
    let point = key.to_edwards();
    let is_canonical = point.compress().as_bytes() == bytes;
    (is_canonical && !key.is_weak() && point.is_torsion_free()).then_some(key)
}

fn known_key(bytes: &[u8; 32]) -> Option<VerifyingKey> {
    KNOWN_KEYS.with_borrow_mut(|known| {
        if let Some(key) = known.get(bytes) {
            return Some(*key);
        }
        let key = enrollable_key(bytes)?;
        if known.len() >= KNOWN_KEYS_MAX {
            known.clear();
        }
        known.insert(*bytes, key);
        Some(key)
    })
}

pub(super) fn check_public_key(key: &[u8]) -> bool {
    <&[u8; 32]>::try_from(key).is_ok_and(|bytes| enrollable_key(bytes).is_some())
}

/// RFC 8032 5.1.7 without the cofactor: S < L, and the encoding of `sB - kA` equals R byte for
/// byte. `verify_strict` refuses R of small order too, which is the identity under these keys.
pub(super) fn verify(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (<&[u8; 32]>::try_from(key), <&[u8; 64]>::try_from(signature))
    else {
        return false;
    };
    known_key(key).is_some_and(|key| {
        key.verify_strict(message, &Signature::from_bytes(signature))
            .is_ok()
    })
}
