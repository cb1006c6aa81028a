use super::*;
use std::collections::BTreeMap;

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

fn key(name: u64) -> Hash {
    sha256(format!("key {name}").as_bytes())
}

fn value(name: u64) -> Hash {
    sha256(format!("value {name}").as_bytes())
}

/// The same tree by its definition alone.
fn reference(pairs: &[(Hash, Hash)]) -> Hash {
    match pairs {
        [] => sha256(b""),
        [(key, value_hash)] => leaf_hash(&Leaf {
            key: *key,
            value_hash: *value_hash,
        }),
        [(first, _), .., (last, _)] => {
            let bit = first_difference(first, last).expect("keys differ");
            let at = pairs.partition_point(|(key, _)| bit_at(key, bit) == 0);
            node_hash(&reference(&pairs[..at]), &reference(&pairs[at..]))
        }
    }
}

fn folded(path: &StatePath) -> Hash {
    let leaf = leaf_hash(&Leaf {
        key: path.key,
        value_hash: path.value_hash,
    });
    path.steps.iter().fold(leaf, |hash, (on_right, sibling)| {
        if *on_right {
            node_hash(&hash, sibling)
        } else {
            node_hash(sibling, &hash)
        }
    })
}

#[test]
fn a_leaf_is_its_key_and_value_hash_under_a_zero_byte() {
    let mut tree = StateTree::new();
    assert_eq!(tree.root(), sha256(b""));
    tree.set(&key(1), &value(1));
    let mut bytes = vec![0u8];
    bytes.extend(key(1));
    bytes.extend(value(1));
    assert_eq!(tree.root(), sha256(&bytes));
}

#[test]
fn changes_and_removals_in_any_order_give_the_tree_of_what_is_left() {
    for seed in 0..40 {
        let mut numbers = Numbers(seed);
        let mut tree = StateTree::new();
        let mut model: BTreeMap<Hash, Hash> = BTreeMap::new();
        for step in 0..200 {
            let name = key(numbers.next(30));
            if numbers.next(3) == 0 {
                assert_eq!(tree.remove(&name), model.remove(&name).is_some());
            } else {
                let to = value(numbers.next(4));
                tree.set(&name, &to);
                model.insert(name, to);
            }
            // Asking in between keeps hashes that later changes must not leave stale.
            if step % 3 == 0 {
                tree.root();
            }
            assert_eq!(tree.count(), model.len());
        }
        let pairs: Vec<(Hash, Hash)> = model.into_iter().collect();
        assert_eq!(tree.root(), reference(&pairs));
        for (key, value_hash) in &pairs {
            assert_eq!(tree.value_hash(key), Some(*value_hash));
        }
        let mut loaded =
            StateTree::load(pairs.iter().rev().map(|&(key, hash)| [key, hash]).collect())
                .expect("each key once");
        assert_eq!((loaded.root(), loaded.count()), (tree.root(), tree.count()));
        // What was loaded goes on like what was built.
        loaded.set(&key(99), &value(0));
        tree.set(&key(99), &value(0));
        assert_eq!(loaded.root(), tree.root());
    }
}

#[test]
fn a_key_that_is_loaded_twice_is_refused() {
    let twice = vec![[key(1), value(1)], [key(2), value(1)], [key(1), value(2)]];
    assert_eq!(
        StateTree::load(twice).err().expect("refused").code,
        "invalid_argument"
    );
    assert_eq!(
        StateTree::load(Vec::new()).expect("none").root(),
        sha256(b"")
    );
}

#[test]
fn proofs_lead_to_the_root_and_name_the_neighbours() {
    let mut tree = StateTree::new();
    for name in 0..50 {
        tree.set(&key(name), &value(name));
    }
    let root = tree.root();
    let mut keys: Vec<Hash> = (0..50).map(key).collect();
    keys.sort();
    for name in 0..100 {
        let asked = key(name);
        match tree.prove(&asked) {
            StateProof::Existence(path) => {
                assert!(name < 50);
                assert_eq!((path.key, path.value_hash), (asked, value(name)));
                assert_eq!(folded(&path), root);
            }
            StateProof::Absence { left, right } => {
                assert!(name >= 50);
                let at = keys.partition_point(|key| *key < asked);
                let key_of = |path: &Option<StatePath>| path.as_ref().map(|path| path.key);
                assert_eq!(key_of(&left), at.checked_sub(1).map(|before| keys[before]));
                assert_eq!(key_of(&right), keys.get(at).copied());
                for path in left.iter().chain(&right) {
                    assert_eq!(folded(path), root);
                }
            }
        }
    }
}

#[test]
fn a_key_takes_at_most_110_bytes() {
    let pairs: Vec<[Hash; 2]> = (0..100_000).map(|name| [key(name), value(name)]).collect();
    let tree = StateTree::load(pairs).expect("each key once");
    assert!(tree.bytes() <= 110 * tree.count(), "{} bytes", tree.bytes());
}

#[test]
fn what_is_removed_leaves_room_for_what_is_added() {
    let mut tree = StateTree::new();
    for name in 0..10_000 {
        tree.set(&key(name), &value(0));
    }
    let full = tree.bytes();
    for name in 0..10_000 {
        assert!(tree.remove(&key(name)));
        tree.set(&key(name + 10_000), &value(0));
    }
    assert!(tree.bytes() <= full + 64 * 1_024);
}

#[test]
fn a_named_value_stands_where_its_name_leads_to_under_a_nonce_of_its_entry() {
    let (name, entry_nonce, value) = (b"name".as_slice(), [7u8; 16], b"\x18\x2a".as_slice());
    let mut packed = 4u16.to_le_bytes().to_vec();
    packed.extend(name);
    packed.extend(entry_nonce);
    packed.extend(2u32.to_le_bytes());
    packed.extend(value);
    let values = named_values(&packed).expect("whole");
    let mut tree = StateTree::new();
    let place = tree.put(&values[0]);
    assert_eq!((values.len(), place.tree_key), (1, sha256(name)));
    assert_eq!(place.nonce, sha256(&[&entry_nonce, name].concat())[..16]);
    let tree_value = [&[0x82, 0x50], place.nonce.as_slice(), value].concat();
    assert_eq!(tree.value_hash(&sha256(name)), Some(sha256(&tree_value)));
    for end in 1..packed.len() {
        let error = named_values(&packed[..end]).err().expect("cut off");
        assert_eq!(error.code, "invalid_argument");
    }
}
