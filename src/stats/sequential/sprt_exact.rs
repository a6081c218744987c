//! What Wald's sequential test really does: exact error probabilities and exact mean length.

use std::ops::RangeInclusive;

use super::sprt::{Sprt, SprtDecision};
use super::walk::CountWalk;
use crate::stats::StatsError;

/// The recursion ends when the runs that are still going add less than this, relatively, to E[N].
const REST: f64 = 1e-15;

/// What a sequential test does when the success probability is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SprtCharacteristics {
    /// P(H₀ is accepted).
    pub accept_null: f64,
    /// P(H₁ is accepted).
    pub accept_alternative: f64,
    /// P(neither, by the last observation allowed); 0 where there is no last one.
    pub undecided: f64,
    /// E(N), the mean number of observations.
    pub expected_n: f64,
}

impl Sprt {
    /// The exact operating characteristics when the success probability is `p`: by recursion over
    /// the law of the count between the boundaries. Relative error below 10^-10.
    ///
    /// At p = p₀, `accept_alternative` is the true α; at p = p₁, `accept_null` is the true β.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless `p` lies in [0, 1]; [`StatsError::Limit`] for a test that is
    /// too long.
    ///
    /// ```
    /// # use shiftsim::stats::sequential::sprt::Sprt;
    /// let test = Sprt::new(0.01, 0.05, 0.05, 0.1)?;
    /// let quiet = test.characteristics(0.01)?;
    /// assert!((quiet.expected_n - 85.07324043922914).abs() < 1e-9); // Wald says 80.6
    /// assert!((quiet.accept_alternative - 0.029).abs() < 0.001); // 0.05 was allowed
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    pub fn characteristics(&self, p: f64) -> Result<SprtCharacteristics, StatsError> {
        self.characteristics_until(p, u64::MAX)
    }

    /// As [`Sprt::characteristics`], of a test that is cut off undecided after `last` observations.
    ///
    /// # Errors
    /// As [`Sprt::characteristics`].
    pub fn characteristics_until(
        &self,
        p: f64,
        last: u64,
    ) -> Result<SprtCharacteristics, StatsError> {
        let mut walk = CountWalk::new(p)?;
        let mut continuation = Continuation::new(self);
        let (mut few, mut many) = (0.0, 0.0);
        let mut expected_n = 0.0;
        let mut going = 1.0;
        while walk.n() < last && going > REST * expected_n {
            expected_n += going;
            walk.step()?;
            let (below, above) = walk.absorb_outside(&continuation.advance());
            few += below;
            many += above;
            going = walk.surviving();
        }
        let undecided = if walk.n() < last { 0.0 } else { going };
        let (accept_null, accept_alternative) = if self.success_step() > 0.0 {
            (few, many)
        } else {
            (many, few)
        };
        Ok(SprtCharacteristics {
            accept_null,
            accept_alternative,
            undecided,
            expected_n,
        })
    }
}

/// The counts of successes at which the test goes on, for n = 1, 2, ...
///
/// Both ends never fall from n to n + 1, and rise by at most one.
struct Continuation<'a> {
    test: &'a Sprt,
    n: u64,
    low: u64,
    /// One more than the highest count.
    end: u64,
}

impl<'a> Continuation<'a> {
    fn new(test: &'a Sprt) -> Self {
        Self {
            test,
            n: 0,
            low: 0,
            end: 1,
        }
    }

    fn advance(&mut self) -> RangeInclusive<u64> {
        self.n += 1;
        if self.low <= self.n && self.stops_low(self.low) {
            self.low += 1;
        }
        if !self.stops_high(self.end) {
            self.end += 1;
        }
        match self.end.checked_sub(1) {
            Some(last) => self.low..=last,
            // Nothing goes on: an empty range.
            None => self.low + 1..=self.low,
        }
    }

    fn stops_low(&self, count: u64) -> bool {
        let decision = self.test.decision(count, self.n - count);
        decision == self.for_few()
    }

    fn stops_high(&self, count: u64) -> bool {
        count > self.n || {
            let decision = self.test.decision(count, self.n - count);
            decision != SprtDecision::Continue && decision != self.for_few()
        }
    }

