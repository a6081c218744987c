//! The figures of a gate: operating characteristics.

use super::{Curve, GateSummary};
use crate::summary::figures::{Figure, Labels, OperatingCharacteristic, OperatingCurve};
use crate::units::display::{rate, short_percent};

/// The characteristic at one or several rates of traffic and, if there are any, that of the
/// alternatives.
#[must_use]
pub fn figures(summary: &GateSummary, curves: &[Curve], alternatives: &[Curve]) -> Vec<Figure> {
    let method = summary.method.split([',', ':']).next().unwrap_or_default();
    let labels = |stem: &str, title: &str, reading: &str| Labels {
        file_stem: stem.into(),
        title: title.into(),
        caption: format!(
            "{} · {}, {} · {} · {method}",
            summary.rollout,
            rate(summary.requests_per_second),
            summary.arrivals,
            summary.rule,
        ),
        reading: reading.into(),
    };
    let simulated = |curve: &Curve| {
        let mut rows = summary.alternatives.iter();
        method == "exact" && rows.any(|row| row.name == curve.name && row.method == "simulated")
    };
    let figure = |labels: Labels, curves: &[Curve], shaded: bool| {
        Figure::OperatingCharacteristic(OperatingCharacteristic {
            labels,
            objective: summary.objective.error_rate,
            objective_label: format!("objective {}", short_percent(summary.objective.error_rate)),
            curves: curves
                .iter()
                .map(|curve| drawn(curve, simulated(curve)))
                .collect(),
            shaded,
        })
    };
    let mut figures = vec![figure(
        labels(
            "characteristic",
            "How often a version is promoted, by its true error rate",
            "Left of the objective the curve should be at the top, right of it at the bottom. The \
             area above it on the left is good versions rolled back, the area below it on the \
             right is bad versions promoted.",
        ),
        curves,
        true,
    )];
    if alternatives.len() > 1 {
        figures.push(figure(
            labels(
                "alternatives",
                "The same steps under other rules",
                "A steep fall at the objective tells good from bad. All rules see the same steps \
                 at the same traffic.",
            ),
            alternatives,
            false,
        ));
    }
    figures
}

/// In a figure of exact curves, one that is not says so.
fn drawn(curve: &Curve, simulated: bool) -> OperatingCurve {
    let mark = if simulated { " (simulated)" } else { "" };
    OperatingCurve {
        name: format!("{}{mark}", curve.name),
        points: curve
            .points
            .iter()
            .map(|point| (point.error_rate, point.promoted))
            .collect(),
    }
}
