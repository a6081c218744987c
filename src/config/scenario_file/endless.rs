//! What would keep a run from ever ending: clocks that tick far more often than anything happens.

use std::time::Duration;

use super::versions::NamedVersion;
use crate::config::Diagnostic;
use crate::config::reader::Report;
use crate::scenario::{Backend, Phase, Scaling};
use crate::units::display::count;

/// The most ticks of one clock in a run: some seconds of computing.
const MOST_TICKS: f64 = 1e8;

/// Reports each clock of each version that would tick too often over these phases.
pub(super) fn check(phases: &[Phase], versions: &[NamedVersion], report: &mut Report) {
    #[expect(clippy::cast_precision_loss, reason = "a length on average")]
    let seconds: f64 = phases
        .iter()
        .map(|phase| phase.expected_nanos().unwrap_or(u64::MAX) as f64 / 1e9)
        .sum();
    for named in versions {
        let Some(backend) = &named.version.backend else {
            continue;
        };
        for (key, period) in clocks(backend) {
            let ticks = seconds / period.as_secs_f64();
            if ticks > MOST_TICKS {
                report.add(too_often(&named.version.name, key, ticks, seconds, named));
            }
        }
    }
}

/// The keys that say how often something is done, whatever arrives.
fn clocks(backend: &Backend) -> impl Iterator<Item = (&'static str, Duration)> {
    let sync = match &backend.scaling {
        Scaling::Autoscaler(autoscaler) => Some(autoscaler.sync_period),
        Scaling::Fixed | Scaling::Schedule(_) => None,
    };
    let sweep = backend.resilience.outlier_detection.map(|one| one.interval);
    let sync = sync.map(|period| ("sync-period", period));
    sync.into_iter()
        .chain(sweep.map(|period| ("interval", period)))
}

fn too_often(
    version: &str,
    key: &str,
    ticks: f64,
    seconds: f64,
    named: &NamedVersion,
) -> Diagnostic {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "for display; saturating is right"
    )]
    let (times, most) = (count(ticks.round() as u64), count(MOST_TICKS as u64));
    let message = format!("the `{key}` of `{version}` comes {times} times in this run");
    let span = named.place.clone().unwrap_or_default();
    Diagnostic::error(span, message, "it would hardly ever end").help(format!(
        "at most {most} times: write `{key}: {}s` or longer, or a shorter run",
        (seconds / MOST_TICKS * 1e3).ceil() / 1e3
    ))
}
