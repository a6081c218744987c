//! What the backends did, joined with intervals and theory: response times, outcomes and load.

mod findings;
mod precision;
mod replicated;
mod theory;

pub use precision::BatchSummary;
pub use replicated::{ReplicatedFigure, ReplicatedResponses};
pub use theory::Theory;

use serde::Serialize;

use super::{ConnectionSummary, Interval, connections};
use crate::scenario::Scenario;
use crate::sim::RunTally;
use crate::tally::service::{
    LATENCY_ERROR, Outcome, ServiceReplications, ServiceTally, VersionService,
};

/// What the backends did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceSummary {
    /// `events`, or `recursion` where no event was needed; the times are the same.
    pub engine: &'static str,
    /// Quantiles are too high by at most this percentage of themselves.
    pub quantile_error_percent: f64,
    /// Requests that arrived before are left out of response times, in seconds.
    pub warm_up_seconds: f64,
    /// Requests that are left out of response times for this reason.
    pub warm_up_requests: u64,
    /// The width of the intervals of `series.csv`, `metrics.prom` and the dashboard, in seconds.
    pub scrape_interval_seconds: f64,
    /// What happened, in sentences.
    pub findings: Vec<String>,
    /// One row per phase and version with requests. Requests belong to the phase in which they
    /// arrived.
    pub responses: Vec<ResponseSummary>,
    /// One row per phase and class of traffic, all versions together; `version` is the class.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ResponseSummary>,
    /// Which means have no interval, and why, in sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_interval: Option<String>,
    /// One row per version with a backend, over the whole run.
    pub load: Vec<LoadSummary>,
    /// One row per phase and version, if requests were sent over TCP connections.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<ConnectionSummary>,
}

/// The responses of one version to the requests of one phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResponseSummary {
    /// The phase.
    pub phase: String,
    /// The version.
    pub version: String,
    /// Requests.
    pub requests: u64,
    /// Answered: 200.
    pub ok: u64,
    /// Failed: 500.
    pub errors: u64,
    /// Refused by a full queue or limit: 503.
    pub refused: u64,
    /// Not answered in time: 504.
    pub timed_out: u64,
    /// Attempts at replicas, retries included.
    pub attempts: u64,
    /// The mean time from arrival to response of what was not refused, in seconds.
    pub mean_seconds: Option<f64>,
    /// An interval for the long-run mean at the confidence level of the run, centred on the mean;
    /// absent if batches are too few or depend on each other.
    pub mean_interval: Option<Interval>,
    /// The batches that it comes from, if there are enough.
    pub batches: Option<BatchSummary>,
    /// Half of the responses were not slower, in seconds.
    pub p50_seconds: Option<f64>,
    /// 95% of the responses were not slower, in seconds.
    pub p95_seconds: Option<f64>,
    /// 99% of the responses were not slower, in seconds.
    pub p99_seconds: Option<f64>,
    /// The same figures over independent replications, if there are any.
    pub replicated: Option<ReplicatedResponses>,
    /// What theory says in the long run, if the version is exactly a queue that it knows.
    pub theory: Option<Theory>,
}

/// The load of one version over the whole run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoadSummary {
    /// The version.
    pub version: String,
    /// The share of time that its slots were busy.
    pub utilisation: f64,
    /// Requests under way on average, measured at every change; absent where a recursion saw no
    /// departures.
    pub mean_under_way: Option<f64>,
    /// The same by Little's law: arrival rate times mean time.
    pub mean_under_way_by_little: f64,
    /// Replicas that were ejected for their errors.
    pub ejections: u64,
    /// The fewest replicas at the end of an interval.
    pub least_replicas: u32,
    /// The most replicas at the end of an interval.
    pub most_replicas: u32,
}

