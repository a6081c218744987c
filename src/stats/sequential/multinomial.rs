//! The anytime-valid e-value of counts: is the split what it should be, whenever one looks?
//!
//! Under the target shares w, the e-value has expectation 1 at every stopping time, so an alarm at
//! e ≥ 1/α is false with probability at most α however often one looks. Source: M. Lindon and
//! A. Malek, "Anytime-Valid Inference for Multinomial Count Data" (2022), arXiv 2011.03567; the
//! mixture goes back to H. Robbins (1970).

use super::check_alpha;
use crate::stats::StatsError;
use crate::stats::special::{Fraction, ln_binomial_density};

/// How sharply the prior of the alternative is centred on the target, when nothing else is asked
/// for: a Dirichlet prior 10 w, fixed before the data.
pub const DEFAULT_CONCENTRATION: f64 = 10.0;

/// ln e of counts c against target shares w, with a Dirichlet prior a = k w:
///
/// e = Γ(k) / Γ(k+n) · Π Γ(aᵢ+cᵢ) / Γ(aᵢ) · Π wᵢ^(−cᵢ)
///
/// `weights` are relative; `concentration` is k > 0. A count on a version of weight 0 is impossible
/// under the target: +∞. Computed as a chain of saddle-point densities, in which nothing cancels:
/// absolute error near 10^-12, and below 10^-9 at n = 10^7.
///
/// # Errors
/// [`StatsError::Domain`] unless there is a count per weight, weights are finite, not negative and
/// not all 0, and `concentration` is positive and finite.
///
/// ```
/// # use shiftsim::stats::sequential::multinomial::ln_e_value;
/// // 15 refreshes, all of one version at 50/50, with the prior 2 w: e = 2^15 / 16
/// let ln_e = ln_e_value(&[15, 0], &[50.0, 50.0], 2.0)?;
/// assert!((ln_e - 11.0 * 2f64.ln()).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn ln_e_value(counts: &[u64], weights: &[f64], concentration: f64) -> Result<f64, StatsError> {
    let total = checked_total(weights, concentration)?;
    if counts.len() != weights.len() {
        return Err(StatsError::domain("counts", "one per weight", counts.len()));
    }
    Ok(ln_e_of(counts, weights, concentration / total))
}

/// [`ln_e_value`] of checked arguments; `scale` is the concentration per unit of weight.
fn ln_e_of(counts: &[u64], weights: &[f64], scale: f64) -> f64 {
    if counts.iter().zip(weights).any(|(&c, &w)| w == 0.0 && c > 0) {
        return f64::INFINITY;
    }
    // The first version against the others, the second against those after it, and so on.
    let mut rest_weight = 0.0;
    let mut rest_count = 0;
    let mut ln_e = 0.0;
    for (&count, &weight) in counts.iter().zip(weights).rev() {
        if weight == 0.0 {
            continue;
        }
        if rest_weight > 0.0 {
            ln_e += ln_e_two_versions(
                count,
                rest_count,
                weight,
                rest_weight,
                (weight + rest_weight) * scale,
            );
        }
        rest_weight += weight;
        rest_count += count;
    }
    ln_e
}

/// ln e of `count` against `other` at weights `weight` : `other_weight`, with prior mass
/// `concentration`.
///
/// With a, b the prior and D the logarithm of the binomial density at real arguments:
/// ln e = D(a, b) − D(a+c, b+d) + ln [a b (A+n) / ((a+c) (b+d) A)].
pub(super) fn ln_e_two_versions(
    count: u64,
    other: u64,
    weight: f64,
    other_weight: f64,
    concentration: f64,
) -> f64 {
    let total = weight + other_weight;
    let p = Fraction::ratio(weight, total);
    let q = Fraction::ratio(other_weight, total);
    let (a, b) = (concentration * p.value, concentration * q.value);
    let (x, y) = (a + count as f64, b + other as f64);
    let (before, after) = (a + b, x + y);
    ln_binomial_density(a, b, before, p, q) - ln_binomial_density(x, y, after, p, q)
        + (a / x * (b / y) * (after / before)).ln()
}

/// The sum of valid weights.
fn checked_total(weights: &[f64], concentration: f64) -> Result<f64, StatsError> {
    let total: f64 = weights.iter().sum();
    let valid = weights.iter().all(|&w| w >= 0.0) && total > 0.0 && total.is_finite();
    if !valid {
        let given = format!("{weights:?}");
        return Err(StatsError::domain("weights", "≥ 0 and not all 0", given));
    }
    if !(concentration > 0.0 && concentration.is_finite()) {
        return Err(StatsError::domain(
            "concentration",
            "positive and finite",
            concentration,
        ));
    }
    Ok(total)
}

