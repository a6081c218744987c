//! The exact two-sided binomial test, in the conventions that are in use.
//!
//! A one-sided tail is unambiguous; "as extreme on the other side" is not. 7 of 20 at 1/5 has the
//! p-values 0.098, 0.173, 0.119 and 0.156 in the four conventions here, so a p-value is never
//! printed without [`Convention::name`].

use std::fmt;

use super::StatsError;
use super::binomial::Binomial;

/// Two outcomes whose probabilities agree to this relative difference are equally likely. R's
/// `binom.test` and scipy's `binomtest` use the same: in floating point, exact ties differ.
const TIE: f64 = 1e-7;

/// What counts as "at least as extreme" in a two-sided binomial test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Convention {
    /// All counts at most as likely as the observed one (R `binom.test`, scipy `binomtest`).
    MinimumLikelihood,
    /// Twice the smaller tail, at most 1: consistent with the Clopper–Pearson interval.
    Doubling,
    /// Twice the smaller tail with half the probability of the observed count, at most 1.
    MidP,
    /// The smaller tail and the largest opposite tail that does not exceed it (Blaker 2000).
    Blaker,
}

impl Convention {
    /// Every convention.
    pub const ALL: [Self; 4] = [
        Self::MinimumLikelihood,
        Self::Doubling,
        Self::MidP,
        Self::Blaker,
    ];

    /// The name to print beside the p-value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MinimumLikelihood => "minimum likelihood",
            Self::Doubling => "doubled tail",
            Self::MidP => "doubled mid-p",
            Self::Blaker => "Blaker",
        }
    }
}

impl fmt::Display for Convention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The exact two-sided p-value of `count` of `n` against the probability `p`.
///
/// For minimum likelihood Σ P(k) over all k with P(k) ≤ P(count); see [`Convention`] for the
/// others. Relative error near 10^-12; the far edge is found by bisection, so the work is of the
/// order of √n. Source: Clopper and Pearson 1934, Blaker 2000 (Canadian Journal of Statistics 28).
///
/// # Errors
/// [`StatsError::Domain`] if `count` is above `n` or `p` outside [0, 1].
///
/// ```
/// # use shiftsim::stats::two_sided::{binomial_test, Convention};
/// // 5 of 10 at a share of 10%: the rule was hardly applied
/// let p = binomial_test(5, 10, 0.1, Convention::MinimumLikelihood)?;
/// assert!((p - 0.0016349374).abs() < 1e-13);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn binomial_test(
    count: u64,
    n: u64,
    p: f64,
    convention: Convention,
) -> Result<f64, StatsError> {
    p_value(&Binomial::new(n, p)?, count, convention)
}

/// [`binomial_test`] against a law, such as one with an exact rational share.
///
/// # Errors
/// [`StatsError::Domain`] if `count` is above the number of trials.
///
/// ```
/// # use shiftsim::stats::{binomial::Binomial, two_sided::{p_value, Convention}, Rational};
/// let law = Binomial::with_share(20, Rational::new(1, 5))?;
/// assert!((p_value(&law, 7, Convention::Blaker)? - 0.155867).abs() < 1e-6);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn p_value(law: &Binomial, count: u64, convention: Convention) -> Result<f64, StatsError> {
    if count > law.trials() {
        return Err(StatsError::domain("count", "at most n", count));
    }
    let p = match convention {
        Convention::MinimumLikelihood => minimum_likelihood(law, count),
        Convention::Doubling => 2.0 * at_most(law, count).min(at_least(law, count)),
        Convention::MidP => {
            let half = 0.5 * law.pmf(count);
            let below = count.checked_sub(1).map_or(0.0, |k| law.cdf(k));
            2.0 * (below + half).min(law.sf(count) + half)
        }
        Convention::Blaker => blaker(law, count),
    };
    Ok(p.min(1.0))
}

fn at_most(law: &Binomial, count: u64) -> f64 {
    law.cdf(count)
}

fn at_least(law: &Binomial, count: u64) -> f64 {
    count.checked_sub(1).map_or(1.0, |k| law.sf(k))
}

fn minimum_likelihood(law: &Binomial, count: u64) -> f64 {
    let mean = law.mean();
    let limit = law.ln_pmf(count) + libm::log1p(TIE);
    let as_unlikely = |k: u64| law.ln_pmf(k) <= limit;
    if count as f64 == mean {
        1.0
    } else if (count as f64) < mean {
        // Above the mean the masses fall: the first count that is as unlikely begins the far tail.
        let far = first(mean.ceil() as u64, law.trials(), as_unlikely);
        at_most(law, count) + far.map_or(0.0, |k| at_least(law, k))
    } else {
        // Below the mean they rise: the last count that is as unlikely ends it.
        let far = last(0, mean.floor() as u64, as_unlikely);
        at_least(law, count) + far.map_or(0.0, |k| at_most(law, k))
    }
}

