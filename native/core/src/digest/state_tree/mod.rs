//! The state as a compact sparse Merkle tree over 256-bit keys (`docs/FORMATS.md`, State): one-child
//! paths and empty subtrees collapse, so that an inner node always has two children and sits at the
//! first bit in which their keys differ.
//!
//! A key takes one leaf (its key and the hash of its value) and, but for the first, one inner node.
//! Only inner nodes keep a hash; it is computed when somebody asks, along the paths that changed.

mod arena;
mod named;

use super::sha::{Hash, finish_short, node_hash, sha256};
use crate::Error;
use arena::Arena;
pub use named::{kept_pairs, named_values};

/// What a key's leaf commits to, in two pieces of 32 bytes.
struct Leaf {
    key: Hash,
    value_hash: Hash,
}

struct Inner {
    hash: Hash,
    /// Left where the key's bit is 0.
    children: [Link; 2],
    /// Counted from the most significant.
    bit: u8,
    /// Something below changed since `hash` was computed.
    stale: bool,
}

/// The place of a node; the topmost bit tells leaves from inner nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Link(u32);

const LEAF: u32 = 1 << 31;

enum Node {
    Leaf(u32),
    Inner(u32),
}

impl Link {
    fn leaf(at: u32) -> Self {
        Link(at | LEAF)
    }
    fn inner(at: u32) -> Self {
        Link(at)
    }
    fn node(self) -> Node {
        if self.0 & LEAF == 0 {
            Node::Inner(self.0)
        } else {
            Node::Leaf(self.0 & !LEAF)
        }
    }
}

/// A leaf and its way to the root, leaf first: whether the sibling stands on the right, and its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatePath {
    pub key: Hash,
    pub value_hash: Hash,
    pub steps: Vec<(bool, Hash)>,
}

/// That a key has its value, or the leaves between which it would lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateProof {
    Existence(StatePath),
    Absence {
        left: Option<StatePath>,
        right: Option<StatePath>,
    },
}

#[derive(Default)]
pub struct StateTree {
    leaves: Arena<Leaf>,
    inners: Arena<Inner>,
    top: Option<Link>,
}

impl StateTree {
    pub fn new() -> Self {
        Self::default()
    }

    /// How many keys it holds.
    pub fn count(&self) -> usize {
        self.leaves.count()
    }

    /// Bytes that its nodes take.
    pub fn bytes(&self) -> usize {
        self.leaves.bytes() + self.inners.bytes()
    }

    /// A tree of keys with the hashes of their values, in any order. A key that stands there twice is refused.
    pub fn load(mut pairs: Vec<[Hash; 2]>) -> Result<Self, Error> {
        if !pairs.is_sorted_by(|[a, _], [b, _]| a < b) {
            pairs.sort_unstable_by_key(|[key, _]| *key);
        }
        let mut tree = Self::new();
        // Inner nodes on the way to the rightmost leaf, whose right children are still to come.
        let mut spine: Vec<u32> = Vec::new();
        let mut before: Option<(Hash, Link)> = None;
        for [key, value_hash] in pairs {
            let leaf = Link::leaf(tree.leaves.add(Leaf { key, value_hash }));
            if let Some((last, link)) = before {
                let Some(bit) = first_difference(&last, &key) else {
                    return Err(Error::new("invalid_argument", "a key stands there twice"));
                };
                let left = tree.close(&mut spine, link, Some(bit));
                spine.push(tree.inners.add(Inner::new(bit, [left, leaf])));
            }
            before = Some((key, leaf));
        }
        tree.top = before.map(|(_, link)| tree.close(&mut spine, link, None));
        Ok(tree)
    }

