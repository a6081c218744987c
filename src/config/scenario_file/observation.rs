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
