//! Both tails of binomial laws whose number of trials grows one by one, while the boundary stays or
//! moves up by one: what a check on a random number of requests sums over.
//!
//! With X(n) of n trials, P(X(n+1) ≤ k) = P(X(n) ≤ k) − p P(X(n) = k), and the masses of neighbours
//! have simple ratios. So a step costs a few multiplications, where a tail from scratch costs √n.

use crate::stats::StatsError;
use crate::stats::binomial::Binomial;

/// Steps after which the tails are computed from scratch, so that rounding does not add up.
const MOST_STEPS: u32 = 4096;
/// A tail that fell below this share of what it was has lost a digit.
const LOST: f64 = 0.1;
/// A tail that no sum would feel.
const NEGLIGIBLE: f64 = 1e-26;

/// P(X ≤ k) and P(X > k) for X of n trials of probability p.
#[derive(Debug, Clone)]
pub(super) struct BinomialWalk {
    probability: f64,
    trials: u64,
    boundary: u64,
    mass: f64,
    below: f64,
    above: f64,
    /// What the tails were when they were last computed from scratch, and the steps since.
    begun: (f64, f64),
    steps: u32,
}

impl BinomialWalk {
    /// At n trials and the boundary k ≤ n.
    ///
    /// # Errors
    /// As [`Binomial::new`].
    pub(super) fn new(trials: u64, boundary: u64, probability: f64) -> Result<Self, StatsError> {
        let law = Binomial::new(trials, probability)?;
        let (below, above) = (law.cdf(boundary), law.sf(boundary));
        Ok(Self {
            probability,
            trials,
            boundary,
            mass: law.pmf(boundary),
            below,
            above,
            begun: (below, above),
            steps: 0,
        })
    }

    /// P(X ≤ k).
    pub(super) fn below(&self) -> f64 {
        self.below.clamp(0.0, 1.0)
    }

    /// P(X > k).
    pub(super) fn above(&self) -> f64 {
        self.above.clamp(0.0, 1.0)
    }

    /// One more trial, with the boundary where it was or one higher.
    ///
    /// # Errors
    /// As [`BinomialWalk::new`].
    pub(super) fn to(&mut self, trials: u64, boundary: u64) -> Result<(), StatsError> {
        let follows = trials == self.trials + 1
            && (boundary == self.boundary || boundary == self.boundary + 1);
        if !follows || self.steps >= MOST_STEPS || self.probability >= 1.0 {
            *self = Self::new(trials, boundary, self.probability)?;
            return Ok(());
        }
        let (p, q) = (self.probability, 1.0 - self.probability);
        let crossing = p * self.mass;
        self.below -= crossing;
        self.above += crossing;
        self.mass *= q * trials as f64 / (trials - self.boundary) as f64;
        if boundary > self.boundary {
            self.mass *= p / q * (trials - self.boundary) as f64 / boundary as f64;
            self.below += self.mass;
            self.above -= self.mass;
        }
        (self.trials, self.boundary) = (trials, boundary);
        self.steps += 1;
        let worn = |now: f64, then: f64| then > NEGLIGIBLE && now < then * LOST;
        if worn(self.below, self.begun.0) || worn(self.above, self.begun.1) || self.mass == 0.0 {
            *self = Self::new(trials, boundary, self.probability)?;
        }
        self.begun = (self.begun.0.max(self.below), self.begun.1.max(self.above));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_tails_keep_their_relative_precision(
            first in 1u64..20_000,
            steps in 1u64..3_000,
            probability in 0.0..0.2f64,
            allowed in 0u64..200,
        ) {
            let boundary = |n: u64| n * allowed / 1000;
            let mut walk = BinomialWalk::new(first, boundary(first), probability).unwrap();
            for n in first + 1..=first + steps {
                walk.to(n, boundary(n)).unwrap();
            }
            let n = first + steps;
            let law = Binomial::new(n, probability).unwrap();
            for (walked, direct) in [
                (walk.below(), law.cdf(boundary(n))),
                (walk.above(), law.sf(boundary(n))),
            ] {
                let close = (walked - direct).abs() <= 1e-10 * direct || direct < 1e-22;
                prop_assert!(close, "{walked} {direct}");
            }
        }
    }
}
