//! Whether the backends can cope at all: a queue without limit under too much load would grow for
//! ever, and that is said before the run.

use super::phases::PhaseDraft;
use super::versions::NamedVersion;
use crate::config::Diagnostic;
use crate::config::reader::Report;
use crate::scenario::{Backend, Phase, VersionIndex};
use crate::units::to_f64;

/// Reports every version of every phase whose queue would grow without end.
pub(super) fn check(
    phases: &[Phase],
    versions: &[NamedVersion],
    drafts: &[PhaseDraft],
    report: &mut Report,
) {
    for phase in phases {
        let arrivals = phase.arrivals();
        // A closed loop limits itself; a replay has no rate.
        let paced = arrivals.set_their_own_pace() && arrivals.classes().is_empty();
        if paced {
            continue;
        }
        let draft = drafts.iter().find(|draft| draft.name == phase.name());
        let span = draft.map_or(0..0, |draft| draft.span.clone());
        for (place, named) in versions.iter().enumerate() {
            let Some(backend) = &named.version.backend else {
                continue;
            };
            let rate =
                to_f64(arrivals.rate.per_second()) * share(phase, versions, VersionIndex(place));
            let work =
                arrivals.mean_work() * backend.service_time.mean() * (1.0 + backend.slowdown);
            let load = rate * work / slots(backend);
            if load >= 1.0 && !is_limited(backend) {
                report.add(too_much(
                    &named.version.name,
                    phase,
                    rate,
                    load,
                    span.clone(),
                ));
            }
        }
    }
}

/// The share of requests that a version gets, with as many replicas as there may be where these
/// decide.
fn share(phase: &Phase, versions: &[NamedVersion], version: VersionIndex) -> f64 {
    if phase.algorithm().follows_replicas() {
        let most = |version: VersionIndex| {
            let backend = versions[version.0].version.backend.as_ref();
            backend.map_or(0.0, |backend| f64::from(backend.most_replicas()))
        };
        let destinations = phase.destinations().iter();
        let there = destinations.clone().any(|one| one.version == version);
        let all: f64 = destinations.map(|one| most(one.version)).sum();
        return if there { most(version) / all } else { 0.0 };
    }
    let shares = phase.effective_shares();
    let destinations = phase.destinations().iter().zip(shares);
    destinations
        .filter(|(destination, _)| destination.version == version)
        .map(|(_, share)| to_f64(share))
        .sum()
}

fn slots(backend: &Backend) -> f64 {
    f64::from(backend.most_replicas()) * f64::from(backend.concurrency.get())
}

/// Whether something keeps its queue from growing for ever.
fn is_limited(backend: &Backend) -> bool {
    let resilience = &backend.resilience;
    let tries = resilience.retries.and_then(|one| one.per_try_timeout);
    backend.queue.is_some()
        || resilience.max_requests.is_some()
        || resilience.timeout.is_some()
        || tries.is_some()
}

fn too_much(
    version: &str,
    phase: &Phase,
    rate: f64,
    load: f64,
    span: std::ops::Range<usize>,
) -> Diagnostic {
    let message = format!(
        "`{version}` gets {rate:.1} requests a second in `{}` and can serve {:.1}: its queue would \
         grow without end",
        phase.name(),
        rate / load
    );
    Diagnostic::error(span, message, format!("utilisation {:.0}%", load * 100.0))
        .help("give the backend more `replicas`, or a limit such as `queue: 100` or `timeout: 1s`")
}
