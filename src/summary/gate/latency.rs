//! A latency check as what its recursion needs: the bucket of the limit, and where requests fall.

use crate::rollout::{GateTraffic, Measure, MetricCheck};
use crate::stats::gates::quantile::QuantileCheck;
use crate::units::to_f64;

/// Where a limit lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Limit {
    /// In a bucket.
    At(QuantileCheck),
    /// At the highest bound or beyond, where no quantile ever comes.
    Never,
}

/// The limit of a check; `None` if it is no check on a latency with an upper limit alone, or the
/// traffic has no latencies.
pub(super) fn check(check: &MetricCheck, traffic: &GateTraffic) -> Option<Limit> {
    let Measure::LatencyQuantile {
        quantile,
        buckets,
        whole_milliseconds,
    } = &check.measure
    else {
        return None;
    };
    let (latency, end) = (traffic.latency?, check.accepted.upper()?);
    if check.accepted.lower().is_some() {
        return None;
    }
    // ⌊v⌋ ≤ x is v < ⌊x⌋ + 1, and ⌊v⌋ < x is v < ⌈x⌉.
    let value = to_f64(end.value);
    let (limit, inclusive) = match (whole_milliseconds, end.inclusive) {
        (false, inclusive) => (value, inclusive),
        (true, true) => (value.floor() + 1.0, false),
        (true, false) => (value.ceil(), false),
    };
    let bounds: Vec<f64> = buckets
        .bounds()
        .iter()
        .map(|&bound| to_f64(bound))
        .collect();
    let highest = bounds.last().copied().unwrap_or(0.0);
    if limit > highest || (limit == highest && inclusive) {
        return Some(Limit::Never);
    }
    let place = bounds.iter().position(|&bound| limit <= bound)?;
    let lower = match place {
        0 => 0.0,
        _ => bounds[place - 1],
    };
    let below = latency.at_most(lower);
    Some(Limit::At(QuantileCheck {
        quantile: to_f64(*quantile),
        lower,
        upper: bounds[place],
        limit,
        inclusive,
        below,
        inside: latency.at_most(bounds[place]) - below,
    }))
}