    /// Ends the nodes of the spine that split below `bit`; the subtree that they make with `link`.
    fn close(&mut self, spine: &mut Vec<u32>, link: Link, bit: Option<u8>) -> Link {
        let mut child = link;
        while let Some(&last) = spine.last() {
            if bit.is_some_and(|bit| self.inners[last].bit < bit) {
                break;
            }
            self.inners[last].children[1] = child;
            child = Link::inner(last);
            spine.pop();
        }
        child
    }

    /// Puts the hash of a value at a key.
    pub fn set(&mut self, key: &Hash, value_hash: &Hash) {
        let leaf = Leaf {
            key: *key,
            value_hash: *value_hash,
        };
        let Some(top) = self.top else {
            self.top = Some(Link::leaf(self.leaves.add(leaf)));
            return;
        };
        let nearest = self.descend(top, key);
        match first_difference(&self.leaves[nearest].key, key) {
            Some(bit) => self.insert(top, leaf, bit),
            None if self.leaves[nearest].value_hash != *value_hash => {
                self.leaves[nearest] = leaf;
                self.walk(top, key, None);
            }
            None => {}
        }
    }

    fn insert(&mut self, top: Link, leaf: Leaf, bit: u8) {
        let key = leaf.key;
        let (parent, below) = self.walk(top, &key, Some(bit));
        let new = Link::leaf(self.leaves.add(leaf));
        let children = if bit_at(&key, bit) == 1 {
            [below, new]
        } else {
            [new, below]
        };
        let split = Link::inner(self.inners.add(Inner::new(bit, children)));
        self.replace(parent, &key, split);
    }

    /// Takes a key away; false where it has no value.
    pub fn remove(&mut self, key: &Hash) -> bool {
        let Some(top) = self.top else { return false };
        let nearest = self.descend(top, key);
        if self.leaves[nearest].key != *key {
            return false;
        }
        self.walk(top, key, None);
        self.leaves.free(nearest);
        let mut above: Option<u32> = None;
        let mut parent: Option<u32> = None;
        let mut at = top;
        while let Node::Inner(inner) = at.node() {
            above = parent;
            parent = Some(inner);
            at = self.inners[inner].children[bit_at(key, self.inners[inner].bit)];
        }
        let Some(parent) = parent else {
            self.top = None;
            return true;
        };
        let Inner { bit, children, .. } = &self.inners[parent];
        let sibling = children[1 - bit_at(key, *bit)];
        self.inners.free(parent);
        self.replace(above, key, sibling);
        true
    }

    fn replace(&mut self, parent: Option<u32>, key: &Hash, link: Link) {
        match parent {
            None => self.top = Some(link),
            Some(parent) => {
                let side = bit_at(key, self.inners[parent].bit);
                self.inners[parent].children[side] = link;
            }
        }
    }

    /// Down the key's path, over nodes that split before `bit`: they are stale from now on. Gives the last of them and what is below.
    fn walk(&mut self, top: Link, key: &Hash, bit: Option<u8>) -> (Option<u32>, Link) {
        let mut parent = None;
        let mut at = top;
        while let Node::Inner(inner) = at.node() {
            let node = &mut self.inners[inner];
            if bit.is_some_and(|bit| node.bit >= bit) {
                break;
            }
            node.stale = true;
            parent = Some(inner);
            at = node.children[bit_at(key, node.bit)];
        }
        (parent, at)
    }

    /// The only leaf whose key could equal `key`; it shares the longest prefix that any key has with it.
    fn descend(&self, top: Link, key: &Hash) -> u32 {
        let mut at = top;
        loop {
            match at.node() {
                Node::Leaf(leaf) => return leaf,
                Node::Inner(inner) => {
                    let node = &self.inners[inner];
                    at = node.children[bit_at(key, node.bit)];
                }
            }
        }
    }

    /// Of nothing: SHA-256 of the empty string.
    pub fn root(&mut self) -> Hash {
        self.top
            .map_or_else(|| sha256(b""), |top| self.hash_of(top))
    }