/// The e-value of a growing sequence, one observation at a time, with the running p-value
/// p = min(1, 1 / max e).
///
/// ```
/// # use shiftsim::stats::sequential::multinomial::MultinomialEValue;
/// let mut e = MultinomialEValue::new(&[50.0, 50.0], 2.0)?;
/// for _ in 0..8 {
///     e.observe(0)?; // always the first version
/// }
/// assert!(e.has_crossed(0.05)); // e = 2^8 / 9 is at least 20
/// assert!((e.p_value() - 9.0 / 256.0).abs() < 1e-14);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MultinomialEValue {
    weights: Vec<f64>,
    /// Concentration per unit of weight.
    scale: f64,
    total_weight: f64,
    counts: Vec<u64>,
    observations: u64,
    ln_e: f64,
    ln_maximum: f64,
}

impl MultinomialEValue {
    /// No observation yet: e = 1.
    ///
    /// # Errors
    /// As [`ln_e_value`].
    pub fn new(weights: &[f64], concentration: f64) -> Result<Self, StatsError> {
        let total_weight = checked_total(weights, concentration)?;
        Ok(Self {
            weights: weights.to_vec(),
            scale: concentration / total_weight,
            total_weight,
            counts: vec![0; weights.len()],
            observations: 0,
            ln_e: 0.0,
            ln_maximum: 0.0,
        })
    }

    /// One observation of the version with that index, and a look: e is multiplied by
    /// (aᵢ+cᵢ) / ((k+n) wᵢ).
    ///
    /// # Errors
    /// [`StatsError::Domain`] if there is no such version.
    pub fn observe(&mut self, version: usize) -> Result<(), StatsError> {
        self.ln_e += self.ln_growth(version)?;
        self.counts[version] += 1;
        self.observations += 1;
        self.ln_maximum = self.ln_maximum.max(self.ln_e);
        Ok(())
    }

    /// What an observation of that version would add to ln e.
    ///
    /// # Errors
    /// [`StatsError::Domain`] if there is no such version.
    pub fn ln_growth(&self, version: usize) -> Result<f64, StatsError> {
        let (Some(&weight), Some(&count)) = (self.weights.get(version), self.counts.get(version))
        else {
            return Err(StatsError::domain(
                "version",
                "an index of a weight",
                version,
            ));
        };
        if weight == 0.0 {
            return Ok(f64::INFINITY);
        }
        let prior = self.total_weight * self.scale;
        let predicted = (weight * self.scale + count as f64) / (prior + self.observations as f64);
        Ok((predicted * (self.total_weight / weight)).ln())
    }

    /// Many observations between two looks, as counts per version, and one look after them.
    ///
    /// # Errors
    /// [`StatsError::Domain`] unless there is a count per weight.
    pub fn observe_counts(&mut self, more: &[u64]) -> Result<(), StatsError> {
        if more.len() != self.counts.len() {
            return Err(StatsError::domain("counts", "one per weight", more.len()));
        }
        for (count, more) in self.counts.iter_mut().zip(more) {
            *count += more;
            self.observations += more;
        }
        self.ln_e = ln_e_of(&self.counts, &self.weights, self.scale);
        self.ln_maximum = self.ln_maximum.max(self.ln_e);
        Ok(())
    }

    /// ln e now.
    #[must_use]
    pub fn ln_value(&self) -> f64 {
        self.ln_e
    }

    /// ln of the largest e at any look so far; at least 0, its value before the first observation.
    #[must_use]
    pub fn ln_maximum(&self) -> f64 {
        self.ln_maximum
    }

    /// The running p-value: valid at any time, and never rising.
    #[must_use]
    pub fn p_value(&self) -> f64 {
        (-self.ln_maximum).exp()
    }

    /// Whether e has been at least 1/`alpha` at some look.
    #[must_use]
    pub fn has_crossed(&self, alpha: f64) -> bool {
        self.ln_maximum >= ln_threshold(alpha)
    }

    /// Counts per version so far.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }
}

/// ln (1/α), less what rounding could hide: an e-value of exactly 1/α is an alarm.
pub(super) fn ln_threshold(alpha: f64) -> f64 {
    let exact = -alpha.ln();
    exact - 1e-12 * exact.abs().max(1.0)
}

