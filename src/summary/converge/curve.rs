//! Every probability by the number of requests, to be drawn or read by other programs.

use super::{Question, Split, at};
use crate::scenario::Scenario;
use crate::stats::{StatsError, convergence};
use crate::tally::checkpoints;

/// Beyond this number of requests the curve ends, wherever the stable N is.
const MOST_REQUESTS: u64 = 100_000;

/// The probabilities at one number of requests; absent where an exact figure is too costly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// The number of requests.
    pub requests: u64,
    /// P(every version seen).
    pub every_version_seen: Option<f64>,
    /// P(every share within the tolerance).
    pub within_tolerance: Option<f64>,
    /// P(every share stays within the tolerance from here on, for ever); two versions alone.
    pub stays_within: Option<f64>,
}

/// The curve up to a quarter beyond the stable N: every number up to 1000, then in steps of 1%.
///
/// # Errors
/// [`StatsError`] for anything but a limit of work.
pub fn curve(scenario: &Scenario, question: Question) -> Result<Vec<CurvePoint>, StatsError> {
    let split = Split::of(scenario, &scenario.phases()[question.phase]);
    let (shares, tolerance) = (&split.shares, split.tolerance);
    let stable = match shares.len() {
        0..=2 => convergence::stable_n(shares[0], tolerance, split.confidence),
        _ => convergence::joint_stable_n(shares, tolerance, split.confidence),
    };
    let last = match stable {
        Ok(stable) => (stable + stable / 4)
            .max(question.requests.unwrap_or(1))
            .min(MOST_REQUESTS),
        Err(StatsError::Limit { .. }) => 1000,
        Err(error) => return Err(error),
    };
    let numbers = checkpoints(last);
    let stays: Vec<Option<f64>> = match shares.len() {
        2 => match convergence::stays_within_by_n(&numbers, shares[1], tolerance) {
            Ok(values) => values.into_iter().map(Some).collect(),
            Err(StatsError::Limit { .. }) => vec![None; numbers.len()],
            Err(error) => return Err(error),
        },
        _ => vec![None; numbers.len()],
    };
    let points = numbers.iter().zip(stays);
    points
        .map(|(&requests, stays_within)| {
            Ok(CurvePoint {
                requests,
                every_version_seen: at(Some(requests), |n| convergence::all_seen(shares, n))?,
                within_tolerance: at(Some(requests), |n| match shares.len() {
                    0..=2 => convergence::within_tolerance(n, shares[0], tolerance),
                    _ => convergence::joint_within(shares, n, tolerance),
                })?,
                stays_within,
            })
        })
        .collect()
}
