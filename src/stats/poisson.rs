//! The Poisson distribution: how many requests arrive in a window when arrivals are random.
//!
//! As in [`super::binomial`], the mass is Loader's saddle-point form, and sums run over its
//! neighbours, so that both tails keep their relative precision.

use super::StatsError;
use super::binomial::Binomial;
use super::special::{Fraction, ln_poisson_density};

/// The law of a count with a given mean.
///
/// ```
/// # use shiftsim::stats::poisson::Poisson;
/// let quiet = Poisson::new(0.5)?;
/// assert!((quiet.pmf(0) - (-0.5f64).exp()).abs() < 1e-15);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Poisson {
    mean: f64,
}

/// The probabilities of consecutive counts: all of them but for a mass that no sum would feel.
#[derive(Debug, Clone, PartialEq)]
pub struct Masses {
    /// The count that the first probability belongs to.
    pub first: u64,
    /// The probabilities of `first`, `first + 1`, …; never empty.
    pub masses: Vec<f64>,
}

impl Poisson {
    /// The largest mean; beyond it a sum over the law would take too long.
    pub const MAX_MEAN: f64 = 1e8;

    /// The law with that mean.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless the mean lies in [0, 10^8].
    pub fn new(mean: f64) -> Result<Self, StatsError> {
        if !(0.0..=Self::MAX_MEAN).contains(&mean) {
            return Err(StatsError::domain("mean", "in [0, 10^8]", mean));
        }
        Ok(Self { mean })
    }

    /// The mean, which is the variance too.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// P(X = k). Relative error below 10^-11 wherever it is above 10^-300.
    #[must_use]
    pub fn pmf(&self, k: u64) -> f64 {
        if self.mean == 0.0 {
            return if k == 0 { 1.0 } else { 0.0 };
        }
        ln_poisson_density(k as f64, self.mean, Fraction::exact(1.0)).exp()
    }

    /// The probabilities of all counts within 11 standard deviations and 50 of the mean; less than
    /// 10^-25 lies outside.
    #[must_use]
    pub fn masses(&self) -> Masses {
        let reach = 11.0 * self.mean.sqrt() + 50.0;
        let first = (self.mean - reach).max(0.0) as u64;
        let last = if self.mean == 0.0 {
            0
        } else {
            (self.mean + reach) as u64
        };
        let mode = (self.mean as u64).clamp(first, last);
        let mut masses = vec![0.0; (last - first + 1) as usize];
        let middle = (mode - first) as usize;
        masses[middle] = self.pmf(mode);
        for place in (0..middle).rev() {
            masses[place] = masses[place + 1] * (first + place as u64 + 1) as f64 / self.mean;
        }
        for place in middle + 1..masses.len() {
            masses[place] = masses[place - 1] * self.mean / (first + place as u64) as f64;
        }
        Masses { first, masses }
    }
}

impl Masses {
    /// The probabilities of a binomial law, as [`Poisson::masses`] gives those of a Poisson law.
    #[must_use]
    pub fn of_binomial(law: &Binomial) -> Self {
        let reach = 11.0 * law.sd() + 50.0;
        let first = (law.mean() - reach).max(0.0) as u64;
        let last = ((law.mean() + reach) as u64).min(law.trials());
        let mode = (law.mean() as u64).clamp(first, last);
        let mut masses = vec![0.0; (last - first + 1) as usize];
        let middle = (mode - first) as usize;
        masses[middle] = law.pmf(mode);
        // P(X = k + 1) / P(X = k).
        let odds = law.probability() / (1.0 - law.probability());
        let ratio = |k: u64| (law.trials() - k) as f64 / (k + 1) as f64 * odds;
        for place in (0..middle).rev() {
            masses[place] = masses[place + 1] / ratio(first + place as u64);
        }
        for place in middle + 1..masses.len() {
            masses[place] = masses[place - 1] * ratio(first + place as u64 - 1);
        }
        Self { first, masses }
    }

    /// Each count with its probability.
    pub fn iter(&self) -> impl Iterator<Item = (u64, f64)> + '_ {
        (self.first..).zip(self.masses.iter().copied())
    }

    /// The sums of the probabilities from either side.
    #[must_use]
    pub fn tails(&self) -> Tails {
        let mut below = Vec::with_capacity(self.masses.len() + 1);
        below.push(0.0);
        for &mass in &self.masses {
            below.push(below[below.len() - 1] + mass);
        }
        let mut above = vec![0.0; self.masses.len() + 1];
        for place in (0..self.masses.len()).rev() {
            above[place] = above[place + 1] + self.masses[place];
        }
        Tails {
            first: self.first,
            below,
            above,
        }
    }
}

/// The tails of a law, looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct Tails {
    first: u64,
    /// P(X < first + i).
    below: Vec<f64>,
    /// P(X ≥ first + i).
    above: Vec<f64>,
}

impl Tails {
    fn place(&self, k: u64) -> usize {
        let place = usize::try_from(k.saturating_sub(self.first)).unwrap_or(usize::MAX);
        place.min(self.below.len() - 1)
    }

    /// P(X ≥ k).
    #[must_use]
    pub fn at_least(&self, k: u64) -> f64 {
        self.above[self.place(k)]
    }

    /// P(X < k).
    #[must_use]
    pub fn below(&self, k: u64) -> f64 {
        self.below[self.place(k)]
    }

    /// P(low ≤ X ≤ high); 0 if low > high. Relative precision is kept on either side.
    #[must_use]
    pub fn between(&self, low: u64, high: u64) -> f64 {
        if low > high {
            return 0.0;
        }
        let after = high.saturating_add(1);
        let middle = self.below.len() / 2;
        if self.place(low) >= middle {
            (self.at_least(low) - self.at_least(after)).max(0.0)
        } else if self.place(after) <= middle {
            (self.below(after) - self.below(low)).max(0.0)
        } else {
            (1.0 - self.below(low) - self.at_least(after)).max(0.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_of_scipy() {
        // mpmath, 40 digits
        let close = |value: f64, expected: f64| {
            assert!((value / expected - 1.0).abs() < 1e-11, "{value} {expected}");
        };
        close(Poisson::new(3.2).unwrap().pmf(5), 0.113_979_383_463_518_22);
        close(
            Poisson::new(1e6).unwrap().pmf(1_000_000),
            3.989_422_471_562_440_43e-4,
        );
        let tails = Poisson::new(30.0).unwrap().masses().tails();
        close(tails.at_least(60), 9.251_868_804_915_057_06e-7);
        close(tails.below(10), 7.121_750_862_815_577_09e-6);
    }

    proptest! {
        #[test]
        fn masses_are_a_law(mean in 0.0..5000.0f64) {
            let masses = Poisson::new(mean).unwrap().masses();
            let sum: f64 = masses.masses.iter().sum();
            prop_assert!((sum - 1.0).abs() < 1e-11);
            let weighted: f64 = masses.iter().map(|(k, mass)| k as f64 * mass).sum();
            prop_assert!((weighted - mean).abs() <= 1e-9 * mean.max(1.0));
        }
    }
}
