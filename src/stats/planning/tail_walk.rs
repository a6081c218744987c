//! A lower binomial tail, carried from n to n + 1 in constant time.

use crate::stats::StatsError;
use crate::stats::binomial::Binomial;

/// So many steps are taken before rounding is wiped out by a fresh start.
const REFRESH_EVERY: u64 = 1024;

/// P(X < cut) for X ~ Bin(n, p), as n grows and the cut rises.
#[derive(Debug, Clone)]
pub(super) struct TailWalk {
    n: u64,
    p: f64,
    cut: u64,
    /// P(X < cut)
    below: f64,
    /// P(X = cut − 1), 0 for cut 0
    last_in: f64,
    /// P(X = cut)
    first_out: f64,
}

impl TailWalk {
    /// At n = 0 with cut 0; `p` lies in [0, 1].
    pub(super) fn new(p: f64) -> Self {
        Self {
            n: 0,
            p,
            cut: 0,
            below: 0.0,
            last_in: 0.0,
            first_out: 1.0,
        }
    }

    /// P(X < cut).
    pub(super) fn below(&self) -> f64 {
        self.below
    }

    /// What [`TailWalk::below`] would be with the cut one higher.
    pub(super) fn below_next(&self) -> f64 {
        self.below + self.first_out
    }

    /// The probability of a success.
    pub(super) fn probability(&self) -> f64 {
        self.p
    }

    /// The cut.
    pub(super) fn cut(&self) -> u64 {
        self.cut
    }

    /// One more trial.
    pub(super) fn next_trial(&mut self) -> Result<(), StatsError> {
        self.n += 1;
        if self.n.is_multiple_of(REFRESH_EVERY) {
            return self.refresh();
        }
        let (n, cut, q) = (self.n as f64, self.cut as f64, 1.0 - self.p);
        self.below -= self.p * self.last_in;
        self.last_in *= q * n / (n - cut + 1.0);
        self.first_out *= q * n / (n - cut);
        Ok(())
    }

    /// The cut, which is below n, rises by one.
    pub(super) fn raise(&mut self) -> Result<(), StatsError> {
        if self.p == 1.0 {
            self.cut += 1;
            return self.refresh();
        }
        let (n, cut, q) = (self.n as f64, self.cut as f64, 1.0 - self.p);
        self.below += self.first_out;
        self.last_in = self.first_out;
        self.first_out *= (n - cut) / (cut + 1.0) * self.p / q;
        self.cut += 1;
        Ok(())
    }

    fn refresh(&mut self) -> Result<(), StatsError> {
        let law = Binomial::new(self.n, self.p)?;
        self.first_out = law.pmf(self.cut);
        let last_in = self.cut.checked_sub(1);
        self.below = last_in.map_or(0.0, |last| law.cdf(last));
        self.last_in = last_in.map_or(0.0, |last| law.pmf(last));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn stays_the_binomial_tail(
            p in 0.001..0.999f64, rises in prop::collection::vec(any::<bool>(), 1..1500),
        ) {
            let mut walk = TailWalk::new(p);
            for (rise, n) in rises.into_iter().zip(1..) {
                walk.next_trial().unwrap();
                if rise && walk.cut() < n {
                    walk.raise().unwrap();
                }
                if n % 97 == 0 {
                    let law = Binomial::new(n, p).unwrap();
                    prop_assert!((walk.below_next() - law.cdf(walk.cut())).abs() < 1e-11);
                    let below = walk.cut().checked_sub(1).map_or(0.0, |k| law.cdf(k));
                    prop_assert!((walk.below() - below).abs() < 1e-11);
                }
            }
        }
    }
}
