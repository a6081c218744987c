//! What a comparison of two error rates really does: exact power and size, by enumeration of both
//! binomial laws where they have mass.

use std::ops::Range;

use super::check_open_unit;
use super::hypergeometric::Hypergeometric;
use super::minimum_likelihood::accepted;
use crate::stats::StatsError;
use crate::stats::binomial::Binomial;
use crate::stats::special::normal_upper_quantile;

/// The ends of a binomial law with less than this are left out of a sum.
const NEGLIGIBLE_TAIL: f64 = 1e-15;

/// The most pairs of counts that one sum visits: some seconds.
const MAX_PAIRS: u64 = 2_000_000_000;

/// One version in a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arm {
    /// Its number of requests, at least 1.
    pub requests: u64,
    /// Its true error rate, in [0, 1].
    pub error_rate: f64,
}

/// What a comparison is to notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alternative {
    /// That the canary is worse or better.
    TwoSided,
    /// That the canary is worse.
    CanaryWorse,
}

/// P(the pooled z test rejects): its power, or its size where both error rates are equal.
///
/// z = (p̂₂ − p̂₁) / √(p̂ q̂ (1/n₁ + 1/n₂)), and 0 where p̂ is 0 or 1; rejects at |z| ≥ z_{1−α/2}, or at
/// z ≥ z_{1−α} for [`Alternative::CanaryWorse`]. Absolute error below 10^-12.
///
/// # Errors
/// [`StatsError::Domain`] outside of the domains of [`Arm`], or unless `alpha` lies in (0, 1).
///
/// ```
/// # use shiftsim::stats::planning::exact_power::{pooled_z_power, Alternative, Arm};
/// let canary = Arm { requests: 100, error_rate: 0.05 };
/// let stable = Arm { requests: 900, error_rate: 0.01 };
/// let power = pooled_z_power(canary, stable, 0.05, Alternative::TwoSided)?;
/// assert!((power - 0.7660357878739715).abs() < 1e-12);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn pooled_z_power(
    canary: Arm,
    stable: Arm,
    alpha: f64,
    alternative: Alternative,
) -> Result<f64, StatsError> {
    check_open_unit("alpha", alpha)?;
    let (worse, better) = (Window::new(canary)?, Window::new(stable)?);
    let critical = match alternative {
        Alternative::TwoSided => normal_upper_quantile(alpha / 2.0)?,
        Alternative::CanaryWorse => normal_upper_quantile(alpha)?,
    };
    let z = |x: u64, y: u64| pooled_z(x, canary.requests, y, stable.requests);
    let stable_below = better.cumulative();
    let stable_total = stable_below.last().copied().unwrap_or(0.0);
    // For a fixed count x of the canary, z falls in the stable count y; as x rises, so do both
    // edges. Indices of y: below `worse_end` the canary is worse, from `better_start` it is better.
    let (mut worse_end, mut better_start) = (0, 0);
    let mut rejected = 0.0;
    for (x, &mass) in (worse.first..).zip(&worse.mass) {
        let z_at = |index: usize| z(x, better.first + index as u64);
        while worse_end < better.mass.len() && z_at(worse_end) >= critical {
            worse_end += 1;
        }
        let mut outside = stable_below[worse_end];
        if alternative == Alternative::TwoSided {
            while better_start < better.mass.len() && z_at(better_start) > -critical {
                better_start += 1;
            }
            outside += stable_total - stable_below[better_start];
        }
        rejected += mass * outside;
    }
    Ok(rejected.clamp(0.0, 1.0))
}

/// The pooled z statistic of `x` errors in `n` against `y` in `m`; 0 where nothing varies.
fn pooled_z(x: u64, n: u64, y: u64, m: u64) -> f64 {
    let (x, n, y, m) = (x as f64, n as f64, y as f64, m as f64);
    let pooled = (x + y) / (n + m);
    let variance = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m);
    if variance > 0.0 {
        (x / n - y / m) / variance.sqrt()
    } else {
        0.0
    }
}