fn blaker(law: &Binomial, count: u64) -> f64 {
    let (lower, upper) = (at_most(law, count), at_least(law, count));
    let limit = lower.min(upper) * (1.0 + TIE);
    if lower <= upper {
        let far = first(count, law.trials(), |k| at_least(law, k) <= limit);
        lower + far.map_or(0.0, |k| at_least(law, k))
    } else {
        let far = last(0, count, |k| at_most(law, k) <= limit);
        upper + far.map_or(0.0, |k| at_most(law, k))
    }
}

/// The first k in low..=high with the property, which holds from some k on.
fn first(low: u64, high: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    if low > high || !holds(high) {
        return None;
    }
    let (mut low, mut high) = (low, high);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(high)
}

/// The last k in low..=high with the property, which holds up to some k.
fn last(low: u64, high: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    match first(low, high, |k| !holds(k)) {
        None => Some(high),
        Some(k) => k.checked_sub(1).filter(|&k| k >= low),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_enumeration(law: &Binomial, count: u64) -> f64 {
        let limit = law.pmf(count) * (1.0 + TIE);
        (0..=law.trials())
            .map(|k| law.pmf(k))
            .filter(|&mass| mass <= limit)
            .sum()
    }

    #[test]
    fn the_four_conventions_of_7_in_20_at_a_fifth() {
        // scipy: binomtest(7, 20, 0.2), and the tails of binom(20, 0.2) put together by hand
        let expected = [
            0.098_221_728_6,
            0.173_385_027_1,
            0.118_835_176_6,
            0.155_867_803_8,
        ];
        for (convention, p) in Convention::ALL.into_iter().zip(expected) {
            let value = binomial_test(7, 20, 0.2, convention).unwrap();
            assert!((value - p).abs() < 1e-9, "{convention}: {value}");
        }
    }

    #[test]
    fn ends_and_certainties() {
        for convention in Convention::ALL {
            assert_eq!(binomial_test(0, 10, 0.0, convention).unwrap(), 1.0);
            assert_eq!(binomial_test(3, 10, 0.0, convention).unwrap(), 0.0);
            assert_eq!(binomial_test(10, 10, 1.0, convention).unwrap(), 1.0);
            assert_eq!(binomial_test(0, 0, 0.4, convention).unwrap(), 1.0);
            assert!(binomial_test(11, 10, 0.4, convention).is_err());
        }
    }

    #[test]
    fn large_counts_are_quick_and_right() {
        // scipy.stats.binomtest(5_003_000, 10_000_000).pvalue
        let p = binomial_test(5_003_000, 10_000_000, 0.5, Convention::MinimumLikelihood).unwrap();
        assert!((p / 0.057_821_285_315_843 - 1.0).abs() < 1e-12, "{p}");
        let p = binomial_test(500_000_000, 1_000_000_000, 0.5, Convention::Blaker).unwrap();
        assert_eq!(p, 1.0);
    }

    proptest! {
        #[test]
        fn minimum_likelihood_is_the_sum_of_the_unlikely(
            n in 1u64..400, x in 0.0..=1.0f64, p in 1u32..1000,
        ) {
            let law = Binomial::new(n, f64::from(p) / 1000.0).unwrap();
            let count = (x * n as f64) as u64;
            let quick = p_value(&law, count, Convention::MinimumLikelihood).unwrap();
            let slow = by_enumeration(&law, count);
            prop_assert!((quick - slow).abs() <= 1e-9 * slow.max(1e-290));
        }

        #[test]
        fn p_values_are_probabilities_and_mirror(n in 1u64..100_000, x in 0.0..=1.0f64, p in 1u64..100) {
            let count = (x * n as f64) as u64;
            for convention in Convention::ALL {
                let one = Binomial::with_share(n, crate::stats::Rational::new(p, 100)).unwrap();
                let other = Binomial::with_share(n, crate::stats::Rational::new(100 - p, 100)).unwrap();
                let value = p_value(&one, count, convention).unwrap();
                let mirrored = p_value(&other, n - count, convention).unwrap();
                prop_assert!((0.0..=1.0).contains(&value));
                prop_assert!((value - mirrored).abs() <= 1e-10 * value.max(1e-300));
            }
        }
    }
}
