//! `series.csv`: what a metrics system would have scraped, a row per interval and version.
//!
//! | column | says |
//! |---|---|
//! | `end_seconds` | the end of the interval |
//! | `version` | the version |
//! | `requests_per_second` | requests that arrived, per second |
//! | `configured_share` | its weight over the sum of weights at the end of the interval |
//! | `observed_share` | its share of the requests that arrived |
//! | `success_share` | the share of 200 among the responses sent in the interval |
//! | `error_share`, `refused_share`, `timed_out_share` | the same of 500, 503 and 504 |
//! | `p50_seconds`, `p95_seconds`, `p99_seconds` | response times, without refused requests |
//! | `under_way` | requests without a response at the end of the interval |
//! | `attempts_per_second` | attempts at replicas, retries included, per second |
//! | `replicas` | replicas that take requests at the end of the interval |
//! | `ready_share` | these over those of all versions that the phase sends to |
//! | `open_connections` | TCP connections that are open at the end of the interval, if there are any |
//!
//! A field without a value is empty.

use std::io::{self, Write};

use crate::scenario::{Phase, Scenario};
use crate::tally::PhaseTally;
use crate::tally::service::{Bucket, Outcome, ServiceTally};
use crate::units::to_f64;

const COLUMNS: [&str; 17] = [
    "end_seconds",
    "version",
    "requests_per_second",
    "configured_share",
    "observed_share",
    "success_share",
    "error_share",
    "refused_share",
    "timed_out_share",
    "p50_seconds",
    "p95_seconds",
    "p99_seconds",
    "under_way",
    "attempts_per_second",
    "replicas",
    "ready_share",
    "open_connections",
];

/// Writes the file.
///
/// # Errors
/// What `out` returns.
#[expect(clippy::cast_precision_loss, reason = "rates and shares are rounded")]
pub fn csv(
    scenario: &Scenario,
    phases: &[PhaseTally],
    tally: &ServiceTally,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut file = csv::Writer::from_writer(out);
    file.write_record(COLUMNS)?;
    let series = &tally.series;
    let width = series.width as f64 / 1e9;
    let intervals = series.versions.iter().map(Vec::len).max().unwrap_or(0);
    let versions = 0..scenario.versions().len();
    let under_way: Vec<Vec<u64>> = versions.clone().map(|v| series.in_flight(v)).collect();
    let replicas: Vec<Vec<u32>> = versions.clone().map(|v| series.replicas(v, 0)).collect();
    let open: Vec<Option<Vec<u64>>> = versions
        .clone()
        .map(|v| series.open_connections(v))
        .collect();
    for place in 0..intervals {
        let all: u64 = series.versions.iter().map(|one| one[place].arrivals).sum();
        let end = (place as u64 + 1) * series.width;
        for version in versions.clone() {
            let bucket = &series.versions[version][place];
            let mut row = vec![
                (end as f64 / 1e9).to_string(),
                scenario.versions()[version].name.clone(),
                (bucket.arrivals as f64 / width).to_string(),
                configured(phase_at(scenario, phases, end), version).to_string(),
                share(bucket.arrivals, all),
            ];
            row.extend(outcomes(bucket));
            row.extend(times(bucket));
            row.extend([
                under_way[version][place].to_string(),
                (bucket.attempts as f64 / width).to_string(),
                replicas[version][place].to_string(),
                ready_share(phase_at(scenario, phases, end), &replicas, (version, place)),
                open[version]
                    .as_ref()
                    .map_or_else(String::new, |open| open[place].to_string()),
            ]);
            file.write_record(row)?;
        }
    }
    file.flush()
}

/// The phase in force just before a moment; the last one stays in force.
fn phase_at<'a>(scenario: &'a Scenario, phases: &[PhaseTally], nanos: u64) -> &'a Phase {
    let began = |tally: &PhaseTally| tally.start.as_nanos() < nanos;
    &scenario.phases()[phases.partition_point(began).saturating_sub(1)]
}

/// The ready replicas of a version in an interval over those of all destinations of the phase.
fn ready_share(phase: &Phase, replicas: &[Vec<u32>], (version, place): (usize, usize)) -> String {
    let destinations = phase.destinations().iter().map(|one| one.version.0);
    let ready = |version: usize| u64::from(replicas[version][place]);
    let own = destinations.clone().filter(|&one| one == version);
    share(own.map(ready).sum(), destinations.map(ready).sum())
}

/// The target share of a version.
fn configured(phase: &Phase, version: usize) -> f64 {
    let destinations = phase.destinations().iter().zip(phase.target_shares());
    destinations
        .filter(|(destination, _)| destination.version.0 == version)
        .map(|(_, share)| to_f64(share))
        .sum()
}

fn outcomes(bucket: &Bucket) -> [String; 4] {
    let all: u64 = bucket.responses.iter().sum();
    Outcome::ALL.map(|outcome| share(bucket.responses[outcome as usize], all))
}

fn times(bucket: &Bucket) -> [String; 3] {
    [0.5, 0.95, 0.99].map(|quantile| {
        let time = bucket.quantile(quantile);
        time.map_or_else(String::new, |time| time.to_string())
    })
}

#[expect(clippy::cast_precision_loss, reason = "shares are rounded")]
fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return String::new();
    }
    (part as f64 / whole as f64).to_string()
}
