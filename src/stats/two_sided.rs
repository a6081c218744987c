//! The exact binomial test, in the conventions in use.
//!
//! A two-sided p-value needs a rule for what counts as "at least as extreme" on the other side.
//! There are several, and they differ: for 7 of 20 at 0.2 they give 0.098, 0.173, 0.119 and 0.156.

use super::StatsError;
use super::binomial::Binomial;

/// Probabilities within this factor of each other count as equal, as in R and scipy.
const TIE: f64 = 1e-7;

/// What counts as at least as extreme as the observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convention {
    /// All counts that are at most as likely (R's `binom.test`, scipy's `binomtest`).
    MinimumLikelihood,
    /// Twice the smaller tail, at most 1; agrees with the Clopper–Pearson interval.
    Doubling,
    /// Twice the smaller tail, in which the observation itself counts half.
    MidP,
    /// The smaller tail and the largest part of the other tail that is no more likely (Blaker 2000).
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

    /// Its name, to be printed with the p-value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MinimumLikelihood => "minimum likelihood",
            Self::Doubling => "doubled smaller tail",
            Self::MidP => "mid-p, doubled",
            Self::Blaker => "Blaker",
        }
    }
}

/// The two-sided p-value of `count` of `n` under probability p.
///
/// Relative error below 10^-9 for n up to 10^7.
///
/// # Errors
/// [`StatsError::Domain`] unless `count` ≤ n and p lies in [0, 1].
///
/// ```
/// use shiftsim::stats::two_sided::{Convention, binomial_test};
/// let p = binomial_test(7, 20, 0.2, Convention::MinimumLikelihood)?;
/// assert!((p - 0.098221728613468733).abs() < 1e-15);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn binomial_test(
    count: u64,
    n: u64,
    p: f64,
    convention: Convention,
) -> Result<f64, StatsError> {
    if count > n {
        return Err(StatsError::Domain {
            name: "count",
            expected: "at most n",
            value: format!("{count} of {n}"),
        });
    }
    let law = Binomial::new(n, p)?;
    let lower = law.cdf(count);
    let upper = if count == 0 { 1.0 } else { law.sf(count - 1) };
    let value = match convention {
        Convention::MinimumLikelihood => minimum_likelihood(&law, count),
        Convention::Doubling => 2.0 * lower.min(upper),
        Convention::MidP => {
            let half = law.pmf(count) / 2.0;
            let below = if count == 0 { 0.0 } else { law.cdf(count - 1) };
            2.0 * (below + half).min(law.sf(count) + half)
        }
        Convention::Blaker => blaker(&law, count, lower, upper),
    };
    Ok(value.min(1.0))
}

/// The tail on the side of the observation, and the part of the other side that is at most as
/// likely. The law is unimodal, so that bisection finds where that part begins.
fn minimum_likelihood(law: &Binomial, count: u64) -> f64 {
    let n = law.trials();
    let limit = law.ln_pmf(count) + TIE;
    let mode = mode(law);
    if law.ln_pmf(mode) <= limit {
        return 1.0;
    }
    if count < mode {
        // The first count above the mode that is at most as likely; n + 1 if there is none.
        let first = partition(mode, n + 1, |k| law.ln_pmf(k) > limit);
        law.cdf(count) + if first == 0 { 1.0 } else { law.sf(first - 1) }
    } else {
        // Counts below the mode that are at most as likely: 0 up to `likely`, exclusive.
        let likely = partition(0, mode, |k| law.ln_pmf(k) <= limit);
        let below = if likely == 0 {
            0.0
        } else {
            law.cdf(likely - 1)
        };
        below + law.sf(count - 1)
    }
}