/// Joins the tally of the backends with the intervals that it allows, and with theory.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a width for display")]
pub(super) fn service(
    scenario: &Scenario,
    run: &RunTally,
    tally: &ServiceTally,
    replications: Option<&ServiceReplications>,
) -> ServiceSummary {
    let confidence = scenario.confidence().probability();
    let mut responses = Vec::new();
    for (place, phase) in scenario.phases().iter().enumerate() {
        for (version, named) in scenario.versions().iter().enumerate() {
            let service = &tally.phases[place][version];
            let runs = replications.and_then(|all| all.phases.get(place)?.get(version));
            if service.requests() > 0 {
                let names = (phase.name(), named.name.as_str());
                responses.push(ResponseSummary {
                    replicated: runs.map(|runs| replicated::replicated(runs, confidence)),
                    theory: theory::theory(scenario, version),
                    ..response(names, service, confidence)
                });
            }
        }
    }
    let versions = || tally.phases.iter().flatten();
    let requests: u64 = versions().map(VersionService::requests).sum();
    let measured: u64 = versions().map(|service| service.measured).sum();
    let mut summary = ServiceSummary {
        engine: if tally.events > 0 {
            "events"
        } else {
            "recursion"
        },
        quantile_error_percent: 100.0 * LATENCY_ERROR,
        warm_up_seconds: scenario.warm_up().as_secs_f64(),
        warm_up_requests: requests.saturating_sub(measured),
        scrape_interval_seconds: tally.series.width as f64 / 1e9,
        findings: Vec::new(),
        responses,
        classes: classes(scenario, tally, confidence),
        no_interval: None,
        load: load(scenario, tally),
        connections: connections::connections(scenario, tally),
    };
    let rows = summary.responses.iter().chain(&summary.classes);
    summary.no_interval = precision::no_interval(rows, scenario.phases().len() > 1);
    summary.findings = findings::findings(scenario, run, tally, &summary);
    summary
}

fn classes(scenario: &Scenario, tally: &ServiceTally, confidence: f64) -> Vec<ResponseSummary> {
    let mut rows = Vec::new();
    for (phase, services) in scenario.phases().iter().zip(&tally.classes) {
        for (class, service) in phase.arrivals().classes().iter().zip(services) {
            if service.requests() > 0 {
                let names = (phase.name(), class.name.as_str());
                rows.push(response(names, service, confidence));
            }
        }
    }
    rows
}

fn response(names: (&str, &str), service: &VersionService, confidence: f64) -> ResponseSummary {
    let count = |outcome: Outcome| service.outcomes[outcome as usize];
    let latency = &service.latency;
    let (mean_interval, batches) = precision::of(latency.batches(), confidence);
    ResponseSummary {
        phase: names.0.to_owned(),
        version: names.1.to_owned(),
        requests: service.requests(),
        ok: count(Outcome::Ok),
        errors: count(Outcome::Error),
        refused: count(Outcome::Refused),
        timed_out: count(Outcome::TimedOut),
        attempts: service.attempts,
        mean_seconds: latency.mean(),
        mean_interval,
        batches,
        p50_seconds: latency.quantile(0.5),
        p95_seconds: latency.quantile(0.95),
        p99_seconds: latency.quantile(0.99),
        replicated: None,
        theory: None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "averages are rounded")]
fn load(scenario: &Scenario, tally: &ServiceTally) -> Vec<LoadSummary> {
    let mut rows = Vec::new();
    for (place, version) in scenario.versions().iter().enumerate() {
        let (Some(backend), Some(load)) = (&version.backend, tally.load.get(place)) else {
            continue;
        };
        let over_time = |nanos: u128| nanos as f64 / (tally.end_nanos as f64).max(1.0);
        let replicas = tally.series.replicas(place, backend.replicas.get());
        rows.push(LoadSummary {
            version: version.name.clone(),
            utilisation: load.busy_nanos as f64 / (load.slot_nanos as f64).max(1.0),
            mean_under_way: load.in_system_nanos.map(over_time),
            mean_under_way_by_little: over_time(load.sojourn_nanos),
            ejections: load.ejections,
            least_replicas: replicas.iter().copied().min().unwrap_or(0),
            most_replicas: replicas.iter().copied().max().unwrap_or(0),
        });
    }
    rows
}
