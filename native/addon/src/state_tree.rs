use crate::border::{Result, buffer, invalid, thrown};
use napi::Env;
use napi::bindgen_prelude::BufferSlice;
use napi_derive::napi;
use plumbline_core::digest::{self, Hash, StatePath, StateProof};

const PAIR_BYTES: usize = 64;

/// The state as a tree of keys with the hashes of their values.
#[napi]
pub struct StateTree {
    tree: digest::StateTree,
}

/// `path` where the key has a value; else its neighbours, one missing where it would be first or last. Each is the key, the hash of its
/// value, and 33 bytes a level, leaf first: 0 where the sibling stands on the left, 1 on the right, then its hash.
#[napi(object, object_from_js = false)]
pub struct PackedStateProof<'env> {
    pub path: Option<BufferSlice<'env>>,
    pub left: Option<BufferSlice<'env>>,
    pub right: Option<BufferSlice<'env>>,
}

fn pairs(bytes: &[u8], what: &str) -> Result<Vec<[Hash; 2]>> {
    let (pairs, rest) = bytes.as_chunks::<PAIR_BYTES>();
    if !rest.is_empty() {
        return Err(invalid(format!(
            "{what}: {} bytes are no whole number of keys with hashes",
            bytes.len()
        )));
    }
    let split = |pair: &[u8; PAIR_BYTES]| {
        let (halves, _) = pair.as_chunks::<32>();
        [halves[0], halves[1]]
    };
    Ok(pairs.iter().map(split).collect())
}

fn key_of(bytes: &[u8], what: &str) -> Result<Hash> {
    Hash::try_from(bytes)
        .map_err(|_| invalid(format!("{what}: the key has {} bytes, not 32", bytes.len())))
}

fn packed(path: &StatePath) -> Vec<u8> {
    let mut out = Vec::with_capacity(PAIR_BYTES + 33 * path.steps.len());
    out.extend(path.key);
    out.extend(path.value_hash);
    for (on_right, hash) in &path.steps {
        out.push(u8::from(*on_right));
        out.extend(hash);
    }
    out
}

/// Takes the values of a whole tree in pieces and builds it at once, which is several times as fast as one by one.
#[napi]
pub struct StateTreeLoader {
    pairs: Vec<[Hash; 2]>,
}

#[napi]
impl StateTreeLoader {
    /// `count`: how many values are expected; more are taken, too.
    #[napi(constructor, catch_unwind)]
    pub fn new(count: u32) -> Self {
        StateTreeLoader {
            pairs: Vec::with_capacity(count as usize),
        }
    }

    /// Takes packed values (u16le length and bytes of the state key, u32le length and bytes of the tree value), in any order.
    #[napi(catch_unwind)]
    pub fn add(&mut self, values: &[u8]) -> Result<()> {
        self.pairs
            .append(&mut digest::kept_pairs(values).map_err(thrown)?);
        Ok(())
    }

    /// The tree; the loader is empty then.
    #[napi(catch_unwind)]
    pub fn tree(&mut self) -> Result<StateTree> {
        let pairs = std::mem::take(&mut self.pairs);
        let tree = digest::StateTree::load(pairs).map_err(thrown)?;
        Ok(StateTree { tree })
    }
}

#[napi]
impl StateTree {
    /// The empty one.
    #[napi(constructor, catch_unwind)]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        StateTree {
            tree: digest::StateTree::new(),
        }
    }

    /// Puts the value hashes of packed pairs at their keys.
    #[napi(catch_unwind)]
    pub fn set(&mut self, packed_pairs: &[u8]) -> Result<()> {
        for [key, value_hash] in pairs(packed_pairs, "set")? {
            self.tree.set(&key, &value_hash);
        }
        Ok(())
    }

    /// Puts packed values at their names (u16le length and bytes of the state key, nonce of the entry that set it, u32le length and
    /// bytes of the value). Gives 48 bytes for each: its tree key, and the nonce of its tree value.
    #[napi(catch_unwind)]
    pub fn put<'env>(&mut self, env: &'env Env, values: &[u8]) -> Result<BufferSlice<'env>> {
        let values = digest::named_values(values).map_err(thrown)?;
        let mut places = Vec::with_capacity(48 * values.len());
        for value in &values {
            let place = self.tree.put(value);
            places.extend(place.tree_key);
            places.extend(place.nonce);
        }
        buffer(env, places)
    }

    /// Takes a key away; false where it has no value.
    #[napi(catch_unwind)]
    pub fn remove(&mut self, key: &[u8]) -> Result<bool> {
        Ok(self.tree.remove(&key_of(key, "remove")?))
    }

    #[napi(catch_unwind)]
    pub fn root<'env>(&mut self, env: &'env Env) -> Result<BufferSlice<'env>> {
        buffer(env, self.tree.root())
    }

    #[napi(catch_unwind)]
    pub fn value_hash<'env>(
        &self,
        env: &'env Env,
        key: &[u8],
    ) -> Result<Option<BufferSlice<'env>>> {
        let hash = self.tree.value_hash(&key_of(key, "valueHash")?);
        hash.map(|hash| buffer(env, hash)).transpose()
    }

    #[napi(catch_unwind)]
    pub fn prove<'env>(&mut self, env: &'env Env, key: &[u8]) -> Result<PackedStateProof<'env>> {
        let path_of =
            |path: Option<StatePath>| path.map(|path| buffer(env, packed(&path))).transpose();
        match self.tree.prove(&key_of(key, "prove")?) {
            StateProof::Existence(path) => Ok(PackedStateProof {
                path: path_of(Some(path))?,
                left: None,
                right: None,
            }),
            StateProof::Absence { left, right } => Ok(PackedStateProof {
                path: None,
                left: path_of(left)?,
                right: path_of(right)?,
            }),
        }
    }

    #[napi(getter, catch_unwind)]
    pub fn count(&self) -> i64 {
        self.tree.count() as i64
    }

    /// Bytes that its nodes take.
    #[napi(getter, catch_unwind)]
    pub fn bytes(&self) -> i64 {
        self.tree.bytes() as i64
    }
}
