//! The counts against the target: intervals that hold together, and exact p-values.

use super::{CheckedVersion, JointPValue, Settings};
use crate::random::{Purpose, stream};
use crate::stats::{StatsError, gof, intervals, two_sided};
use crate::summary::{Interval, PValue};
use crate::units::{Rational, Tolerance, to_f64};

/// How the intervals are computed.
pub(super) const INTERVAL: &str = "Goodman (1965), simultaneous";
/// How the p-values of single versions are defined.
pub(super) const VERSION_CONVENTION: &str = "exact binomial, two-sided, minimum likelihood";
/// How the p-value of all versions together is defined.
const JOINT_CONVENTION: &str = "exact multinomial, ordered by probability";
/// The same, where the exact enumeration is out of reach.
const SIMULATED_CONVENTION: &str = "multinomial, ordered by probability, simulated 100,000 times";
/// An observation that cannot be.
const IMPOSSIBLE: &str = "impossible under the target";

/// Samples of the simulated test: a standard error of at most 0.0016.
const SAMPLES: u64 = 100_000;

/// A row per version.
pub(super) fn rows(
    settings: &Settings,
    names: &[String],
    shares: &[Rational],
    observed: &[u64],
) -> Result<Vec<CheckedVersion>, StatsError> {
    let requests: u64 = observed.iter().sum();
    let intervals = intervals::goodman(observed, settings.confidence.probability())?;
    let rows = names
        .iter()
        .zip(shares)
        .zip(observed)
        .zip(intervals)
        .enumerate();
    rows.map(|(place, (((name, &share), &count), interval))| {
        let interval = Interval {
            low: interval.low,
            high: interval.high,
        };
        Ok(CheckedVersion {
            version: name.clone(),
            weight: settings.target.weight(place),
            target_share: to_f64(share),
            observed_count: count,
            observed_share: share_of(count, requests),
            interval,
            interval_within: is_within(interval, share, settings.tolerance),
            p_value: version_p_value(count, requests, share)?,
        })
    })
    .collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
pub(super) fn share_of(count: u64, requests: u64) -> f64 {
    count as f64 / requests as f64
}

/// Whether an interval lies within target ± tolerance, the edges included.
pub(super) fn is_within(interval: Interval, share: Rational, tolerance: Tolerance) -> bool {
    let tolerance = tolerance.share();
    // A band that reaches 0 or 1 has no edge there that rounding could miss.
    let above = share <= tolerance || interval.low >= to_f64(share - tolerance);
    let sum = share + tolerance;
    above && (sum >= Rational::from_integer(1) || interval.high <= to_f64(sum))
}

/// The smallest tolerance in percentage points within which every interval lies.
pub(super) fn confirmed_points(versions: &[CheckedVersion]) -> f64 {
    let reach = versions.iter().map(|version| {
        let Interval { low, high } = version.interval;
        100.0 * (version.target_share - low).max(high - version.target_share)
    });
    reach.fold(0.0, f64::max)
}

fn version_p_value(count: u64, requests: u64, share: Rational) -> Result<PValue, StatsError> {
    if *share.numer() == 0 {
        let value = if count == 0 { 1.0 } else { 0.0 };
        let convention = if count == 0 {
            VERSION_CONVENTION
        } else {
            IMPOSSIBLE
        };
        return Ok(PValue { value, convention });
    }
    let value = two_sided::binomial_test(
        count,
        requests,
        to_f64(share),
        two_sided::Convention::MinimumLikelihood,
    )?;
    Ok(PValue {
        value,
        convention: VERSION_CONVENTION,
    })
}

/// The p-value of all counts together: exact for two versions at any size and for more within the
/// limit of enumeration, simulated beyond.
pub(super) fn joint(shares: &[Rational], observed: &[u64]) -> Result<JointPValue, StatsError> {
    let exact = |value, convention| {
        Ok(JointPValue {
            value,
            convention,
            standard_error: None,
        })
    };
    let cells = shares.iter().zip(observed);
    if cells
        .clone()
        .any(|(share, &count)| *share.numer() == 0 && count > 0)
    {
        return exact(0.0, IMPOSSIBLE);
    }
    let (live, counts): (Vec<Rational>, Vec<u64>) =
        cells.filter(|(share, _)| *share.numer() > 0).unzip();
    if let ([_, second], [_, count]) = (live.as_slice(), counts.as_slice()) {
        let p_value = version_p_value(*count, counts.iter().sum(), *second)?;
        return exact(p_value.value, VERSION_CONVENTION);
    }
    let shares: Vec<f64> = live.into_iter().map(to_f64).collect();
    match gof::exact_multinomial(&counts, &shares) {
        Ok(value) => exact(value, JOINT_CONVENTION),
        Err(StatsError::Limit { .. }) => {
            let mut random = stream(1, Purpose::Tests, &[]);
            let estimate = gof::monte_carlo_multinomial(&counts, &shares, SAMPLES, &mut random)?;
            Ok(JointPValue {
                value: estimate.value,
                convention: SIMULATED_CONVENTION,
                standard_error: Some(estimate.standard_error),
            })
        }
        Err(error) => Err(error),
    }
}