    fn for_few(&self) -> SprtDecision {
        if self.test.success_step() > 0.0 {
            SprtDecision::AcceptNull
        } else {
            SprtDecision::AcceptAlternative
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ruin_of_a_gambler() {
        // Steps ±ln 3, boundaries ±2 steps: classical ruin, P(up) = 1/(1 + (q/p)²), and
        // E[N] = 2 (2 P(up) − 1) / (p − q).
        let test = Sprt::new(0.25, 0.75, 0.1, 0.1).unwrap();
        for p in [0.25, 0.6, 0.75] {
            let q: f64 = 1.0 - p;
            let up = 1.0 / (1.0 + (q / p) * (q / p));
            let exact = test.characteristics(p).unwrap();
            assert!((exact.accept_alternative - up).abs() < 1e-13);
            assert!((exact.accept_null - (1.0 - up)).abs() < 1e-13);
            let length = 2.0 * (2.0 * up - 1.0) / (p - q);
            assert!((exact.expected_n - length).abs() < 1e-12);
        }
        let fair = test.characteristics(0.5).unwrap();
        assert!((fair.expected_n - 4.0).abs() < 1e-12);
    }

    #[test]
    fn cut_off_undecided() {
        let test = Sprt::new(0.25, 0.75, 0.1, 0.1).unwrap();
        let cut = test.characteristics_until(0.5, 3).unwrap();
        assert_eq!((cut.undecided, cut.expected_n), (0.5, 2.5));
        assert_eq!(test.characteristics_until(0.5, 0).unwrap().undecided, 1.0);
        // Certain failure: 55 of them are enough.
        let test = Sprt::new(0.01, 0.05, 0.05, 0.1).unwrap();
        let never = test.characteristics(0.0).unwrap();
        assert_eq!((never.accept_null, never.expected_n), (1.0, 55.0));
    }

    /// P(accept H₁) and E[N] by plain recursion over sequences cut off at `last`.
    fn by_recursion(test: &Sprt, p: f64, s: u64, f: u64, last: u64) -> (f64, f64) {
        match test.decision(s, f) {
            SprtDecision::AcceptAlternative if s + f > 0 => (1.0, 0.0),
            SprtDecision::AcceptNull if s + f > 0 => (0.0, 0.0),
            _ if s + f == last => (0.0, 0.0),
            _ => {
                let (a, n) = by_recursion(test, p, s + 1, f, last);
                let (b, m) = by_recursion(test, p, s, f + 1, last);
                (p * a + (1.0 - p) * b, 1.0 + p * n + (1.0 - p) * m)
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn agrees_with_enumeration(
            null in 0.01..0.99f64, alternative in 0.01..0.99f64, alpha in 0.01..0.45f64,
            beta in 0.01..0.45f64, p in 0.0..=1.0f64,
        ) {
            prop_assume!((null - alternative).abs() > 1e-6);
            let test = Sprt::new(null, alternative, alpha, beta).unwrap();
            let exact = test.characteristics_until(p, 12).unwrap();
            let (accept, length) = by_recursion(&test, p, 0, 0, 12);
            prop_assert!((exact.accept_alternative - accept).abs() < 1e-12);
            prop_assert!((exact.expected_n - length).abs() < 1e-11);
            let total = exact.accept_null + exact.accept_alternative + exact.undecided;
            prop_assert!((total - 1.0).abs() < 1e-12);
        }

        #[test]
        fn wald_bounds_the_true_errors(
            null in 0.05..0.95f64, alternative in 0.05..0.95f64, alpha in 0.01..0.3f64,
            beta in 0.01..0.3f64,
        ) {
            prop_assume!((null - alternative).abs() > 0.05);
            let test = Sprt::new(null, alternative, alpha, beta).unwrap();
            let quiet = test.characteristics(null).unwrap();
            let loud = test.characteristics(alternative).unwrap();
            // Wald's inequalities, which hold with overshoot.
            prop_assert!(quiet.accept_alternative <= alpha / (1.0 - beta) + 1e-12);
            prop_assert!(loud.accept_null <= beta / (1.0 - alpha) + 1e-12);
            prop_assert!(quiet.accept_alternative + loud.accept_null <= alpha + beta + 1e-12);
        }
    }
}