    fn hash_of(&mut self, link: Link) -> Hash {
        match link.node() {
            Node::Leaf(leaf) => leaf_hash(&self.leaves[leaf]),
            Node::Inner(inner) => {
                let node = &self.inners[inner];
                if !node.stale {
                    return node.hash;
                }
                let [left, right] = node.children;
                let hash = node_hash(&self.hash_of(left), &self.hash_of(right));
                let node = &mut self.inners[inner];
                node.hash = hash;
                node.stale = false;
                hash
            }
        }
    }

    pub fn value_hash(&self, key: &Hash) -> Option<Hash> {
        let leaf = &self.leaves[self.descend(self.top?, key)];
        (leaf.key == *key).then_some(leaf.value_hash)
    }

    pub fn prove(&mut self, key: &Hash) -> StateProof {
        let Some(top) = self.top else {
            return StateProof::Absence {
                left: None,
                right: None,
            };
        };
        let nearest = self.descend(top, key);
        let Some(bit) = first_difference(&self.leaves[nearest].key, key) else {
            return StateProof::Existence(self.path(top, key));
        };
        let [left, right] = self.neighbours(top, key, bit);
        let mut path_of = |link: Option<Link>, side: usize| {
            let key = self.leaves[self.outermost(link?, side)].key;
            Some(self.path(top, &key))
        };
        StateProof::Absence {
            left: path_of(left, 1),
            right: path_of(right, 0),
        }
    }

    fn path(&mut self, top: Link, key: &Hash) -> StatePath {
        let mut steps = Vec::new();
        let mut at = top;
        loop {
            match at.node() {
                Node::Inner(inner) => {
                    let Inner { bit, children, .. } = self.inners[inner];
                    let side = bit_at(key, bit);
                    steps.push((side == 0, self.hash_of(children[1 - side])));
                    at = children[side];
                }
                Node::Leaf(leaf) => {
                    steps.reverse();
                    let Leaf { key, value_hash } = self.leaves[leaf];
                    return StatePath {
                        key,
                        value_hash,
                        steps,
                    };
                }
            }
        }
    }

    /// The subtrees right before and after an absent key, which differs first in `bit` from the one nearest to it.
    fn neighbours(&self, top: Link, key: &Hash, bit: u8) -> [Option<Link>; 2] {
        let mut around = [None, None];
        let mut at = top;
        while let Node::Inner(inner) = at.node() {
            let node = &self.inners[inner];
            if node.bit >= bit {
                break;
            }
            let side = bit_at(key, node.bit);
            around[1 - side] = Some(node.children[1 - side]);
            at = node.children[side];
        }
        // All keys below agree up to `bit` and differ there from the absent one: they lie on one side of it.
        around[1 - bit_at(key, bit)] = Some(at);
        around
    }

    fn outermost(&self, from: Link, side: usize) -> u32 {
        let mut at = from;
        loop {
            match at.node() {
                Node::Leaf(leaf) => return leaf,
                Node::Inner(inner) => at = self.inners[inner].children[side],
            }
        }
    }
}

impl Inner {
    fn new(bit: u8, children: [Link; 2]) -> Self {
        Inner {
            hash: [0; 32],
            children,
            bit,
            stale: true,
        }
    }
}

fn leaf_hash(leaf: &Leaf) -> Hash {
    let mut message = [0u8; 128];
    message[1..33].copy_from_slice(&leaf.key);
    message[33..65].copy_from_slice(&leaf.value_hash);
    finish_short(&mut message, 65)
}

fn bit_at(key: &Hash, bit: u8) -> usize {
    usize::from((key[usize::from(bit >> 3)] >> (7 - (bit & 7))) & 1)
}

fn first_difference(a: &Hash, b: &Hash) -> Option<u8> {
    let at = a.iter().zip(b).position(|(a, b)| a != b)?;
    Some(at as u8 * 8 + (a[at] ^ b[at]).leading_zeros() as u8)
}

#[cfg(test)]
mod tests;
