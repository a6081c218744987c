//! The split that a request meets in manifests, as a scenario: what `run`, `converge` and `check` do
//! with `--request`.

use std::path::PathBuf;

use super::CommandError;
use super::manifests::{Routed, known_gateway, read, routed};
use crate::cli::SplitArgs;
use crate::config::Loaded;
use crate::routing::{Backend, MetSplit, NoSplit};
use crate::scenario::{
    Algorithm, Arrivals, Destination, Length, Parts, Phase, Protocol, Scenario, ScenarioName,
    Version, VersionIndex,
};
use crate::units::display::short_percent;
use crate::units::{ConfidenceLevel, Rational, Tolerance, to_f64};

/// One phase of so many requests, with the weights that `--request` meets in the manifests. What is
/// doubtful about the manifests, and what happens beside the split, is a warning.
pub(super) fn from_manifests(
    paths: &[PathBuf],
    arguments: &SplitArgs,
    requests: u64,
) -> Result<Loaded, CommandError> {
    let text = arguments.request.as_deref().unwrap_or_default();
    let usage = |problem: String, help: &str| CommandError::Usage {
        problem: format!("--request {text}: {problem}"),
        help: help.to_owned(),
    };
    let explain = "`shiftsim explain` says why, with the same files and the same --request";
    let routed = routed(text, &arguments.headers, &arguments.proxy)?;
    let (table, mut warnings) = read(paths)?;
    known_gateway(&table, &arguments.proxy)?;
    let (met, protocol) = match &routed {
        Routed::Request(request) => (table.split(request), Protocol::Http),
        Routed::Connection(connection) => (table.connection_split(connection), Protocol::Tcp),
    };
    let met = met.map_err(|error: NoSplit| usage(error.to_string(), explain))?;
    warnings.extend(beside(&met));
    let scenario = scenario(&met, text, protocol, requests)
        .map_err(|problem| usage(problem, "choose another --requests or --request"))?;
    Ok(Loaded { scenario, warnings })
}

/// Refuses what says something about a request when there is none.
pub(super) fn refuse_without_request(arguments: &SplitArgs) -> Result<(), CommandError> {
    let proxy = &arguments.proxy;
    let given = [
        ("--gateway", proxy.gateway.is_some()),
        ("--label", !proxy.labels.is_empty()),
        ("--namespace", proxy.namespace != "default"),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((flag, _)) if arguments.request.is_none() => Err(CommandError::Usage {
            problem: format!("{flag} is of the proxy that routes a request, and there is none"),
            help: "name manifests and add --request http://reviews:9080/".into(),
        }),
        _ => Ok(()),
    }
}

/// What happens beside the split.
fn beside(met: &MetSplit<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let percent = |share: Rational| short_percent(to_f64(share));
    let faults = met.faults;
    if let Some(abort) = faults.and_then(|faults| faults.abort.as_ref())
        && abort.percentage.numerator > 0
    {
        notes.push(format!(
            "warning: {} aborts {} of the requests with status {}\n  = note: the figures are of \
             those that are left, which are split",
            met.origin,
            percent(abort.percentage.share()),
            abort.status.http(),
        ));
    }
    for mirror in met.mirrors {
        notes.push(format!(
            "warning: {} mirrors {} of the requests to {}\n  = note: copies are not counted; their \
             answers are thrown away",
            met.origin,
            percent(mirror.percentage.share()),
            mirror.destination,
        ));
    }
    notes
}

fn scenario(
    met: &MetSplit<'_>,
    text: &str,
    protocol: Protocol,
    requests: u64,
) -> Result<Scenario, String> {
    let names = met.names();
    let mut versions: Vec<&str> = Vec::new();
    for name in &names {
        if !versions.contains(&name.as_str()) {
            versions.push(name);
        }
    }
    let version = |name: &str| {
        versions
            .iter()
            .position(|known| *known == name)
            .unwrap_or(0)
    };
    let destination = |(name, &weight): (&String, &u32)| Destination {
        version: VersionIndex(version(name)),
        weight,
        replicas: 1,
    };
    let destinations = names.iter().zip(met.forward.weights()).map(destination);
    let phase = Phase::new(
        met.origin.rule.clone(),
        destinations.collect(),
        Length::Requests(requests),
        Arrivals::default(),
        Algorithm::Envoy,
    )
    .map_err(|error| error.to_string())?;
    let parts = Parts {
        name: name(&met.origin.resource)?,
        title: Some(format!("{text} by {}", met.origin)),
        description: None,
        protocol,
        versions: versions
            .iter()
            .map(|name| Version {
                shows: unanswered(met, &names, name),
                ..Version::named(name)
            })
            .collect(),
        phases: vec![phase],
        warm_up: std::time::Duration::ZERO,
        scrape_interval: None,
        connections: None,
        seed: 1,
        replications: 1,
        tolerance: Tolerance::default(),
        confidence: ConfidenceLevel::default(),
        claims: Vec::new(),
    };
    Scenario::new(parts).map_err(|error| error.to_string())
}

/// What a client sees of a destination where nobody answers.
fn unanswered(met: &MetSplit<'_>, names: &[String], name: &str) -> Option<String> {
    let mut all = names.iter().zip(met.forward.destinations());
    let (_, one) = all.find(|(known, _)| *known == name)?;
    match one.destination.backend {
        Backend::Ready => None,
        Backend::Empty => Some("503 UH: no endpoint".to_owned()),
        Backend::Missing => Some(format!("{} NC: not there", met.forward.missing_status())),
    }
}

/// The name of a resource: of `VirtualService default/reviews` it is `reviews`.
fn name(resource: &str) -> Result<ScenarioName, String> {
    let last = resource.rsplit(['/', ' ']).next().unwrap_or(resource);
    let named = ScenarioName::new(last).or_else(|_| ScenarioName::new("manifest"));
    named.map_err(|error| error.to_string())
}
