//! How to set what would do better: the lines to paste into the manifest of the tool.

use std::time::Duration;

use serde::Serialize;

use super::alternatives::slowest_step_per_second;
use super::describe::span;
use super::{Alternative, Question};
use crate::rollout::{Argo, Controller, Flagger};
use crate::units::display::count;

/// What a rule beside the gate differs in, where that can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The same gate, rolled back with so many failed checks.
    Failures(u32),
    /// A check decides with at least so many requests, and so many failed ones roll back.
    Minimum {
        /// The requests.
        requests: u64,
        /// The failed checks.
        failures: u32,
    },
}

/// Lines for a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// What they set, and where.
    pub sentence: String,
    /// YAML, with its indentation.
    pub lines: Vec<String>,
}

/// How to set the best of the rules that can be set, if one is better than the gate.
pub(super) fn settings(question: &Question, alternatives: &[Alternative]) -> Option<Settings> {
    let score = |one: &Alternative| one.good_promoted - one.bad_promoted;
    let own = alternatives.first()?;
    // Argo's checks do not come once a step, so a minimum has no counterpart in it.
    let is_argo = matches!(question.rollout.controller, Controller::Argo(_));
    let settable = alternatives.iter().filter(|one| match one.change {
        Some(Change::Failures(_)) => true,
        Some(Change::Minimum { .. }) => !is_argo,
        None => false,
    });
    let best = settable.max_by(|a, b| score(a).total_cmp(&score(b)))?;
    if score(best) <= score(own) + 0.01 {
        return None;
    }
    let change = best.change?;
    match &question.rollout.controller {
        Controller::Flagger(flagger) => flagger_lines(question, flagger, change),
        Controller::Argo(argo) => argo_lines(argo, change),
        Controller::Staged(_) => Some(staged_lines(change)),
        Controller::Schedule(_) => None,
    }
}

/// Whole minutes, or below two minutes tens of seconds, in which the step with the least traffic
/// has about so many requests.
fn interval(question: &Question, requests: u64) -> Option<Duration> {
    let per_second = slowest_step_per_second(question)?;
    let seconds = requests as f64 / per_second;
    let unit = if seconds > 120.0 { 60.0 } else { 10.0 };
    let rounded = (seconds / unit).ceil() * unit;
    (rounded.is_finite() && rounded < 1e7).then(|| Duration::from_secs(rounded as u64))
}

/// What Flagger has in the place of a minimum.
fn no_minimum(requests: u64, longer: Duration) -> String {
    format!(
        "Flagger knows no minimum of requests. Nearest to it are checks every {} over as long a \
         window, in which each step has about {} requests and more; ask again with them:",
        span(longer),
        count(requests)
    )
}

fn flagger_lines(question: &Question, flagger: &Flagger, change: Change) -> Option<Settings> {
    let mut lines = vec!["spec:".to_owned(), "  analysis:".to_owned()];
    let sentence = match change {
        Change::Failures(failures) => {
            lines.push(format!("    threshold: {failures}"));
            "To set the better number of failed checks, in the Canary:".to_owned()
        }
        Change::Minimum { requests, failures } => {
            let longer = interval(question, requests).filter(|one| *one > flagger.interval())?;
            lines.push(format!("    interval: {}", span(longer)));
            lines.push(format!("    threshold: {failures}"));
            lines.push("    metrics:".into());
            for check in flagger.checks() {
                lines.push(format!("    - name: {}", check.name));
                lines.push(format!("      interval: {}", span(longer)));
            }
            no_minimum(requests, longer)
        }
    };
    Some(Settings { sentence, lines })
}

fn argo_lines(argo: &Argo, change: Change) -> Option<Settings> {
    let Change::Failures(failures) = change else {
        return None;
    };
    let mut lines = vec!["spec:".to_owned(), "  metrics:".to_owned()];
    let metrics = argo.analyses().flat_map(crate::rollout::Analysis::metrics);
    let limited = metrics.filter(|metric| metric.parts().failure_limit.is_some());
    let mut names: Vec<&str> = Vec::new();
    for metric in limited {
        if !names.contains(&metric.parts().name.as_str()) {
            names.push(&metric.parts().name);
        }
    }
    for name in names {
        lines.push(format!("  - name: {name}"));
        lines.push(format!("    failureLimit: {}", failures.saturating_sub(1)));
    }
    let sentence =
        "To set the better number of failed measurements, in the AnalysisTemplate (a metric \
                    fails with one more than its failureLimit):"
            .to_owned();
    Some(Settings { sentence, lines })
}

fn staged_lines(change: Change) -> Settings {
    let lines = match change {
        Change::Failures(failures) => vec![format!("failures: {failures}")],
        Change::Minimum { requests, failures } => vec![
            format!("minimum-requests: {requests}"),
            format!("failures: {failures}"),
        ],
    };
    Settings {
        sentence: "To set the better rule, among the settings of the gate:".to_owned(),
        lines,
    }
}
