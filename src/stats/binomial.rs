//! The binomial distribution: how many of n independent requests go to one version.
//!
//! Exact at the sizes of traffic: n up to 10^9, relative error below 10^-11 in both tails. The mass
//! is Loader's saddle-point form; a tail is summed outward from its boundary by the ratio of
//! neighbouring terms until the rest vanishes, of the order of √n steps.

use super::special::{Fraction, ln_binomial_density, normal_quantile};
use super::{Rational, StatsError};

/// Two tails that differ by less, relatively, are the same number computed in two ways.
const TIE: f64 = 1e-13;

/// The law of the number of successes in `n` independent trials of probability `p`.
///
/// ```
/// # use shiftsim::stats::binomial::Binomial;
/// // 20 connections at 80/20: the chance of exactly 4 on the second version
/// let second = Binomial::new(20, 0.2)?;
/// assert!((second.pmf(4) - 0.218199401946101).abs() < 1e-14);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Binomial {
    n: u64,
    p: Fraction,
    q: Fraction,
}

impl Binomial {
    /// The largest number of trials.
    pub const MAX_TRIALS: u64 = 1_000_000_000_000;

    /// `n` trials with probability `p`, taken as the exact binary fraction.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless `p` lies in [0, 1] and `n` is at most [`Self::MAX_TRIALS`].
    pub fn new(n: u64, p: f64) -> Result<Self, StatsError> {
        if !(0.0..=1.0).contains(&p) {
            return Err(StatsError::domain("p", "a probability in [0, 1]", p));
        }
        let p = Fraction::exact(p);
        Self::from_parts(n, p, p.complement())
    }

    /// `n` trials with an exact rational probability, such as 1/10, which is no binary fraction.
    ///
    /// # Errors
    /// As [`Binomial::new`]; also if the denominator is above 2^53.
    ///
    /// ```
    /// # use shiftsim::stats::{binomial::Binomial, Rational};
    /// let tenth = Binomial::with_share(10, Rational::new(1, 10))?;
    /// assert!((tenth.pmf(0) - 0.9f64.powi(10)).abs() < 1e-15);
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    pub fn with_share(n: u64, share: Rational) -> Result<Self, StatsError> {
        let (numerator, denominator) = (*share.numer(), *share.denom());
        if numerator > denominator {
            return Err(StatsError::domain("share", "in [0, 1]", share));
        }
        if denominator > 1 << 53 {
            return Err(StatsError::domain(
                "share",
                "a fraction with denominator ≤ 2^53",
                share,
            ));
        }
        let p = Fraction::ratio(numerator as f64, denominator as f64);
        let q = Fraction::ratio((denominator - numerator) as f64, denominator as f64);
        Self::from_parts(n, p, q)
    }

    fn from_parts(n: u64, p: Fraction, q: Fraction) -> Result<Self, StatsError> {
        if n > Self::MAX_TRIALS {
            return Err(StatsError::domain("n", "at most 10^12 trials", n));
        }
        Ok(Self { n, p, q })
    }

    /// The number of trials.
    #[must_use]
    pub fn trials(&self) -> u64 {
        self.n
    }

    /// The probability of a success.
    #[must_use]
    pub fn probability(&self) -> f64 {
        self.p.value
    }

