use std::collections::BTreeMap;

/// A correct peer's term grows by one an election. One far ahead is a lie, and taking it over would
/// leave no terms for the elections to come.
const TERM_LEAD_MAX: u64 = 1 << 20;
/// Half of the safe numbers: no sequence of credible claims comes near their end.
const TERM_MAX: u64 = 1 << 52;

/// The term that each member named last. What one member alone says is not believed of a far term;
/// what a second one says too is, or a node that was away would never find back.
#[derive(Debug, Default)]
pub(super) struct TermClaims {
    newest: BTreeMap<u64, u64>,
}

impl TermClaims {
    /// Notes what `from` claims, and whether a node of term `own` should believe it.
    pub fn is_credible(&mut self, own: u64, from: u64, term: u64) -> bool {
        self.newest.insert(from, term);
        let others = self.newest.iter().filter(|&(&member, _)| member != from);
        let known = others.map(|(_, &term)| term).fold(own, u64::max);
        term <= TERM_MAX.min(known.saturating_add(TERM_LEAD_MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_far_term_needs_a_second_member_and_the_largest_are_never_believed() {
        let mut claims = TermClaims::default();
        assert!(claims.is_credible(7, 2, 7 + TERM_LEAD_MAX));
        assert!(!claims.is_credible(7, 3, 8 + 2 * TERM_LEAD_MAX));
        assert!(claims.is_credible(7, 2, 8 + 2 * TERM_LEAD_MAX));
        assert!(!claims.is_credible(7, 2, u64::MAX));
        assert!(!claims.is_credible(7, 3, u64::MAX));
        assert!(claims.is_credible(7, 2, 8));
    }
}
