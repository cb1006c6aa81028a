/// The term of every entry of a log, as the few indices at which it changes: entries leave memory,
/// their terms do not.
#[derive(Debug, Default)]
pub(super) struct Terms {
    /// (first index, term), ascending; each range reaches to the next one's start.
    ranges: Vec<(u64, u64)>,
}

impl Terms {
    pub fn push(&mut self, index: u64, term: u64) {
        if self.ranges.last().is_none_or(|&(_, last)| last != term) {
            self.ranges.push((index, term));
        }
    }

    /// The term at an index, if that is not before the first one known. The caller knows the end.
    pub fn get(&self, index: u64) -> Option<u64> {
        let after = self.ranges.partition_point(|&(first, _)| first <= index);
        Some(self.ranges.get(after.checked_sub(1)?)?.1)
    }

    /// Forgets `from` and everything after it.
    pub fn truncate(&mut self, from: u64) {
        let keep = self.ranges.partition_point(|&(first, _)| first < from);
        self.ranges.truncate(keep);
    }

    /// Forgets everything up to and including `index`.
    pub fn compact(&mut self, index: u64) {
        let after = self
            .ranges
            .partition_point(|&(first, _)| first <= index + 1);
        if after > 0 {
            self.ranges.drain(..after - 1);
            self.ranges[0].0 = self.ranges[0].0.max(index + 1);
        }
    }

    pub fn clear(&mut self) {
        self.ranges.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::Terms;

    fn terms(list: &[u64]) -> Terms {
        let mut terms = Terms::default();
        for (at, term) in list.iter().enumerate() {
            terms.push(at as u64 + 1, *term);
        }
        terms
    }

    #[test]
    fn keeps_each_index_with_its_term() {
        let terms = terms(&[1, 1, 2, 5, 5]);
        let all: Vec<_> = (0..=5).map(|index| terms.get(index)).collect();
        assert_eq!(all, [None, Some(1), Some(1), Some(2), Some(5), Some(5)]);
    }

    #[test]
    fn truncation_and_compaction_leave_the_middle() {
        let mut terms = terms(&[1, 1, 2, 5, 5, 7]);
        terms.truncate(6);
        terms.compact(1);
        assert_eq!(terms.get(1), None);
        assert_eq!(terms.get(2), Some(1));
        assert_eq!(terms.get(5), Some(5));
        terms.push(6, 5);
        assert_eq!(terms.get(6), Some(5));
        terms.compact(6);
        terms.push(7, 9);
        assert_eq!((terms.get(6), terms.get(7)), (None, Some(9)));
    }
}
