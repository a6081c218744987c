//! How many requests would confirm the tolerance.

use super::{Needed, Settings, counts};
use crate::stats::{StatsError, intervals};
use crate::summary::Interval;
use crate::units::Rational;

/// No answer beyond: at a million requests a second it would take thirty years.
const MOST: u64 = 1_000_000_000_000_000;

/// The smallest number of requests at which every simultaneous interval would lie within target ±
/// tolerance, if all shares were exactly on target; where more than that were observed already,
/// if the shares stay as observed. `None` if no number would do.
pub(super) fn requests(
    settings: &Settings,
    shares: &[Rational],
    observed: &[u64],
) -> Result<Option<Needed>, StatsError> {
    let seen: u64 = observed.iter().sum();
    let on_target = smallest(settings, shares, shares)?;
    if let Some(requests) = on_target.filter(|&needed| needed > seen) {
        return Ok(Some(Needed {
            requests,
            assuming: "shares on target",
        }));
    }
    let as_observed: Vec<Rational> = observed
        .iter()
        .map(|&count| Rational::new(count, seen))
        .collect();
    let needed = smallest(settings, shares, &as_observed)?;
    Ok(needed.map(|requests| Needed {
        requests,
        assuming: "shares as observed",
    }))
}

/// The smallest number of requests that confirms if their shares are `assumed`.
fn smallest(
    settings: &Settings,
    targets: &[Rational],
    assumed: &[Rational],
) -> Result<Option<u64>, StatsError> {
    // Steps in which the assumed shares give whole counts, as long as they are not too long.
    let common = assumed
        .iter()
        .fold(1_u64, |common, share| lcm(common, *share.denom()));
    let step = if common <= 1000 { common } else { 1 };
    let confirms = |steps: u64| -> Result<bool, StatsError> {
        let intervals = intervals::goodman(
            &apportion(assumed, steps * step),
            settings.confidence.probability(),
        )?;
        Ok(intervals.iter().zip(targets).all(|(interval, &target)| {
            let interval = Interval {
                low: interval.low,
                high: interval.high,
            };
            counts::is_within(interval, target, settings.tolerance)
        }))
    };
    let (mut below, mut at) = (0, 1);
    while !confirms(at)? {
        below = at;
        at *= 2;
        if at * step > MOST {
            return Ok(None);
        }
    }
    while at - below > 1 {
        let middle = below + (at - below) / 2;
        if confirms(middle)? {
            at = middle;
        } else {
            below = middle;
        }
    }
    Ok(Some(at * step))
}

fn lcm(a: u64, b: u64) -> u64 {
    let (mut x, mut y) = (a, b);
    while y > 0 {
        (x, y) = (y, x % y);
    }
    (a / x).saturating_mul(b)
}

/// Counts of `requests` in the given shares, rounded down, what is left going to the largest
/// remainders.
fn apportion(shares: &[Rational], requests: u64) -> Vec<u64> {
    let parts: Vec<(u64, f64)> = shares
        .iter()
        .map(|share| {
            let exact = u128::from(requests) * u128::from(*share.numer());
            let denominator = u128::from(*share.denom());
            let whole = u64::try_from(exact / denominator).unwrap_or(u64::MAX);
            #[expect(
                clippy::cast_precision_loss,
                reason = "only the order of remainders matters"
            )]
            let remainder = (exact % denominator) as f64 / denominator as f64;
            (whole, remainder)
        })
        .collect();
    let mut counts: Vec<u64> = parts.iter().map(|part| part.0).collect();
    let left = requests.saturating_sub(counts.iter().sum());
    let mut places: Vec<usize> = (0..parts.len()).collect();
    places.sort_by(|&a, &b| parts[b].1.total_cmp(&parts[a].1));
    for &place in places.iter().take(usize::try_from(left).unwrap_or(0)) {
        counts[place] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apportioned_counts_sum_to_the_requests() {
        let thirds = [Rational::new(1, 3); 3];
        assert_eq!(apportion(&thirds, 10), [4, 3, 3]);
        let shares = [
            Rational::new(4, 5),
            Rational::new(1, 5),
            Rational::new(0, 1),
        ];
        assert_eq!(apportion(&shares, 20), [16, 4, 0]);
        assert_eq!(lcm(4, 6), 12);
    }
}