/// P(Fisher's exact test rejects): its power, or its size where both error rates are equal.
///
/// Given the errors of both versions together, the canary's are hypergeometric; two-sided p-values
/// are minimum-likelihood, as in R and SciPy. Absolute error below 10^-12.
///
/// # Errors
/// As [`pooled_z_power`]; [`StatsError::Limit`] beyond some 10^9 pairs of counts.
///
/// ```
/// # use shiftsim::stats::planning::exact_power::{fisher_power, Alternative, Arm};
/// // 1 of 1 against 0 of 3 is the only table that Fisher's test could reject at 30%
/// let canary = Arm { requests: 1, error_rate: 0.5 };
/// let stable = Arm { requests: 3, error_rate: 0.5 };
/// let power = fisher_power(canary, stable, 0.3, Alternative::CanaryWorse)?;
/// assert!((power - 1.0 / 16.0).abs() < 1e-14);
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn fisher_power(
    canary: Arm,
    stable: Arm,
    alpha: f64,
    alternative: Alternative,
) -> Result<f64, StatsError> {
    check_open_unit("alpha", alpha)?;
    let (one, other) = (Window::new(canary)?, Window::new(stable)?);
    let (widths, heights) = (one.mass.len() as u64, other.mass.len() as u64);
    if widths.saturating_mul(widths + heights) > MAX_PAIRS {
        return Err(StatsError::Limit {
            what: "the power of Fisher's test at these sizes".to_owned(),
            limit: format!("{MAX_PAIRS} pairs of counts"),
        });
    }
    let mut rejected = 0.0;
    for errors in one.first + other.first..one.end() + other.end() - 1 {
        let law = Hypergeometric::new(canary.requests, stable.requests, errors);
        let keep = match alternative {
            Alternative::TwoSided => accepted(&law.mass, alpha),
            Alternative::CanaryWorse => 0..accepted_below(&law.mass, alpha),
        };
        let keep = law.first + keep.start as u64..law.first + keep.end as u64;
        rejected += outside(&one, &other, errors, &keep, alternative);
    }
    Ok(rejected.clamp(0.0, 1.0))
}

/// How many of the lowest outcomes an upper-tail test at level `alpha` does not reject.
fn accepted_below(law: &[f64], alpha: f64) -> usize {
    let mut end = law.len();
    let mut tail = 0.0;
    while end > 0 {
        tail += law[end - 1];
        if tail > alpha * (1.0 + 1e-12) {
            break;
        }
        end -= 1;
    }
    end
}

/// P(both versions have `errors` together, and the canary's lie outside of `keep`).
fn outside(
    one: &Window,
    other: &Window,
    errors: u64,
    keep: &Range<u64>,
    alternative: Alternative,
) -> f64 {
    let lowest = one.first.max((errors + 1).saturating_sub(other.end()));
    let highest = one.end().min((errors + 1).saturating_sub(other.first));
    let both = |x: u64| one.at(x) * other.at(errors - x);
    let above: f64 = (keep.end.max(lowest)..highest).map(both).sum();
    if alternative == Alternative::CanaryWorse {
        return above;
    }
    let below: f64 = (lowest..keep.start.min(highest)).map(both).sum();
    below + above
}

/// A binomial law where it has mass.
struct Window {
    first: u64,
    mass: Vec<f64>,
}

impl Window {
    fn new(arm: Arm) -> Result<Self, StatsError> {
        if arm.requests == 0 {
            return Err(StatsError::domain("requests", "at least 1", arm.requests));
        }
        if !(0.0..=1.0).contains(&arm.error_rate) {
            return Err(StatsError::domain(
                "error_rate",
                "in [0, 1]",
                arm.error_rate,
            ));
        }
        let law = Binomial::new(arm.requests, arm.error_rate)?;
        let first = law.quantile(NEGLIGIBLE_TAIL)?;
        let last = law.quantile(1.0 - NEGLIGIBLE_TAIL)?;
        Ok(Self {
            first,
            mass: (first..=last).map(|k| law.pmf(k)).collect(),
        })
    }

    fn end(&self) -> u64 {
        self.first + self.mass.len() as u64
    }

