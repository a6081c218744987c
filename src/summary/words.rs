//! How the parts of a sentence are put: versions, shares, algorithms.

use crate::scenario::{Algorithm, Phase, Scenario};
use crate::units::display::counted;

/// The version of a destination as a reader knows it: `v2`, or `v2 (prefix two)`.
pub(super) fn version(scenario: &Scenario, phase: &Phase, destination: usize) -> String {
    let version = &scenario.versions()[phase.destinations()[destination].version.0];
    match &version.shows {
        Some(shows) => format!("{} ({shows})", version.name),
        None => version.name.clone(),
    }
}

/// The name alone of the version of a destination.
pub(super) fn name<'a>(scenario: &'a Scenario, phase: &Phase, destination: usize) -> &'a str {
    &scenario.versions()[phase.destinations()[destination].version.0].name
}

/// The weights of a phase: `80/20`.
pub(super) fn weights(phase: &Phase) -> String {
    let weights: Vec<String> = phase
        .destinations()
        .iter()
        .map(|destination| destination.weight.to_string())
        .collect();
    weights.join("/")
}

/// What splits the traffic of a phase: its weights, or the replicas that are ready.
pub(super) fn split(phase: &Phase) -> String {
    match phase.algorithm().follows_replicas() {
        true => "by replicas".to_owned(),
        false => weights(phase),
    }
}

/// The same of several phases, the first one introduced: `weights 80/20`, `50/50`.
pub(super) fn splits<'a>(phases: impl IntoIterator<Item = &'a Phase>) -> Vec<String> {
    let numbered = phases.into_iter().enumerate();
    let shown = numbered.map(|(place, phase)| match place {
        0 if !phase.algorithm().follows_replicas() => format!("weights {}", weights(phase)),
        _ => split(phase),
    });
    shown.collect()
}

/// The algorithm with its settings.
pub(super) fn algorithm(scenario: &Scenario, algorithm: Algorithm) -> String {
    let name = algorithm.name();
    let people = |users: crate::scenario::UserGroups| {
        let share = match users.sticky_per_mille {
            1000 => String::new(),
            per_mille => format!(", {}% of them sticky", f64::from(per_mille) / 10.0),
        };
        let each = counted(users.requests_each.get(), "request");
        match users.at_once.get() {
            1 => format!("one user at a time, {each} each{share}"),
            users => format!("{users} users at once, {each} each{share}"),
        }
    };
    match algorithm {
        Algorithm::EnvoyLegacy { stride } => format!("{name} (stride {stride})"),
        Algorithm::Sticky(users) => format!("{name} ({})", people(users)),
        Algorithm::StickyCookie { users, version } => {
            let version = &scenario.versions()[version.0].name;
            format!("{name} ({}, cookie set by {version})", people(users))
        }
        _ => name.to_owned(),
    }
}
