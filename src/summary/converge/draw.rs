//! The charts of `converge`: the saw-tooth of every probability over the number of requests, and the
//! fan of many replays.

use std::collections::BTreeSet;

use super::{ConvergeSummary, Curve, Needed, Question};
use crate::scenario::{Length, Phase, Scenario};
use crate::sim;
use crate::stats::StatsError;
use crate::summary::figures::{self, Axis, Curves, Figure, Labels, Look, Unit};
use crate::summary::{draw, shapes};
use crate::units::display::{count, short_percent};

/// Up to this many requests the axis is linear.
const LINEAR_UP_TO: u64 = 600;

/// The saw-tooth; with replications also their fan.
///
/// # Errors
/// [`StatsError`] if an exact law cannot be computed to the promised precision.
pub fn figures(
    scenario: &Scenario,
    question: Question,
    summary: &ConvergeSummary,
    curve: &Curve,
) -> Result<Vec<Figure>, StatsError> {
    let mut figures = vec![Figure::Curves(saw_tooth(question, summary, curve))];
    figures.extend(fan(scenario, question)?);
    Ok(figures)
}

fn saw_tooth(question: Question, summary: &ConvergeSummary, curve: &Curve) -> Curves {
    let last = curve.points.last().map_or(1, |point| point.requests);
    let line = |of: &dyn Fn(&super::CurvePoint) -> Option<f64>| {
        let points = curve.points.iter();
        points
            .filter_map(|point| Some((point.requests as f64, of(point)?)))
            .collect()
    };
    let within = format!(
        "within ±{} points at that request",
        summary.tolerance_points
    );
    let stays = match curve.stays_is_bound {
        true => "stays within from there on, at least (a bound)",
        false => "stays within from there on, for ever",
    };
    let mut curves = vec![
        curve_of(
            &within,
            0,
            Look::Solid,
            line(&|point| point.within_tolerance),
        ),
        curve_of(
            stays,
            2,
            Look::Dashed,
            line(&|point| Some(point.stays_within)),
        ),
        curve_of(
            "every version seen",
            1,
            Look::Solid,
            line(&|point| point.every_version_seen),
        ),
    ];
    if let Some(requests) = question.requests {
        let simulated: Vec<(f64, f64)> = summary
            .meanings
            .iter()
            .filter(|meaning| meaning.version.is_none())
            .filter_map(|meaning| Some((requests as f64, meaning.simulated?.simulated)))
            .collect();
        if !simulated.is_empty() {
            let name = format!("simulated, {} replays", count(summary.replications));
            curves.insert(0, curve_of(&name, 5, Look::Circles, simulated));
        }
    }
    let level = summary.confidence_percent / 100.0;
    let targets: Vec<String> = summary
        .targets
        .iter()
        .map(|target| format!("{} {}", target.version, short_percent(target.target_share)))
        .collect();
    Curves {
        labels: Labels {
            file_stem: "converge".into(),
            title: "After how many requests is the split settled?".into(),
            caption: format!(
                "{} · ±{} points · exact, independent picks{}",
                targets.join(", "),
                summary.tolerance_points,
                match summary.replications {
                    0 => String::new(),
                    _ => format!(" · seed {}", summary.seed),
                }
            ),
            reading: "To see every version takes few requests. The share is within the tolerance \
                      with a probability that is a saw-tooth, because counts are whole: it reaches \
                      the level first at one number of requests, and for good from a later one on. \
                      To stay within for ever takes more still."
                .into(),
        },
        across: Axis {
            name: "requests".into(),
            unit: Unit::Count,
            range: (1.0, last.max(2) as f64),
            logarithmic: last > LINEAR_UP_TO,
        },
        up: Axis {
            name: "probability".into(),
            unit: Unit::Share,
            range: (0.0, 1.0),
            logarithmic: false,
        },
        curves,
        areas: Vec::new(),
        levels: vec![(level, short_percent(level))],
        marks: marks(question, summary, last),
    }
}

fn curve_of(name: &str, colour: usize, look: Look, points: Vec<(f64, f64)>) -> figures::Curve {
    figures::Curve {
        name: name.to_owned(),
        colour,
        look,
        points,
    }
}

/// The numbers of requests that the table names, where they are on the axis.
fn marks(question: Question, summary: &ConvergeSummary, last: u64) -> Vec<(f64, String)> {
    let mut marks = Vec::new();
    let joint = summary.meanings.iter();
    for meaning in joint.filter(|meaning| meaning.version.is_none()) {
        if let Some(first) = meaning.first {
            marks.push((first, format!("first within: {}", count(first))));
        }
        let says = |requests: u64, bound: &str| {
            let what = match meaning.name.split(' ').next() {
                Some("every") => "seen",
                Some("stays") => "stays within",
                _ => "within from here on",
            };
            format!("{what}: {bound}{}", count(requests))
        };
        match meaning.needed {
            Needed::Requests(requests) => marks.push((requests, says(requests, ""))),
            Needed::AtMost(requests) => marks.push((requests, says(requests, "≤ "))),
            Needed::TooCostly => {}
        }
    }
    if let Some(requests) = question.requests {
        marks.push((requests, format!("yours: {}", count(requests))));
    }
    let mut seen = BTreeSet::new();
    marks
        .into_iter()
        .filter(|(requests, label)| *requests <= last && seen.insert((*requests, label.clone())))
        .map(|(requests, label)| (requests as f64, label))
        .collect()
}

/// The replays of the phase, as long as was asked for.
fn fan(scenario: &Scenario, question: Question) -> Result<Option<Figure>, StatsError> {
    let runs = u32::try_from(question.replications).unwrap_or(u32::MAX);
    let Some(requests) = question.requests.filter(|_| runs > 1) else {
        return Ok(None);
    };
    let phase = &scenario.phases()[question.phase];
    let alone = Phase::new(
        phase.name().to_owned(),
        phase.destinations().to_vec(),
        Length::Requests(requests),
        phase.arrivals().clone(),
        phase.algorithm(),
    );
    let mut parts = scenario.clone().into_parts();
    parts.claims.clear();
    parts.replications = runs;
    // The phase and its parts were valid before; where they no longer are, there is no fan.
    let Ok(alone) = alone else { return Ok(None) };
    parts.phases = vec![alone];
    let Ok(alone) = Scenario::new(parts) else {
        return Ok(None);
    };
    let replications = sim::replicate(&alone, &shapes(&alone), &|_| {});
    draw::fan(&alone, 0, &replications)
}
