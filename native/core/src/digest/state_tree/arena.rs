use std::ops::{Index, IndexMut};

/// Nodes of one block: small enough that the last block, half empty, does not count.
const BLOCK: usize = 1 << 8;

/// Nodes by number. It grows by whole blocks and copies nothing: a vector would take twice as much while it grows.
pub struct Arena<T> {
    blocks: Vec<Vec<T>>,
    free: Vec<u32>,
    used: u32,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Arena {
            blocks: Vec::new(),
            free: Vec::new(),
            used: 0,
        }
    }
}

impl<T> Arena<T> {
    pub fn add(&mut self, node: T) -> u32 {
        if let Some(at) = self.free.pop() {
            self[at] = node;
            return at;
        }
        let at = self.used;
        if (at as usize).is_multiple_of(BLOCK) {
            self.blocks.push(Vec::with_capacity(BLOCK));
        }
        self.blocks[at as usize / BLOCK].push(node);
        self.used += 1;
        at
    }

    /// The node's number is given to another later.
    pub fn free(&mut self, at: u32) {
        self.free.push(at);
    }

    pub fn count(&self) -> usize {
        self.used as usize - self.free.len()
    }

    pub fn bytes(&self) -> usize {
        self.blocks.len() * (BLOCK * size_of::<T>() + size_of::<Vec<T>>())
            + self.free.capacity() * 4
    }
}

impl<T> Index<u32> for Arena<T> {
    type Output = T;
    fn index(&self, at: u32) -> &T {
        &self.blocks[at as usize / BLOCK][at as usize % BLOCK]
    }
}

impl<T> IndexMut<u32> for Arena<T> {
    fn index_mut(&mut self, at: u32) -> &mut T {
        &mut self.blocks[at as usize / BLOCK][at as usize % BLOCK]
    }
}
