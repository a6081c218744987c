//! How many requests tell two error rates apart, by the exact power of the pooled z test.

use super::exact_power::{Alternative, Arm, pooled_z_power};
use super::two_proportions::{Formula, TwoProportions};
use crate::stats::StatsError;

/// The largest number of canary requests that is tried one by one: some seconds.
const MOST: u64 = 100_000;

/// Requests to the canary that reach a power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PooledZSize {
    /// The first number of canary requests with the power.
    pub first: u64,
    /// The number from which on every one that was tried has it.
    pub stable: u64,
    /// The last number that was tried: one and a half times what the formula asks for, and more.
    pub tried: u64,
}

/// Requests to the stable version beside `canary` requests to the canary, at `ratio` to one.
#[must_use]
pub fn stable_requests(canary: u64, ratio: f64) -> u64 {
    (canary as f64 * ratio).round().max(1.0) as u64
}

/// The numbers of canary requests with which the pooled z test, by its exact power, notices
/// `plan.canary` instead of `plan.stable`. The power is a saw-tooth over n, so every n is tried.
///
/// # Errors
/// [`StatsError::Domain`] for a field outside of its domain; [`StatsError::Limit`] if more than
/// 100,000 canary requests had to be tried.
///
/// ```
/// # use shiftsim::stats::planning::exact_power::Alternative;
/// # use shiftsim::stats::planning::exact_size::pooled_z_size;
/// # use shiftsim::stats::planning::two_proportions::TwoProportions;
/// let plan = TwoProportions { stable: 0.01, canary: 0.05, alpha: 0.05, power: 0.8, ratio: 9.0 };
/// let size = pooled_z_size(&plan, Alternative::TwoSided)?;
/// // the formula says 115
/// assert_eq!((size.first, size.stable), (111, 111));
/// # Ok::<(), shiftsim::stats::StatsError>(())
/// ```
pub fn pooled_z_size(
    plan: &TwoProportions,
    alternative: Alternative,
) -> Result<PooledZSize, StatsError> {
    let formula = plan.canary_requests(Formula::PooledZ)?;
    let tried = (formula * 1.5).ceil() + 200.0;
    if tried > MOST as f64 {
        return Err(StatsError::Limit {
            what: "the exact number of requests".to_owned(),
            limit: format!("{MOST} canary requests"),
        });
    }
    let tried = tried as u64;
    let (mut first, mut last_failure) = (None, 0);
    for n in 1..=tried {
        let canary = Arm {
            requests: n,
            error_rate: plan.canary,
        };
        let stable = Arm {
            requests: stable_requests(n, plan.ratio),
            error_rate: plan.stable,
        };
        if pooled_z_power(canary, stable, plan.alpha, alternative)? >= plan.power {
            first = first.or(Some(n));
        } else {
            last_failure = n;
        }
    }
    match first {
        Some(first) if last_failure < tried => Ok(PooledZSize {
            first,
            stable: last_failure + 1,
            tried,
        }),
        _ => Err(StatsError::Limit {
            what: "the exact number of requests".to_owned(),
            limit: format!("{tried} canary requests, half as many again as the formula's"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_power_is_reached_at_first_and_from_stable_on() {
        let plan = TwoProportions {
            stable: 0.05,
            canary: 0.2,
            alpha: 0.05,
            power: 0.8,
            ratio: 1.0,
        };
        let size = pooled_z_size(&plan, Alternative::TwoSided).unwrap();
        let power = |n: u64| {
            let arm = |error_rate| Arm {
                requests: n,
                error_rate,
            };
            pooled_z_power(arm(0.2), arm(0.05), 0.05, Alternative::TwoSided).unwrap()
        };
        assert!(power(size.first) >= 0.8 && power(size.first - 1) < 0.8);
        assert!(power(size.stable - 1) < 0.8);
        assert!((size.stable..=size.tried).all(|n| power(n) >= 0.8));
    }
}
