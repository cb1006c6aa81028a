use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};

pub const SALT_BYTES: usize = 16;

type Keystream = Ctr128BE<Aes256>;

/// Salts 0 to `count - 1` of a batch: consecutive 16 bytes of the AES-256-CTR keystream under the
/// batch secret, initial counter block zero.
pub fn salts(secret: &[u8; 32], count: usize) -> Vec<[u8; SALT_BYTES]> {
    let mut salts = vec![[0u8; SALT_BYTES]; count];
    let mut cipher = Keystream::new(&(*secret).into(), &[0u8; 16].into());
    cipher.apply_keystream(salts.as_flattened_mut());
    salts
}

/// The salt of one reading, without expanding those before it.
pub fn salt_at(secret: &[u8; 32], position: usize) -> [u8; SALT_BYTES] {
    let mut salt = [0u8; SALT_BYTES];
    let mut cipher = Keystream::new(&(*secret).into(), &[0u8; 16].into());
    cipher.seek(position as u64 * SALT_BYTES as u64);
    cipher.apply_keystream(&mut salt);
    salt
}
