//! What is observed of the backends: `warm-up` and `scrape-interval`.

use std::time::Duration;

use crate::config::Diagnostic;
use crate::config::reader::{Fields, Report};
use crate::config::values;
use crate::scenario::{MAX_INTERVALS, Scenario};

/// `warm-up`; zero if absent.
pub(super) fn warm_up(fields: &Fields, report: &mut Report) -> Duration {
    let node = fields.get("warm-up");
    node.and_then(|node| values::duration(node, report))
        .unwrap_or_default()
}

/// `scrape-interval`, if there is one.
pub(super) fn scrape_interval(fields: &Fields, report: &mut Report) -> Option<Duration> {
    let node = fields.get("scrape-interval")?;
    values::duration(node, report)
}

/// Whether the keys fit the scenario; reports it if not.
pub(super) fn check(scenario: &Scenario, fields: &Fields, report: &mut Report) -> bool {
    let intervals = intervals_fit(scenario, fields, report);
    warm_up_fits(scenario, fields, report) && intervals
}

/// Whether something is left of the run after the warm-up.
fn warm_up_fits(scenario: &Scenario, fields: &Fields, report: &mut Report) -> bool {
    let Some(node) = fields.get("warm-up") else {
        return true;
    };
    let (warm_up, length) = (scenario.warm_up(), nanos(scenario.expected_nanos()));
    if warm_up >= length {
        let message = format!(
            "the warm-up of {} leaves nothing of a run of {}",
            span(warm_up),
            span(length)
        );
        let mistake = Diagnostic::error(node.span.clone(), message, "longer than the run");
        report.add(mistake.help(format!(
            "write a shorter one, such as a tenth of the run: `warm-up: {}s`",
            scenario.expected_nanos().div_ceil(10_000_000_000)
        )));
        return false;
    }
    let mut end = Duration::ZERO;
    for phase in scenario.phases() {
        end += nanos(phase.expected_nanos().unwrap_or_default());
        if warm_up >= end {
            let message = format!(
                "the warm-up of {} covers the phase `{}`, which ends after {}",
                span(warm_up),
                phase.name(),
                span(end)
            );
            let label = "no response times of that phase";
            report.add(
                Diagnostic::warning(node.span.clone(), message, label)
                    .help("write a shorter one, or a longer first phase"),
            );
        }
    }
    true
}

fn nanos(nanos: u64) -> Duration {
    Duration::from_nanos(nanos)
}

/// A time for people, to the millisecond.
fn span(time: Duration) -> String {
    format!("{} s", (time.as_secs_f64() * 1e3).round() / 1e3)
}

/// Whether `scrape-interval` is long enough.
fn intervals_fit(scenario: &Scenario, fields: &Fields, report: &mut Report) -> bool {
    let (Some(node), Some(interval)) = (fields.get("scrape-interval"), scenario.scrape_interval())
    else {
        return true;
    };
    let length = u128::from(scenario.expected_nanos());
    let intervals = length / interval.as_nanos().max(1);
    if intervals <= u128::from(MAX_INTERVALS) {
        return true;
    }
    #[expect(clippy::cast_precision_loss, reason = "for a proposal")]
    let least = (length as f64 / MAX_INTERVALS as f64 / 1e9).ceil();
    report.add(
        Diagnostic::error(
            node.span.clone(),
            format!("`scrape-interval` gives {intervals} intervals"),
            "too short for so long a run",
        )
        .help(format!(
            "there may be {MAX_INTERVALS}: write `scrape-interval: {least}s` or longer"
        )),
    );
    false
}
