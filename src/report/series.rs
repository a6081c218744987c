//! What a metrics system would have scraped: a CSV file, and Prometheus' text exposition.

use std::io::{self, Write};

use crate::scenario::Scenario;
use crate::tally::service::{Outcome, ServiceTally};

/// Envoy's default histogram buckets, in milliseconds.
const BUCKETS: [f64; 19] = [
    0.5,
    1.0,
    5.0,
    10.0,
    25.0,
    50.0,
    100.0,
    250.0,
    500.0,
    1000.0,
    2500.0,
    5000.0,
    10_000.0,
    30_000.0,
    60_000.0,
    300_000.0,
    600_000.0,
    1_800_000.0,
    3_600_000.0,
];

/// `series.csv`: a row per interval and version.
///
/// # Errors
/// What `out` returns.
#[expect(clippy::cast_precision_loss, reason = "rates and shares are rounded")]
pub fn csv(scenario: &Scenario, tally: &ServiceTally, out: &mut dyn Write) -> io::Result<()> {
    let mut file = csv::Writer::from_writer(out);
    file.write_record([
        "end_seconds",
        "version",
        "requests_per_second",
        "observed_share",
        "success_share",
        "p50_seconds",
        "p95_seconds",
        "p99_seconds",
        "under_way",
        "attempts_per_second",
        "replicas",
    ])?;
    let series = &tally.series;
    let width = series.width as f64 / 1e9;
    let intervals = series.versions.iter().map(Vec::len).max().unwrap_or(0);
    let versions = 0..scenario.versions().len();
    let under_way: Vec<Vec<u64>> = versions.clone().map(|v| series.in_flight(v)).collect();
    let replicas: Vec<Vec<u32>> = versions.clone().map(|v| series.replicas(v, 0)).collect();
    for place in 0..intervals {
        let all: u64 = series.versions.iter().map(|one| one[place].arrivals).sum();
        for version in versions.clone() {
            let bucket = &series.versions[version][place];
            let responses: u64 = bucket.responses.iter().sum();
            let share = |part: u64, whole: u64| {
                (whole > 0).then(|| (part as f64 / whole as f64).to_string())
            };
            let time = |quantile| bucket.quantile(quantile).map(|time| time.to_string());
            file.write_record([
                ((place + 1) as f64 * width).to_string(),
                scenario.versions()[version].name.clone(),
                (bucket.arrivals as f64 / width).to_string(),
                share(bucket.arrivals, all).unwrap_or_default(),
                share(bucket.responses[Outcome::Ok as usize], responses).unwrap_or_default(),
                time(0.5).unwrap_or_default(),
                time(0.95).unwrap_or_default(),
                time(0.99).unwrap_or_default(),
                under_way[version][place].to_string(),
                (bucket.attempts as f64 / width).to_string(),
                replicas[version][place].to_string(),
            ])?;
        }
    }
    file.flush()
}

/// `metrics.prom`: Istio's standard metrics in the OpenMetrics text format, with a timestamp on
/// every sample, as `promtool tsdb create-blocks-from openmetrics` reads it. Time zero is the start
/// of the Unix epoch. Response times of the histogram are resolved to 1%.
///
/// # Errors
/// What `out` returns.
pub fn openmetrics(
    scenario: &Scenario,
    tally: &ServiceTally,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "# HELP istio_requests Requests by response code.")?;
    writeln!(out, "# TYPE istio_requests counter")?;
    for place in 0..scenario.versions().len() {
        for outcome in Outcome::ALL {
            requests(scenario, tally, place, outcome, out)?;
        }
    }
    let name = "istio_request_duration_milliseconds";
    writeln!(out, "# HELP {name} Times from arrival to response.")?;
    writeln!(out, "# TYPE {name} histogram")?;
    for place in 0..scenario.versions().len() {
        durations(scenario, tally, place, out)?;
    }
    writeln!(out, "# EOF")
}

/// The labels that tell versions apart, as Istio names them.
fn labels(scenario: &Scenario, place: usize) -> String {
    let service = scenario.name().as_str();
    let version = escaped(&scenario.versions()[place].name);
    format!(
        "reporter=\"source\",destination_service_name=\"{service}\",\
         destination_workload=\"{service}-{version}\",destination_version=\"{version}\",\
         request_protocol=\"http\""
    )
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[expect(clippy::cast_precision_loss, reason = "a time for display")]
fn timestamp(tally: &ServiceTally, interval: usize) -> f64 {
    (interval + 1) as f64 * tally.series.width as f64 / 1e9
}

fn requests(
    scenario: &Scenario,
    tally: &ServiceTally,
    place: usize,
    outcome: Outcome,
    out: &mut dyn Write,
) -> io::Result<()> {
    let buckets = &tally.series.versions[place];
    let seen = |bucket: &crate::tally::service::Bucket| bucket.responses[outcome as usize];
    if buckets.iter().map(seen).sum::<u64>() == 0 {
        return Ok(());
    }
    let (labels, code) = (labels(scenario, place), outcome.status());
    let mut sum = 0;
    for (interval, bucket) in buckets.iter().enumerate() {
        sum += seen(bucket);
        let time = timestamp(tally, interval);
        writeln!(
            out,
            "istio_requests_total{{{labels},response_code=\"{code}\"}} {sum} {time}"
        )?;
    }
    Ok(())
}

fn durations(
    scenario: &Scenario,
    tally: &ServiceTally,
    place: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let name = "istio_request_duration_milliseconds";
    let labels = labels(scenario, place);
    let (mut counts, mut sum) = ([0_u64; BUCKETS.len() + 1], 0.0);
    for (interval, bucket) in tally.series.versions[place].iter().enumerate() {
        let time = timestamp(tally, interval);
        for (count, edge) in counts.iter_mut().zip(BUCKETS) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "an edge in nanoseconds"
            )]
            let nanos = (edge * 1e6) as u64;
            *count += bucket.count_up_to(nanos);
            writeln!(
                out,
                "{name}_bucket{{{labels},le=\"{edge}\"}} {count} {time}"
            )?;
        }
        counts[BUCKETS.len()] += bucket.count_up_to(u64::MAX);
        sum += bucket.latency_sum() * 1e3;
        let all = counts[BUCKETS.len()];
        writeln!(out, "{name}_bucket{{{labels},le=\"+Inf\"}} {all} {time}")?;
        writeln!(out, "{name}_count{{{labels}}} {all} {time}")?;
        writeln!(out, "{name}_sum{{{labels}}} {sum} {time}")?;
    }
    Ok(())
}
