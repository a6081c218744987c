//! The figure of a judge: how often it lets a version pass, by its error rate.

use super::{JudgeSummary, MetricKind};
use crate::summary::figures::{Figure, Labels, OperatingCharacteristic, OperatingCurve};
use crate::units::display::short_percent;

/// A curve for each metric that counts errors; none without one.
#[must_use]
pub fn figures(summary: &JudgeSummary) -> Vec<Figure> {
    let stable = summary.stable_error_rate;
    let curves: Vec<OperatingCurve> = summary
        .metrics
        .iter()
        .filter(|metric| metric.kind == MetricKind::Count && !metric.falls)
        .map(|metric| OperatingCurve {
            name: metric.name.clone(),
            points: metric
                .changes
                .iter()
                .map(|change| (stable * change.factor, 1.0 - change.stopped.value))
                .filter(|&(rate, _)| rate <= 1.0)
                .collect(),
        })
        .collect();
    if curves.is_empty() || stable <= 0.0 {
        return Vec::new();
    }
    vec![Figure::OperatingCharacteristic(OperatingCharacteristic {
        labels: Labels {
            file_stem: "judge".into(),
            title: "How often the judge lets a version pass, by its true error rate".into(),
            caption: format!(
                "{} · {} requests/s, half to each version · {} points · simulated, {} rollouts \
                 for each point · seed {}",
                summary.config,
                summary.requests_per_second,
                summary.points,
                summary.trials,
                summary.seed
            ),
            reading: "A version as good as the old one should pass, a worse one should not. Where \
                      the curve is still at the top, the judge is blind."
                .into(),
        },
        objective: stable,
        objective_label: format!("old version {}", short_percent(stable)),
        curves,
        shaded: false,
    })]
}
