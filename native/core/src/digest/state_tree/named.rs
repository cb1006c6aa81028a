use super::StateTree;
use crate::digest::sha::{Hash, sha256};
use crate::{Error, error::Result};
use sha2::{Digest, Sha256};

/// A value under its name, by the entry that set it (`docs/FORMATS.md`, State).
pub struct NamedValue<'a> {
    pub state_key: &'a [u8],
    pub entry_nonce: &'a [u8],
    /// CBOR.
    pub value: &'a [u8],
}

/// Where a value stands in the tree, and the nonce of its tree value.
pub struct Place {
    pub tree_key: Hash,
    pub nonce: [u8; 16],
}

const NONCE: usize = 16;

/// Reads packed values: u16le length and bytes of the key, nonce of 16 bytes, u32le length and bytes of the value.
pub fn named_values(packed: &[u8]) -> Result<Vec<NamedValue<'_>>> {
    let mut rest = packed;
    let mut values = Vec::new();
    while !rest.is_empty() {
        let state_key = take_key(&mut rest)?;
        let entry_nonce = take(&mut rest, NONCE)?;
        let value = take_value(&mut rest)?;
        values.push(NamedValue {
            state_key,
            entry_nonce,
            value,
        });
    }
    Ok(values)
}

/// Tree key and value hash of packed values as they are kept: u16le length and bytes of the state key, u32le length and bytes of
/// the tree value, which has its nonce within.
pub fn kept_pairs(packed: &[u8]) -> Result<Vec<[Hash; 2]>> {
    let mut rest = packed;
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        let state_key = take_key(&mut rest)?;
        pairs.push([sha256(state_key), sha256(take_value(&mut rest)?)]);
    }
    Ok(pairs)
}

fn take_key<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let length = u16::from_le_bytes(array(take(rest, 2)?));
    take(rest, length.into())
}

fn take_value<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let length = u32::from_le_bytes(array(take(rest, 4)?));
    take(rest, length as usize)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Result<&'a [u8]> {
    rest.split_off(..count)
        .ok_or_else(|| Error::new("invalid_argument", "packed values end in the middle of one"))
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

impl StateTree {
    /// Puts a value where its name leads to: its tree value is CBOR [nonce, value].
    pub fn put(&mut self, named: &NamedValue<'_>) -> Place {
        let tree_key = sha256(named.state_key);
        let salted: Hash = Sha256::new()
            .chain_update(named.entry_nonce)
            .chain_update(named.state_key)
            .finalize()
            .into();
        let nonce = array(&salted[..NONCE]);
        let value_hash: Hash = Sha256::new()
            // An array of two, and a byte string of 16.
            .chain_update([0x82, 0x50])
            .chain_update(nonce)
            .chain_update(named.value)
            .finalize()
            .into();
        self.set(&tree_key, &value_hash);
        Place { tree_key, nonce }
    }
}
