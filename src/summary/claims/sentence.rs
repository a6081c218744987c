//! A claim in words, where its author gave none.

use crate::scenario::{Needed, Phase, Scenario, Statement, VersionIndex};
use crate::units::display::{count, short_percent};
use crate::units::{ConfidenceLevel, Tolerance, to_f64};

/// The sentence of a statement about a phase.
pub(super) fn of(scenario: &Scenario, phase: &Phase, statement: &Statement) -> String {
    let noun =
        |requests: u64| format!("{} {}", count(requests), scenario.protocol().noun(requests));
    match *statement {
        Statement::AllSeen {
            requests,
            probability,
        } => format!(
            "in {}, every version is seen within {} with at least {}",
            phase.name(),
            noun(requests),
            level(probability)
        ),
        Statement::ShareWithin {
            version,
            tolerance,
            requests,
            probability,
        } => format!(
            "in {}, {} within {} after {} with at least {}",
            phase.name(),
            share_of(scenario, version, "is"),
            points(tolerance),
            noun(requests),
            level(probability)
        ),
        Statement::StaysWithin {
            version,
            tolerance,
            requests,
            probability,
        } => format!(
            "in {}, {} within {} from {} on with at least {}",
            phase.name(),
            share_of(scenario, version, "stays"),
            points(tolerance),
            noun(requests),
            level(probability)
        ),
        Statement::Needed {
            goal,
            at_least,
            probability,
        } => format!(
            "in {}, at least {} are needed until {} with {}",
            phase.name(),
            noun(at_least),
            goal_words(scenario, goal),
            level(probability)
        ),
        Statement::ObservedShare { version, low, high } => format!(
            "in {}, the observed share of {} is {} to {}",
            phase.name(),
            scenario.versions()[version.0].name,
            short_percent(to_f64(low)),
            short_percent(to_f64(high))
        ),
    }
}

/// A goal in words: "every version is seen".
pub(super) fn goal_words(scenario: &Scenario, goal: Needed) -> String {
    match goal {
        Needed::AllSeen => "every version is seen".to_owned(),
        Needed::ShareWithin { version, tolerance } => {
            format!(
                "{} within {}",
                share_of(scenario, version, "is"),
                points(tolerance)
            )
        }
        Needed::StaysWithin { version, tolerance } => {
            format!(
                "{} within {} for ever",
                share_of(scenario, version, "stays"),
                points(tolerance)
            )
        }
    }
}

/// "the share of v2 is", or "every share is".
fn share_of(scenario: &Scenario, version: Option<VersionIndex>, verb: &str) -> String {
    match version {
        Some(version) => format!(
            "the share of {} {verb}",
            scenario.versions()[version.0].name
        ),
        None => format!("every share {verb}"),
    }
}

fn points(tolerance: Tolerance) -> String {
    format!("±{} points", to_f64(tolerance.points()))
}

/// A probability as it was written: 99.99%.
pub(super) fn level(probability: ConfidenceLevel) -> String {
    format!("{}%", to_f64(probability.percent()))
}
