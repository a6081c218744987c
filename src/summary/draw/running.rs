//! The running share with its exact funnel.

use super::Subject;
use crate::stats::{StatsError, convergence, intervals};
use crate::summary::figures::{BandPoint, Marker, RunningShare};
use crate::summary::phase::law;
use crate::tally::PhaseTally;
use crate::units::display::count;
use crate::units::to_f64;

/// The request number of the popular belief, marked where it fits.
const FIFTEEN: u64 = 15;

pub(super) fn running_share(
    subject: &Subject,
    tally: &PhaseTally,
) -> Result<RunningShare, StatsError> {
    let (scenario, phase, focus) = (subject.scenario, subject.phase, subject.focus());
    let requests = tally.requests();
    let confidence = scenario.confidence().probability();
    let target = to_f64(phase.target_shares()[focus]);
    let mut pointwise = Vec::with_capacity(tally.checkpoints.len());
    let mut time_uniform = Vec::with_capacity(tally.checkpoints.len());
    for point in &tally.checkpoints {
        pointwise.push(pointwise_band(subject, point.requests, confidence)?);
        let (low, high) = intervals::time_uniform_band(point.requests, target, confidence)?;
        time_uniform.push(band(point.requests, low, high));
    }
    let points = tally.checkpoints.iter();
    let level = scenario.confidence().percent();
    Ok(RunningShare {
        labels: subject.labels(
            "running-share",
            format!("Running share of {}", subject.version()),
            requests,
            format!(
                "The line is the share so far. At any one request number, {}% of runs are inside \
                 the shaded funnel; the same share of runs stays inside the dashed band all the \
                 time.",
                to_f64(level)
            ),
        ),
        version: subject.version(),
        version_index: subject.version_index(focus),
        requests,
        target,
        tolerance: to_f64(scenario.tolerance().share()),
        confidence,
        points: points
            .map(|point| (point.requests, share(point.counts[focus], point.requests)))
            .collect(),
        pointwise,
        time_uniform,
        markers: markers(subject, requests, confidence)?,
    })
}

/// The central range of the binomial law: its two quantiles as shares.
fn pointwise_band(
    subject: &Subject,
    requests: u64,
    confidence: f64,
) -> Result<BandPoint, StatsError> {
    let law = law(subject.phase, subject.focus(), requests)?;
    let tail = (1.0 - confidence) / 2.0;
    Ok(band(
        requests,
        law.quantile(tail)?,
        law.quantile(1.0 - tail)?,
    ))
}

fn band(requests: u64, low: u64, high: u64) -> BandPoint {
    BandPoint {
        requests,
        low: share(low, requests),
        high: share(high, requests),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
fn share(count: u64, requests: u64) -> f64 {
    count as f64 / requests as f64
}

/// Fifteen, and the number from which the share is within the tolerance for good.
fn markers(subject: &Subject, requests: u64, confidence: f64) -> Result<Vec<Marker>, StatsError> {
    let mut markers = Vec::new();
    if requests > FIFTEEN {
        markers.push(Marker {
            requests: FIFTEEN,
            label: "15".to_owned(),
        });
    }
    let target = subject.phase.target_shares()[subject.focus()];
    let tolerance = subject.scenario.tolerance();
    match convergence::stable_n(target, tolerance.share(), confidence) {
        Ok(stable) if stable <= requests => markers.push(Marker {
            requests: stable,
            label: format!("{}: ±{} points", count(stable), to_f64(tolerance.points())),
        }),
        Ok(_) | Err(StatsError::Limit { .. }) => {}
        Err(error) => return Err(error),
    }
    Ok(markers)
}
