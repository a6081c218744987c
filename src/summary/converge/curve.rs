//! Every probability by the number of requests, to be drawn or read by other programs.

use super::{Question, Split, at};
use crate::scenario::Scenario;
use crate::stats::{StatsError, convergence};
use crate::tally::checkpoints;

/// Beyond this number of requests the curve of two versions ends, wherever the stable N is.
const MOST_REQUESTS: u64 = 10_000_000;
/// The same for more versions, whose joint law costs more.
const MOST_JOINT_REQUESTS: u64 = 20_000;

/// Every probability by the number of requests.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The probabilities, ascending in the number of requests.
    pub points: Vec<CurvePoint>,
    /// Whether those to stay within are lower bounds, because exact ones are too costly.
    pub stays_is_bound: bool,
}

/// The probabilities at one number of requests; absent where an exact figure is too costly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// The number of requests.
    pub requests: u64,
    /// P(every version seen).
    pub every_version_seen: Option<f64>,
    /// P(every share within the tolerance).
    pub within_tolerance: Option<f64>,
    /// P(every share stays within the tolerance from here on, for ever), or a lower bound of it.
    pub stays_within: f64,
}

/// The curve up to a half beyond the stable N: every number up to 1000, then in steps of 1%.
///
/// # Errors
/// [`StatsError`] for anything but a limit of work.
pub fn curve(scenario: &Scenario, question: Question) -> Result<Curve, StatsError> {
    let split = Split::of(scenario, &scenario.phases()[question.phase]);
    let (shares, tolerance) = (&split.shares, split.tolerance);
    let (stable, most) = match shares.len() {
        0..=2 => (
            convergence::stable_n(shares[0], tolerance, split.confidence),
            MOST_REQUESTS,
        ),
        _ => (
            convergence::joint_stable_n(shares, tolerance, split.confidence),
            MOST_JOINT_REQUESTS,
        ),
    };
    let last = match stable {
        Ok(stable) => (stable + stable / 2).max(question.requests.unwrap_or(1)),
        Err(StatsError::Limit { .. }) => 1000,
        Err(error) => return Err(error),
    };
    let numbers = checkpoints(last.min(most));
    let (stays, stays_is_bound) = stays(&split, &numbers)?;
    let points = numbers.iter().zip(stays);
    let points = points
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
        .collect::<Result<_, StatsError>>()?;
    Ok(Curve {
        points,
        stays_is_bound,
    })
}

/// P(stays within) at each number: exact where it is not too costly, else the bound; and whether it is the bound.
fn stays(split: &Split, numbers: &[u64]) -> Result<(Vec<f64>, bool), StatsError> {
    match convergence::joint_stays_within_by_n(numbers, &split.shares, split.tolerance) {
        Ok(values) => return Ok((values, false)),
        Err(StatsError::Limit { .. }) => {}
        Err(error) => return Err(error),
    }
    let bounds = numbers
        .iter()
        .map(|&n| convergence::stays_within_bound(&split.shares, n, split.tolerance));
    Ok((bounds.collect::<Result<_, StatsError>>()?, true))
}
