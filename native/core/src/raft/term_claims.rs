use std::collections::{BTreeMap, VecDeque};

/// A correct peer's term grows by one an election. One far ahead is a lie, and taking it over would
/// leave no terms for the elections to come.
const TERM_LEAD_MAX: u64 = 1 << 20;
/// Half of the safe numbers: no sequence of credible claims comes near their end.
const TERM_MAX: u64 = 1 << 52;
/// How often one member may raise the term here within a minute: each time the one who leads stops
/// writing, whether an election was needed or not.
const RAISES_MAX: usize = 10;
/// A minute of ticks of 100 ms.
const RAISES_WITHIN_TICKS: u64 = 600;

/// What to think of a term that a member names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    Credible,
    TooFar,
    TooMany,
}

/// The term that each member named last, and when it raised this node's. What one member alone says
/// is not believed of a far term; what a second one says too is, or a node that was away would never
/// find back.
#[derive(Debug, Default)]
pub(super) struct TermClaims {
    now: u64,
    newest: BTreeMap<u64, u64>,
    raised: BTreeMap<u64, VecDeque<u64>>,
}

impl TermClaims {
    /// One step of time.
    pub fn tick(&mut self) {
        self.now += 1;
    }

    /// Notes what `from` claims, and says what a node of term `own` should think of it. `raises`: that
    /// the node would take the term over.
    pub fn judge(&mut self, own: u64, from: u64, term: u64, raises: bool) -> Claim {
        let is_new = self.newest.insert(from, term) != Some(term);
        let others = self.newest.iter().filter(|&(&member, _)| member != from);
        let known = others.map(|(_, &term)| term).fold(own, u64::max);
        if term > TERM_MAX.min(known.saturating_add(TERM_LEAD_MAX)) {
            return Claim::TooFar;
        }
        if raises && term > own && is_new && !self.may_raise(from) {
            // Said again, it is as much too much.
            self.newest.remove(&from);
            return Claim::TooMany;
        }
        Claim::Credible
    }

    fn may_raise(&mut self, from: u64) -> bool {
        let raised = self.raised.entry(from).or_default();
        while raised
            .front()
            .is_some_and(|&at| self.now - at >= RAISES_WITHIN_TICKS)
        {
            raised.pop_front();
        }
        if raised.len() >= RAISES_MAX {
            return false;
        }
        raised.push_back(self.now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_far_term_needs_a_second_member_and_the_largest_are_never_believed() {
        let mut claims = TermClaims::default();
        let mut judge = |own, from, term| claims.judge(own, from, term, true);
        assert_eq!(judge(7, 2, 7 + TERM_LEAD_MAX), Claim::Credible);
        assert_eq!(judge(7, 3, 8 + 2 * TERM_LEAD_MAX), Claim::TooFar);
        assert_eq!(judge(7, 2, 8 + 2 * TERM_LEAD_MAX), Claim::Credible);
        assert_eq!(judge(7, 2, u64::MAX), Claim::TooFar);
        assert_eq!(judge(7, 3, u64::MAX), Claim::TooFar);
        assert_eq!(judge(7, 2, 8), Claim::Credible);
    }

    #[test]
    fn a_member_raises_the_term_ten_times_a_minute_and_the_others_are_not_bound_by_that() {
        let mut claims = TermClaims::default();
        for term in 2..12 {
            assert_eq!(claims.judge(term - 1, 2, term, true), Claim::Credible);
            claims.tick();
        }
        for _ in 0..3 {
            assert_eq!(claims.judge(11, 2, 12, true), Claim::TooMany);
        }
        assert_eq!(claims.judge(11, 2, 11, true), Claim::Credible);
        assert_eq!(claims.judge(11, 2, 12, false), Claim::Credible);
        assert_eq!(claims.judge(11, 3, 12, true), Claim::Credible);
        for _ in 0..RAISES_WITHIN_TICKS - 10 {
            claims.tick();
        }
        assert_eq!(claims.judge(12, 2, 13, true), Claim::Credible);
        assert_eq!(claims.judge(13, 2, 14, true), Claim::TooMany);
    }
}
