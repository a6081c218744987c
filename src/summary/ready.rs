//! Phases whose split follows the ready replicas: what was observed beside what these gave.

use super::{PValue, PhaseSummary, ReadySummary, focus, words};
use crate::scenario::{Phase, Scenario};
use crate::stats::special::normal_sf;
use crate::tally::service::{ReadyShare, ReadyShares};
use crate::units::display::{count, percent, probability, short_percent};
use crate::units::to_f64;

/// How the p-values of such counts are defined.
const CONVENTION: &str = "given the ready replicas at each request, normal, two-sided";

/// What the ready replicas gave a destination of a phase with so many requests, of which it got
/// `observed`; `None` without a request.
#[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
pub(super) fn summarise(share: &ReadyShare, requests: u64, observed: u64) -> Option<ReadySummary> {
    if requests == 0 {
        return None;
    }
    let requests = requests as f64;
    let error = share.variance.sqrt();
    // Without any variance the count is what it must be.
    let z = match error > 0.0 {
        true => (observed as f64 - share.expected) / error,
        false => 0.0,
    };
    Some(ReadySummary {
        mean_share: share.expected / requests,
        standard_error: error / requests,
        lowest: share.lowest,
        highest: share.highest,
        p_value: PValue {
            value: (2.0 * normal_sf(z.abs())).min(1.0),
            convention: CONVENTION,
        },
    })
}

/// What such a phase means, in plain sentences.
pub(super) fn sentences(scenario: &Scenario, phase: &Phase, summary: &PhaseSummary) -> Vec<String> {
    let place = focus::focus(phase);
    let row = &summary.versions[place];
    let Some(ready) = &row.ready else {
        return Vec::new();
    };
    let noun = scenario.protocol().noun(summary.requests);
    let version = words::version(scenario, phase, place);
    let mut sentences = vec![format!(
        "{} of {} {noun} went to {version}, {}; its share of the ready replicas was {} to {}, {} ± {} \
         on average over the {noun}.",
        count(row.observed_count),
        count(summary.requests),
        percent(row.observed_share.unwrap_or(0.0)),
        percent(ready.lowest),
        percent(ready.highest),
        percent(ready.mean_share),
        percent(ready.standard_error),
    )];
    let level = scenario.confidence().probability();
    let p = format!(
        "p = {}, {}",
        probability(ready.p_value.value),
        ready.p_value.convention
    );
    sentences.push(if ready.p_value.value < 1.0 - level {
        format!(
            "Not consistent with the ready replicas at {} ({p}).",
            short_percent(level)
        )
    } else {
        format!("No contradiction to the ready replicas ({p}).")
    });
    let configured = phase.destinations().iter().any(|d| d.weight != d.replicas);
    if configured {
        sentences.push(format!(
            "The weights {} have no say: they would give {}.",
            words::weights(phase),
            percent(to_f64(phase.target_shares()[place]))
        ));
    }
    sentences
}

/// What the ready replicas gave each destination of a phase, if its split follows them.
pub(super) fn of_phase(
    ready: Option<&ReadyShares>,
    requests: u64,
    counts: &[u64],
) -> Vec<Option<ReadySummary>> {
    let Some(ready) = ready else {
        return vec![None; counts.len()];
    };
    let destinations = ready.destinations().iter().zip(counts);
    destinations
        .map(|(share, &observed)| summarise(share, requests, observed))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_compared_with_the_sum_of_its_shares() {
        // 100 requests at 1 of 5, then 50 at 4 of 8: 45 expected, variance 16 + 12.5.
        let share = ReadyShare {
            lowest: 0.2,
            highest: 0.5,
            expected: 45.0,
            variance: 28.5,
        };
        let ready = summarise(&share, 150, 56).unwrap();
        assert!((ready.mean_share - 0.3).abs() < 1e-15);
        // z = 11 / √28.5 = 2.060497; scipy.stats.norm.sf: 2 × 0.019675.
        assert!((ready.p_value.value - 0.039_350).abs() < 1e-5, "{ready:?}");
        assert!(summarise(&share, 0, 0).is_none());
    }
}
