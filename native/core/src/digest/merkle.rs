use super::sha::{Hash, node_hash, sha256};

/// Pairs the nodes of one level in place; an odd last one moves up unchanged, which is what
/// RFC 6962's split at the largest power of two amounts to.
fn climb(level: &mut Vec<Hash>) {
    let pairs = level.len() / 2;
    for pair in 0..pairs {
        level[pair] = node_hash(&level[2 * pair], &level[2 * pair + 1]);
    }
    if level.len() % 2 == 1 {
        level[pairs] = level[2 * pairs];
        level.truncate(pairs + 1);
    } else {
        level.truncate(pairs);
    }
}

/// Root over leaf hashes (RFC 6962 2.1); of nothing: SHA-256 of the empty string.
pub fn root_of(leaf_hashes: &[Hash]) -> Hash {
    let mut level = leaf_hashes.to_vec();
    while level.len() > 1 {
        climb(&mut level);
    }
    level.pop().unwrap_or_else(|| sha256(b""))
}

/// Audit path of one leaf (RFC 6962 2.1.1), lowest sibling first; none where the index is outside.
pub fn audit_path(leaf_hashes: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaf_hashes.len() {
        return None;
    }
    let mut path = Vec::new();
    let mut level = leaf_hashes.to_vec();
    let mut at = index;
    while level.len() > 1 {
        path.extend(level.get(at ^ 1));
        climb(&mut level);
        at /= 2;
    }
    Some(path)
}