    /// The mean, n p.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.n as f64 * self.p.value
    }

    /// The standard deviation, √(n p (1−p)).
    #[must_use]
    pub fn sd(&self) -> f64 {
        (self.mean() * self.q.value).sqrt()
    }

    /// The smallest of the most likely counts but for rounding: ⌊(n+1) p⌋, at most n.
    fn mode(&self) -> u64 {
        (((self.n as f64 + 1.0) * self.p.value) as u64).min(self.n)
    }

    /// ln P(X = k); minus infinity for k > n.
    ///
    /// Loader's saddle-point form; absolute error of the logarithm below 10^-12 wherever the
    /// probability is above 10^-300.
    ///
    /// ```
    /// # use shiftsim::stats::binomial::Binomial;
    /// assert!((Binomial::new(4, 0.5)?.ln_pmf(2) - 0.375f64.ln()).abs() < 1e-15);
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    #[must_use]
    pub fn ln_pmf(&self, k: u64) -> f64 {
        if k > self.n {
            return f64::NEG_INFINITY;
        }
        ln_binomial_density(k as f64, (self.n - k) as f64, self.n as f64, self.p, self.q)
    }

    /// P(X = k); 0 for k > n.
    #[must_use]
    pub fn pmf(&self, k: u64) -> f64 {
        self.ln_pmf(k).exp()
    }

    /// P(X ≤ k). The lower tail keeps its relative precision however small it is.
    ///
    /// ```
    /// # use shiftsim::stats::binomial::Binomial;
    /// assert!((Binomial::new(20_000_000, 0.5)?.cdf(9_999_999) - 0.49991079).abs() < 1e-8);
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    #[must_use]
    pub fn cdf(&self, k: u64) -> f64 {
        if k >= self.n {
            1.0
        } else if k < self.mode() {
            self.sum_down(k, 0).min(1.0)
        } else {
            1.0 - self.sum_up(k + 1, self.n).min(1.0)
        }
    }

    /// P(X > k). The upper tail keeps its relative precision however small it is.
    #[must_use]
    pub fn sf(&self, k: u64) -> f64 {
        if k >= self.n {
            0.0
        } else if k < self.mode() {
            1.0 - self.sum_down(k, 0).min(1.0)
        } else {
            self.sum_up(k + 1, self.n).min(1.0)
        }
    }

    /// P(low ≤ X ≤ high); 0 if low > high. Relative precision is kept also where it is small.
    ///
    /// ```
    /// # use shiftsim::stats::binomial::Binomial;
    /// // 100 requests at 50/50, within 10 points
    /// assert!((Binomial::new(100, 0.5)?.between(40, 60) - 0.964799799782295).abs() < 1e-14);
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    #[must_use]
    pub fn between(&self, low: u64, high: u64) -> f64 {
        let high = high.min(self.n);
        if low > high {
            return 0.0;
        }
        let mode = self.mode();
        if high < mode {
            return self.sum_down(high, low).min(1.0);
        }
        if low > mode {
            return self.sum_up(low, high).min(1.0);
        }
        let outside = self.outside(low, high);
        if outside < 0.5 {
            return 1.0 - outside;
        }
        let below = if low < mode {
            self.sum_down(mode - 1, low)
        } else {
            0.0
        };
        (below + self.sum_up(mode, high)).min(1.0)
    }

    /// P(X < low) + P(X > high), the complement of [`Binomial::between`], accurate where that is
    /// nearly one; 1 if low > high.
    #[must_use]
    pub fn outside(&self, low: u64, high: u64) -> f64 {
        if low > high {
            return 1.0;
        }
        let below = if low == 0 { 0.0 } else { self.cdf(low - 1) };
        (below + self.sf(high)).min(1.0)
    }

    /// The smallest k with P(X ≤ k) ≥ `probability`.
    ///
    /// Starts at the Cornish–Fisher approximation, gallops to a bracket, then bisects on the smaller
    /// tail. A tail that equals its target to 13 digits counts as equal, so that exact cases such
    /// as P(X ≤ 1) = 5/16 are not lost to rounding.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless `probability` lies in [0, 1].
    ///
    /// ```
    /// # use shiftsim::stats::binomial::Binomial;
    /// assert_eq!(Binomial::new(15, 0.5)?.quantile(0.5)?, 7);
    /// # Ok::<(), shiftsim::stats::StatsError>(())
    /// ```
    pub fn quantile(&self, probability: f64) -> Result<u64, StatsError> {
        let z = normal_quantile(probability)?;
        if probability == 0.0 || self.p.value == 0.0 {
            return Ok(0);
        }
        if probability == 1.0 || self.q.value == 0.0 {
            return Ok(self.n);
        }
        let skew = (self.q.value - self.p.value) * (z * z - 1.0) / 6.0;
        let start = (self.mean() + self.sd() * z + skew - 0.5).clamp(0.0, self.n as f64) as u64;
        let rest = 1.0 - probability;
        let reached = |k: u64| {
            if probability <= 0.5 {
                self.cdf(k) >= probability * (1.0 - TIE)
            } else {
                self.sf(k) <= rest * (1.0 + TIE)
            }
        };
        let (mut below, mut at) = self.bracket(start, &reached);
        // cdf(at) reaches the probability, cdf(below) does not; `None` stands for −1.
        while below.map_or(at, |b| at - b - 1) > 0 {
            let middle = below.map_or(at / 2, |b| b + (at - b) / 2);
            if reached(middle) {
                at = middle;
            } else {
                below = Some(middle);
            }
        }
        Ok(at)
    }

    /// A pair (below, at) around the first count that is `reached`, from doubling steps.
    fn bracket(&self, start: u64, reached: &impl Fn(u64) -> bool) -> (Option<u64>, u64) {
        let mut step = 1;
        if reached(start) {
            let mut at = start;
            while let Some(down) = at.checked_sub(step) {
                if !reached(down) {
                    return (Some(down), at);
                }
                at = down;
                step *= 2;
            }
            return (None, at);
        }
        let mut below = start;
        loop {
            let up = (below + step).min(self.n);
            if up == self.n || reached(up) {
                return (Some(below), up);
            }
            below = up;
            step *= 2;
        }
    }

    /// P(to ≤ X ≤ from), for `from` below the mode: falling terms.
    fn sum_down(&self, from: u64, to: u64) -> f64 {
        let first = self.pmf(from);
        let odds = self.q.value / self.p.value;
        let n = self.n as f64;
        falling_sum(first, from - to, |step| {
            let k = from as f64 - step;
            odds * k / (n - k + 1.0)
        })
    }

    /// P(from ≤ X ≤ to), for `from` at or above the mode: falling terms.
    fn sum_up(&self, from: u64, to: u64) -> f64 {
        let first = self.pmf(from);
        let odds = self.p.value / self.q.value;
        let n = self.n as f64;
        falling_sum(first, to - from, |step| {
            let k = from as f64 + step;
            odds * (n - k) / (k + 1.0)
        })
    }
}

