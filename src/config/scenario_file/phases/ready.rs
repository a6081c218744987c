//! Where replicas decide: whose numbers are meant, those of the phase or those of the backends.

use super::PhaseDraft;
use crate::config::Diagnostic;
use crate::config::reader::Report;
use crate::config::scenario_file::versions::NamedVersion;
use crate::scenario::{Backend, Destination};

/// Where the numbers of replicas come from.
pub(super) enum Source {
    /// They stay what they are.
    Fixed,
    /// The replicas that are ready at the time.
    Following,
}

/// The destinations with the numbers of replicas that decide, if replicas do: those of the phase or,
/// where backends have replicas, of the backends. `None` after a mistake, which is reported.
pub(super) fn numbers(
    draft: &PhaseDraft,
    mut destinations: Vec<Destination>,
    versions: &[NamedVersion],
    report: &mut Report,
) -> Option<(Vec<Destination>, Source)> {
    let decide = draft
        .algorithm
        .as_ref()
        .is_some_and(|one| one.is_replicas());
    let backend = |one: &Destination| versions[one.version.0].version.backend.as_ref();
    let backends: Vec<&Backend> = destinations.iter().filter_map(backend).collect();
    if backends.is_empty() && draft.sends_to_all() {
        report.add(nobody(draft));
        return None;
    }
    if !decide || backends.is_empty() {
        return Some((destinations, Source::Fixed));
    }
    if !draft.asks_backends() {
        report.add(twice(draft));
        return None;
    }
    let without = destinations.iter().find(|one| backend(one).is_none());
    if let Some(without) = without {
        report.add(unknown(draft, &versions[without.version.0].version.name));
        return None;
    }
    let follow = backends.iter().any(|backend| backend.replicas_change());
    let numbers: Vec<u32> = backends.iter().map(|one| one.replicas.get()).collect();
    for (destination, replicas) in destinations.iter_mut().zip(numbers) {
        destination.replicas = replicas;
        if draft.sends_to_all() {
            destination.weight = replicas;
        }
    }
    let source = if follow {
        Source::Following
    } else {
        Source::Fixed
    };
    Some((destinations, source))
}

fn nobody(draft: &PhaseDraft) -> Diagnostic {
    let message = "replicas decide, and nobody says how many there are";
    Diagnostic::error(draft.span.clone(), message, "needs `replicas`")
        .help("add a line such as `replicas: {v1: 3, v2: 1}`, or give the versions a `backend`")
}

fn twice(draft: &PhaseDraft) -> Diagnostic {
    let message = "the number of replicas is said twice";
    Diagnostic::error(
        draft.replicas_span.clone(),
        message,
        "the backends say it too",
    )
    .help("remove it here: the split follows the replicas of the backends that are ready")
}

fn unknown(draft: &PhaseDraft, version: &str) -> Diagnostic {
    let message = format!("nobody knows how many replicas of `{version}` are ready");
    Diagnostic::error(draft.span.clone(), message, "it has no `backend`")
        .help("where replicas decide, give a `backend` to all versions of the phase, or to none")
}