/// The number of the first observation at which e reaches 1/`alpha`; `None` if the sequence (of
/// version indices) ends before.
///
/// # Errors
/// As [`MultinomialEValue::new`] and [`MultinomialEValue::observe`]; [`StatsError::Domain`] unless
/// `alpha` lies in (0, 1).
///
/// ```
/// # use shiftsim::stats::sequential::multinomial::first_crossing;
/// // with the prior 100 w, "always the first version" is noticed at the 29th request
/// let crossing = first_crossing(std::iter::repeat_n(0, 50), &[1.0, 1.0], 100.0, 0.05)?;
/// assert_eq!(crossing, Some(29));
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn first_crossing(
    sequence: impl IntoIterator<Item = usize>,
    weights: &[f64],
    concentration: f64,
    alpha: f64,
) -> Result<Option<u64>, StatsError> {
    check_alpha(alpha)?;
    let mut e = MultinomialEValue::new(weights, concentration)?;
    for (version, n) in sequence.into_iter().zip(1..) {
        e.observe(version)?;
        if e.has_crossed(alpha) {
            return Ok(Some(n));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::special::ln_gamma;
    use proptest::prelude::*;

    /// The formula as it is written, which cancels but is right for small counts.
    fn literal(counts: &[u64], shares: &[f64], k: f64) -> f64 {
        let n = counts.iter().sum::<u64>() as f64;
        let terms = counts
            .iter()
            .zip(shares)
            .map(|(&c, &w)| ln_gamma(k * w + c as f64) - ln_gamma(k * w) - c as f64 * w.ln());
        ln_gamma(k) - ln_gamma(k + n) + terms.sum::<f64>()
    }

    #[test]
    fn impossible_versions() {
        let weights = [80.0, 20.0, 0.0];
        assert_eq!(
            ln_e_value(&[4, 1, 1], &weights, 10.0).unwrap(),
            f64::INFINITY
        );
        let without = ln_e_value(&[4, 1], &weights[..2], 10.0).unwrap();
        assert_eq!(ln_e_value(&[4, 1, 0], &weights, 10.0).unwrap(), without);
        assert_eq!(ln_e_value(&[7], &[1.0], 10.0).unwrap(), 0.0);
        let mut e = MultinomialEValue::new(&weights, 10.0).unwrap();
        e.observe(2).unwrap();
        assert_eq!(e.p_value(), 0.0);
        assert!(e.observe(3).is_err());
        assert!(MultinomialEValue::new(&[0.0, 0.0], 10.0).is_err());
        assert!(MultinomialEValue::new(&[1.0, f64::NAN], 10.0).is_err());
        assert!(MultinomialEValue::new(&[1.0, 1.0], 0.0).is_err());
    }

    #[test]
    fn ten_million_observations() {
        // mpmath, 60 digits
        let cases = [
            (
                vec![5_003_000, 4_997_000],
                vec![1.0, 1.0],
                100.0,
                -3.958_985_377_625_478,
            ),
            (
                vec![1_001_000, 8_999_000],
                vec![10.0, 90.0],
                10.0,
                -6.434_795_776_756_298,
            ),
            (
                vec![3_001_000, 4_999_000, 2_000_000],
                vec![30.0, 50.0, 20.0],
                10.0,
                -13.626_256_306_491_341,
            ),
        ];
        for (counts, weights, k, expected) in cases {
            let ln_e = ln_e_value(&counts, &weights, k).unwrap();
            assert!((ln_e - expected).abs() < 1e-11, "{ln_e} for {counts:?}");
        }
    }

    fn sequences() -> impl Strategy<Value = (Vec<f64>, f64, Vec<usize>)> {
        (2usize..6).prop_flat_map(|versions| {
            (
                prop::collection::vec(1.0..100.0f64, versions),
                0.1..1000.0f64,
                prop::collection::vec(0..versions, 0..200),
            )
        })
    }

    proptest! {
        #[test]
        fn is_a_martingale_under_the_target((weights, k, sequence) in sequences()) {
            let total: f64 = weights.iter().sum();
            let mut e = MultinomialEValue::new(&weights, k).unwrap();
            for version in sequence {
                let expected_growth: f64 = (0..weights.len())
                    .map(|i| weights[i] / total * e.ln_growth(i).unwrap().exp())
                    .sum();
                prop_assert!((expected_growth - 1.0).abs() < 1e-12);
                e.observe(version).unwrap();
            }
        }

        #[test]
        fn step_by_step_is_the_closed_form((weights, k, sequence) in sequences()) {
            let total: f64 = weights.iter().sum();
            let shares: Vec<f64> = weights.iter().map(|w| w / total).collect();
            let mut steps = MultinomialEValue::new(&weights, k).unwrap();
            for version in sequence {
                steps.observe(version).unwrap();
            }
            let closed = ln_e_value(steps.counts(), &weights, k).unwrap();
            prop_assert!((steps.ln_value() - closed).abs() < 1e-10);
            prop_assert!((literal(steps.counts(), &shares, k) - closed).abs() < 1e-9);
            let mut at_once = MultinomialEValue::new(&weights, k).unwrap();
            at_once.observe_counts(steps.counts()).unwrap();
            prop_assert_eq!(at_once.ln_value(), closed);
            prop_assert!(at_once.p_value() >= steps.p_value() * (1.0 - 1e-9));
        }

        #[test]
        fn relabelling_changes_nothing((weights, k, sequence) in sequences()) {
            let mut counts = vec![0; weights.len()];
            sequence.iter().for_each(|&version| counts[version] += 1);
            let one = ln_e_value(&counts, &weights, k).unwrap();
            let mirrored: Vec<f64> = weights.iter().rev().copied().collect();
            counts.reverse();
            let other = ln_e_value(&counts, &mirrored, k).unwrap();
            prop_assert!((one - other).abs() < 1e-10 * (1.0 + one.abs()));
        }
    }
}
