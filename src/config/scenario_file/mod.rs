//! Scenario files: which keys there are, and how they become a [`Scenario`].

mod algorithm;
mod arrivals;
mod backend;
mod capacity;
mod claims;
mod connections;
mod endless;
mod observation;
mod phases;
mod versions;

#[cfg(test)]
pub(super) use algorithm::{COOKIE_KEYS, LEGACY_KEYS, NAMES, STICKY_KEYS};
#[cfg(test)]
pub(super) use arrivals::{BURST_KEYS, CLASS_KEYS, CLOSED_LOOP_KEYS, DAILY_KEYS, PROCESSES};
#[cfg(test)]
pub(super) use backend::{
    AUTOSCALER_KEYS, BACKEND_KEYS, ERROR_KEYS, FAULT_KEYS, OUTLIER_KEYS, RETRY_KEYS,
    SLOW_START_KEYS, STEP_KEYS,
};
#[cfg(test)]
pub(super) use claims::{CLAIM_KEYS, STATEMENTS};
#[cfg(test)]
pub(super) use connections::CONNECTION_KEYS;
#[cfg(test)]
pub(super) use phases::PHASE_KEYS;
#[cfg(test)]
pub(super) use versions::VERSION_KEYS;

use std::num::NonZeroU16;

use super::diagnostic::{Severity, render};
use super::reader::{Fields, Report};
use super::source::{ConfigError, Source};
use super::{Diagnostic, values, yaml};
use crate::scenario::{MAX_REPLICATIONS, Parts, Phase, Protocol, Scenario, ScenarioError, Version};
use crate::units::{ConfidenceLevel, Tolerance};

/// The most proxies that may share the requests.
const MAX_PROXIES: u64 = 1000;

/// The keys of a scenario file; those of its phases may stand here too, as defaults.
pub(super) const KEYS: [&str; 24] = [
    "name",
    "title",
    "description",
    "protocol",
    "versions",
    "weights",
    "replicas",
    "requests",
    "duration",
    "rate",
    "arrivals",
    "algorithm",
    "phases",
    "seed",
    "replications",
    "tolerance",
    "confidence",
    "claims",
    "backend",
    "warm-up",
    "scrape-interval",
    "connections",
    "proxies",
    "$schema",
];

/// A scenario and what its author should know about the file.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// Warnings, rendered with the lines of the file.
    pub warnings: Vec<String>,
}

/// Reads the text of a scenario file.
///
/// # Errors
/// [`ConfigError::Mistakes`] with every mistake of the file.
pub fn parse_scenario(source: &Source) -> Result<Loaded, ConfigError> {
    let mut report = Report {
        folder: source.folder().to_path_buf(),
        ..Report::default()
    };
    let scenario = read(source, &mut report);
    let (errors, warnings): (Vec<Diagnostic>, Vec<Diagnostic>) = report
        .diagnostics
        .into_iter()
        .partition(|found| found.severity == Severity::Error);
    match scenario {
        Some(scenario) if errors.is_empty() => Ok(Loaded {
            scenario,
            warnings: warnings
                .iter()
                .map(|warning| render(source, warning))
                .collect(),
        }),
        _ => Err(ConfigError::mistakes(source, errors)),
    }
}

/// The scenario, if nothing that it needs is missing; mistakes go to the report.
fn read(source: &Source, report: &mut Report) -> Option<Scenario> {
    let Some(root) = yaml::parse(source.text(), &mut report.diagnostics) else {
        if report.diagnostics.is_empty() {
            report.add(
                Diagnostic::error(0..0, "the file is empty", "nothing here").help(
                    "the smallest scenario is three lines: `name: tcp-echo`, \
                     `weights: {v1: 80, v2: 20}`, `requests: 20`",
                ),
            );
        }
        return None;
    };
    let fields = Fields::of(&root, "a scenario", &KEYS, report)?;
    let name = values::scenario_name(&fields, "tcp-echo-20-v2", report);
    let backend = backend::defaults(&fields, report);
    let described = versions::declared(&fields, backend.as_ref(), report);
    let drafts = phases::read(&fields, name.as_ref(), report);
    let versions = versions::resolve(described, &fields, &drafts, backend.as_ref(), report);
    let phases = phases::build(&drafts, &versions, report);
    let proxies = proxies(&fields, report);
    let phases: Vec<Phase> = phases
        .into_iter()
        .map(|phase| phase.with_proxies(proxies))
        .collect();
    capacity::check(&phases, &versions, &drafts, report);
    endless::check(&phases, &versions, report);
    let claims = claims::read(&fields, &drafts, &phases, &versions, report);
    let protocol = protocol(&fields, report);
    let connections = connections::read(&fields, protocol, &versions, &phases, report);
    let parts = Parts {
        protocol,
        connections,
        title: paragraph(&fields, "title", report),
        description: paragraph(&fields, "description", report),
        seed: fields
            .get("seed")
            .and_then(|node| values::whole(node, 0, u64::MAX, report))
            .unwrap_or(1),
        replications: replications(&fields, report),
        tolerance: match fields.get("tolerance") {
            Some(node) => values::tolerance(node, report).unwrap_or_default(),
            None => Tolerance::default(),
        },
        confidence: match fields.get("confidence") {
            Some(node) => values::level(node, report).unwrap_or_default(),
            None => ConfidenceLevel::default(),
        },
        name: name?,
        versions: versions
            .iter()
            .map(|named| named.version.clone())
            .collect::<Vec<Version>>(),
        phases,
        claims,
        warm_up: observation::warm_up(&fields, report),
        scrape_interval: observation::scrape_interval(&fields, report),
    };
    let broken = report
        .diagnostics
        .iter()
        .any(|found| found.severity == Severity::Error);
    match (broken, Scenario::new(parts)) {
        (true, _) => None,
        (false, Ok(scenario)) => {
            let fits = observation::check(&scenario, &fields, report);
            fits.then_some(scenario)
        }
        (false, Err(error)) => {
            whole_scenario(&fields, &error, report);
            None
        }
    }
}

/// A mistake that only the whole shows.
fn whole_scenario(fields: &Fields, error: &ScenarioError, report: &mut Report) {
    report.add(Diagnostic::error(
        fields.start(),
        error.to_string(),
        "in this scenario",
    ));
}

fn protocol(fields: &Fields, report: &mut Report) -> Protocol {
    let choices = [("http", Protocol::Http), ("tcp", Protocol::Tcp)];
    fields
        .get("protocol")
        .and_then(|node| values::one_of(node, "a protocol", &choices, report))
        .unwrap_or_default()
}

fn paragraph(fields: &Fields, key: &str, report: &mut Report) -> Option<String> {
    fields
        .get(key)
        .and_then(|node| values::paragraph(node, report))
}

/// How many proxies share the requests.
fn proxies(fields: &Fields, report: &mut Report) -> NonZeroU16 {
    fields
        .get("proxies")
        .and_then(|node| values::whole(node, 1, MAX_PROXIES, report))
        .and_then(|number| NonZeroU16::new(u16::try_from(number).ok()?))
        .unwrap_or(NonZeroU16::MIN)
}

fn replications(fields: &Fields, report: &mut Report) -> u32 {
    fields
        .get("replications")
        .and_then(|node| values::whole(node, 1, MAX_REPLICATIONS.into(), report))
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or(1)
}