/// first · (1 + r₀ + r₀ r₁ + ...), of `more` further terms, where the ratios fall: stopped when the
/// rest, bounded by a geometric series, is below the last digit.
fn falling_sum(first: f64, more: u64, ratio: impl Fn(f64) -> f64) -> f64 {
    if first == 0.0 {
        return 0.0;
    }
    let mut term = 1.0;
    let mut sum = 1.0;
    for step in 0..more {
        let r = ratio(step as f64);
        term *= r;
        sum += term;
        if term < 1e-17 * sum * (1.0 - r) {
            break;
        }
    }
    first * sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn degenerate_laws() {
        let never = Binomial::new(10, 0.0).unwrap();
        assert_eq!(
            (never.pmf(0), never.pmf(1), never.cdf(0), never.sf(0)),
            (1.0, 0.0, 1.0, 0.0)
        );
        let always = Binomial::new(10, 1.0).unwrap();
        assert_eq!(
            (always.pmf(10), always.cdf(9), always.sf(9)),
            (1.0, 0.0, 1.0)
        );
        assert_eq!(always.quantile(0.5).unwrap(), 10);
        let empty = Binomial::new(0, 0.3).unwrap();
        assert_eq!(
            (empty.pmf(0), empty.cdf(0), empty.between(0, 5)),
            (1.0, 1.0, 1.0)
        );
        assert!(Binomial::new(10, 1.1).is_err());
        assert!(Binomial::new(10, f64::NAN).is_err());
    }

    #[test]
    fn quantile_of_small_laws() {
        let law = Binomial::new(4, 0.5).unwrap();
        let cases = [
            (0.0, 0),
            (0.0625, 0),
            (0.07, 1),
            (0.3125, 1),
            (0.6875, 2),
            (0.99, 4),
        ];
        for (probability, k) in cases {
            assert_eq!(law.quantile(probability).unwrap(), k, "at {probability}");
        }
    }

    proptest! {
        #[test]
        fn masses_sum_to_one(n in 0u64..3000, p in 0.0..=1.0f64) {
            let law = Binomial::new(n, p).unwrap();
            let total: f64 = (0..=n).map(|k| law.pmf(k)).sum();
            prop_assert!((total - 1.0).abs() < 1e-11);
        }

        #[test]
        fn cdf_rises_and_the_tails_complete_each_other(n in 1u64..2000, p in 0.0..=1.0f64) {
            let law = Binomial::new(n, p).unwrap();
            let mut last = 0.0;
            for k in 0..=n {
                let cdf = law.cdf(k);
                prop_assert!(cdf >= last);
                prop_assert!((cdf + law.sf(k) - 1.0).abs() < 1e-12);
                last = cdf;
            }
        }

        #[test]
        fn relabelling_mirrors_the_law(n in 1u64..10_000_000, x in 0.0..=1.0f64, p in 1u64..1000) {
            let k = (x * n as f64) as u64;
            let one = Binomial::with_share(n, Rational::new(p, 1000)).unwrap();
            let other = Binomial::with_share(n, Rational::new(1000 - p, 1000)).unwrap();
            prop_assert!((one.cdf(k) - 1.0 + other.cdf(n - k) - other.pmf(n - k)).abs() < 1e-12);
        }

        #[test]
        fn quantile_is_the_first_count_that_reaches(
            n in 1u64..1_000_000, p in 0.0..=1.0f64, probability in 0.0..=1.0f64,
        ) {
            let law = Binomial::new(n, p).unwrap();
            let k = law.quantile(probability).unwrap();
            prop_assert!(law.cdf(k) >= probability - TIE);
            prop_assert!(k == 0 || law.cdf(k - 1) < probability);
        }
    }
}