/// The smaller tail, and the largest opposite tail whose probability does not exceed it.
fn blaker(law: &Binomial, count: u64, lower: f64, upper: f64) -> f64 {
    let n = law.trials();
    let limit = lower.min(upper) * (1.0 + TIE);
    if lower <= upper {
        let first = partition(count + 1, n + 1, |k| {
            (if k == 0 { 1.0 } else { law.sf(k - 1) }) > limit
        });
        lower + if first > n { 0.0 } else { law.sf(first - 1) }
    } else {
        let end = partition(0, count, |k| law.cdf(k) <= limit);
        upper + if end == 0 { 0.0 } else { law.cdf(end - 1) }
    }
}

/// The most likely count.
fn mode(law: &Binomial) -> u64 {
    let n = law.trials();
    (((n as f64 + 1.0) * law.probability()) as u64).min(n)
}

/// The first k in `from..to` for which `holds` is false, if it is true before and false after;
/// `to` if it is always true.
fn partition(from: u64, to: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (from, to);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            low = middle + 1
        } else {
            high = middle
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(count: u64, n: u64, p: f64, convention: Convention, expected: f64) {
        let value = binomial_test(count, n, p, convention).unwrap();
        assert!(
            (value / expected - 1.0).abs() < 1e-9,
            "{convention:?}: {value} is not {expected}"
        );
    }

    #[test]
    fn the_conventions_differ_as_published() {
        check(7, 20, 0.2, Convention::Doubling, 0.173_385_027_134_800_53);
        check(7, 20, 0.2, Convention::MidP, 0.118_835_176_648_275_39);
        check(5, 10, 0.1, Convention::MinimumLikelihood, 0.001_634_937_4);
        check(
            60,
            100,
            0.5,
            Convention::MinimumLikelihood,
            0.056_887_933_640_980_792,
        );
        check(
            5,
            100,
            0.01,
            Convention::MinimumLikelihood,
            0.003_432_321_587_754_515_2,
        );
        check(
            0,
            15,
            0.1,
            Convention::MinimumLikelihood,
            0.389_952_201_201_04,
        );
        check(
            0,
            20,
            0.2,
            Convention::MinimumLikelihood,
            0.021_511_001_366_792_765,
        );
        check(7, 15, 0.5, Convention::MinimumLikelihood, 1.0);
        let blaker = binomial_test(7, 20, 0.2, Convention::Blaker).unwrap();
        assert!((blaker - 0.156).abs() < 0.0005, "{blaker}");
    }

    #[test]
    fn certain_laws_are_certain() {
        for convention in Convention::ALL {
            let p = |count, p| binomial_test(count, 10, p, convention).unwrap();
            assert_eq!((p(0, 0.0), p(10, 1.0)), (1.0, 1.0), "{convention:?}");
            assert_eq!((p(1, 0.0), p(9, 1.0)), (0.0, 0.0), "{convention:?}");
        }
        assert!(binomial_test(11, 10, 0.5, Convention::Doubling).is_err());
    }

    proptest! {
        #[test]
        fn minimum_likelihood_is_the_sum_of_what_is_no_more_likely(
            n in 1_u64..80, place in 0.0..=1.0, p in 0.01..0.99,
        ) {
            let count = (n as f64 * place) as u64;
            let law = Binomial::new(n, p).unwrap();
            let limit = law.pmf(count) * (1.0 + TIE);
            let expected: f64 = (0..=n).map(|k| law.pmf(k)).filter(|&pmf| pmf <= limit).sum();
            let value = binomial_test(count, n, p, Convention::MinimumLikelihood).unwrap();
            prop_assert!((value - expected.min(1.0)).abs() < 1e-12);
        }

        #[test]
        fn relabelling_changes_nothing(n in 1_u64..200, place in 0.0..=1.0, p in 0.01..0.99) {
            let count = (n as f64 * place) as u64;
            for convention in Convention::ALL {
                let one = binomial_test(count, n, p, convention).unwrap();
                let other = binomial_test(n - count, n, 1.0 - p, convention).unwrap();
                prop_assert!((one - other).abs() < 1e-9 * one.max(1e-3), "{convention:?} {one} {other}");
            }
        }
    }
}
