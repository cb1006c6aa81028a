//! Golden bytes that TypeScript and the browser read, too: `test/vectors/record.json`. Rust has code for event leaves' hashes with
//! their root, and for state values with their places and root; for event leaves' CBOR, chains of changes and key proofs it has none.

use plumbline_core::digest::{Hash, StateTree, entry_leaf_hash, named_values, root_of, sha256};
use std::fs;
use std::path::Path;

fn vectors() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test/vectors/record.json");
    fs::read_to_string(file).unwrap()
}

/// The objects of one list of the file. It has no escapes and stands as JSON.stringify indents it, so that no JSON reader is needed.
fn objects<'a>(json: &'a str, list: &str) -> Vec<&'a str> {
    let start = json.find(&format!("\"{list}\": [")).expect(list);
    let end = start + json[start..].find("\n  ]").expect(list);
    json[start..end].split("\n    {").skip(1).collect()
}

fn text<'a>(object: &'a str, name: &str) -> &'a str {
    let mark = format!("\"{name}\": \"");
    let start = object.find(&mark).expect(name) + mark.len();
    let end = start + object[start..].find('"').expect(name);
    &object[start..end]
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn hash(hex: &str) -> Hash {
    bytes(hex).try_into().unwrap()
}

#[test]
fn event_leaves_have_their_hashes_and_their_root() {
    let json = vectors();
    let mut leaves = Vec::new();
    for vector in objects(&json, "eventLeaves") {
        let leaf = entry_leaf_hash(&bytes(text(vector, "cbor")));
        assert_eq!(leaf, hash(text(vector, "hash")));
        leaves.push(leaf);
    }
    assert_eq!(leaves.len(), 5);
    assert_eq!(root_of(&leaves), hash(text(&json, "eventRoot")));
}

#[test]
fn state_values_have_their_places_their_hashes_and_their_root() {
    let json = vectors();
    let mut tree = StateTree::new();
    let values = objects(&json, "values");
    for vector in &values {
        let key = bytes(text(vector, "key"));
        let stored = bytes(text(vector, "treeValue"));
        // CBOR: an array of two, a byte string of 16, the value.
        let (nonce, value) = stored[2..].split_at(16);
        let packed = [
            &(key.len() as u16).to_le_bytes()[..],
            &key,
            &bytes(text(vector, "entryNonce")),
            &(value.len() as u32).to_le_bytes(),
            value,
        ]
        .concat();
        let place = tree.put(&named_values(&packed).unwrap()[0]);
        assert_eq!(place.tree_key, hash(text(vector, "treeKey")));
        assert_eq!(place.nonce, nonce);
        assert_eq!(tree.value_hash(&place.tree_key), Some(sha256(&stored)));
    }
    assert_eq!(tree.count(), values.len());
    assert_eq!(tree.root(), hash(text(&json, "stateRoot")));
}