    fn at(&self, k: u64) -> f64 {
        self.mass[(k - self.first) as usize]
    }

    /// Sums of the first 0, 1, 2, ... masses.
    fn cumulative(&self) -> Vec<f64> {
        let mut sum = 0.0;
        let sums = self.mass.iter().map(|mass| {
            sum += mass;
            sum
        });
        std::iter::once(0.0).chain(sums).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn arm(requests: u64, error_rate: f64) -> Arm {
        Arm {
            requests,
            error_rate,
        }
    }

    /// The sum over all tables of those that the literal statistic rejects.
    fn z_by_enumeration(canary: Arm, stable: Arm, alpha: f64, alternative: Alternative) -> f64 {
        let one = Binomial::new(canary.requests, canary.error_rate).unwrap();
        let other = Binomial::new(stable.requests, stable.error_rate).unwrap();
        let mut total = 0.0;
        for x in 0..=canary.requests {
            for y in 0..=stable.requests {
                let z = pooled_z(x, canary.requests, y, stable.requests);
                let rejects = match alternative {
                    Alternative::TwoSided => z.abs() >= normal_upper_quantile(alpha / 2.0).unwrap(),
                    Alternative::CanaryWorse => z >= normal_upper_quantile(alpha).unwrap(),
                };
                if rejects {
                    total += one.pmf(x) * other.pmf(y);
                }
            }
        }
        total
    }

    #[test]
    fn refuses_what_is_no_comparison() {
        let fine = arm(10, 0.1);
        for bad in [arm(0, 0.1), arm(10, 1.1), arm(10, f64::NAN)] {
            assert!(pooled_z_power(bad, fine, 0.05, Alternative::TwoSided).is_err());
            assert!(fisher_power(fine, bad, 0.05, Alternative::TwoSided).is_err());
        }
        assert!(pooled_z_power(fine, fine, 0.0, Alternative::TwoSided).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn z_agrees_with_enumeration(
            n in 1u64..40, m in 1u64..40, p in 0.0..=1.0f64, q in 0.0..=1.0f64, alpha in 0.001..0.5f64,
        ) {
            for alternative in [Alternative::TwoSided, Alternative::CanaryWorse] {
                let fast = pooled_z_power(arm(n, p), arm(m, q), alpha, alternative).unwrap();
                let slow = z_by_enumeration(arm(n, p), arm(m, q), alpha, alternative);
                prop_assert!((fast - slow).abs() < 1e-12, "{fast} {slow}");
            }
        }

        #[test]
        fn the_two_versions_mirror_each_other(
            n in 1u64..200, m in 1u64..200, p in 0.0..=1.0f64, q in 0.0..=1.0f64,
        ) {
            let two = Alternative::TwoSided;
            let one = pooled_z_power(arm(n, p), arm(m, q), 0.05, two).unwrap();
            let other = pooled_z_power(arm(m, q), arm(n, p), 0.05, two).unwrap();
            prop_assert!((one - other).abs() < 1e-12);
            let one = fisher_power(arm(n, p), arm(m, q), 0.05, two).unwrap();
            let other = fisher_power(arm(m, q), arm(n, p), 0.05, two).unwrap();
            prop_assert!((one - other).abs() < 1e-12);
        }

        #[test]
        fn fisher_keeps_its_level(n in 1u64..150, m in 1u64..150, p in 0.0..=1.0f64, alpha in 0.001..0.5f64) {
            for alternative in [Alternative::TwoSided, Alternative::CanaryWorse] {
                let size = fisher_power(arm(n, p), arm(m, p), alpha, alternative).unwrap();
                prop_assert!(size <= alpha + 1e-12);
            }
        }

        #[test]
        fn a_larger_difference_is_noticed_more_often(
            n in 50u64..400, m in 50u64..400, p in 0.01..0.5f64, more in 0.01..0.2f64,
        ) {
            let at = |rate| pooled_z_power(arm(n, rate), arm(m, p), 0.05, Alternative::CanaryWorse);
            prop_assert!(at(p + more).unwrap() > at(p).unwrap());
        }
    }
}
