//! How many requests until a split is settled: the several meanings of it, each exact.
//!
//! *Every version seen*; *within tolerance* at n, with the first n and the stable N; *stays
//! within* from n on, for ever. Requests are independent picks, shares and tolerances exact
//! fractions, and the edges of a tolerance band belong to it.

mod all_seen;
mod deviation;
mod exits;
mod joint;
mod joint_stays;
mod rectangle;
mod stays;
mod stays_bound;
mod within;

pub use all_seen::{all_seen, all_seen_expectation, all_seen_n};
pub use deviation::expected_deviation;
pub use joint::{joint_first_n, joint_stable_n, joint_within};
pub use joint_stays::{joint_stays_within, joint_stays_within_by_n, joint_stays_within_n};
pub use stays::{stays_within, stays_within_by_n, stays_within_n, stays_within_until};
pub use stays_bound::{stays_within_bound, stays_within_bound_n};
pub use within::{
    band, first_n, hoeffding_n, normal_approximation_n, stable_n, within_by_n, within_tolerance,
};

use super::{Rational, StatsError};

fn domain(name: &'static str, expected: &'static str, value: impl ToString) -> StatsError {
    StatsError::Domain {
        name,
        expected,
        value: value.to_string(),
    }
}

/// Checks a share in [0, 1], a tolerance above 0 and denominators that keep products exact.
fn check(share: Rational, tolerance: Rational) -> Result<(), StatsError> {
    if share > Rational::from_integer(1) {
        return Err(domain("share", "in [0, 1]", share));
    }
    if *tolerance.numer() == 0 {
        return Err(domain("tolerance", "above 0", tolerance));
    }
    if *share.denom() > 1 << 32 || *tolerance.denom() > 1 << 32 {
        return Err(domain(
            "share and tolerance",
            "fractions with denominators up to 2^32",
            share,
        ));
    }
    Ok(())
}

fn check_confidence(confidence: f64) -> Result<(), StatsError> {
    if confidence > 0.0 && confidence < 1.0 {
        return Ok(());
    }
    Err(domain("confidence", "in (0, 1)", confidence))
}

fn to_f64(fraction: Rational) -> f64 {
    *fraction.numer() as f64 / *fraction.denom() as f64
}
