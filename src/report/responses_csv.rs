//! `responses.csv`: a row per phase and version, with intervals and theory.
//!
//! | column | says |
//! |---|---|
//! | `phase`, `version` | where; requests belong to the phase in which they arrived |
//! | `requests`, `ok`, `errors`, `refused`, `timed_out` | requests, and of these 200, 500, 503, 504 |
//! | `attempts` | attempts at replicas, retries included |
//! | `mean_seconds`, `mean_low`, `mean_high` | the mean time, and its interval from batch means |
//! | `p50_seconds`, `p95_seconds`, `p99_seconds` | quantiles, too high by at most 1/128 of themselves |
//! | `runs` | independent replications |
//! | `replicated_X_mean`, `…_low`, `…_high` | the mean of the runs and its Student t interval, X one of `ok`, `errors`, `refused`, `timed_out` (shares), `mean`, `p50`, `p95`, `p99` (seconds) |
//! | `theory`, `theory_mean_seconds`, `theory_p99_seconds`, `theory_refused` | the queue that it is exactly, and what that gives in the long run |
//!
//! Times are from arrival to response, without refused requests and the warm-up. A field without a
//! value is empty.

use std::io::{self, Write};

use crate::summary::{ReplicatedFigure, ResponseSummary, ServiceSummary};

const FIRST: [&str; 14] = [
    "phase",
    "version",
    "requests",
    "ok",
    "errors",
    "refused",
    "timed_out",
    "attempts",
    "mean_seconds",
    "mean_low",
    "mean_high",
    "p50_seconds",
    "p95_seconds",
    "p99_seconds",
];
const REPLICATED: [&str; 8] = [
    "ok",
    "errors",
    "refused",
    "timed_out",
    "mean",
    "p50",
    "p95",
    "p99",
];
const THEORY: [&str; 4] = [
    "theory",
    "theory_mean_seconds",
    "theory_p99_seconds",
    "theory_refused",
];

/// Writes the file.
///
/// # Errors
/// What `out` returns.
pub fn csv(service: &ServiceSummary, out: &mut dyn Write) -> io::Result<()> {
    let mut file = csv::Writer::from_writer(out);
    let mut header: Vec<String> = FIRST.map(str::to_owned).to_vec();
    header.push("runs".to_owned());
    for name in REPLICATED {
        header.extend(["mean", "low", "high"].map(|end| format!("replicated_{name}_{end}")));
    }
    header.extend(THEORY.map(str::to_owned));
    file.write_record(header)?;
    for row in &service.responses {
        file.write_record(record(row))?;
    }
    file.flush()
}

fn record(row: &ResponseSummary) -> Vec<String> {
    let mut record = vec![row.phase.clone(), row.version.clone()];
    let counts = [
        row.requests,
        row.ok,
        row.errors,
        row.refused,
        row.timed_out,
        row.attempts,
    ];
    record.extend(counts.map(|number| number.to_string()));
    record.extend([
        optional(row.mean_seconds),
        optional(row.mean_interval.map(|interval| interval.low)),
        optional(row.mean_interval.map(|interval| interval.high)),
        optional(row.p50_seconds),
        optional(row.p95_seconds),
        optional(row.p99_seconds),
    ]);
    let figures = row.replicated.map(|one| {
        [
            one.ok,
            one.errors,
            one.refused,
            one.timed_out,
            one.mean_seconds,
            one.p50_seconds,
            one.p95_seconds,
            one.p99_seconds,
        ]
    });
    let figures = figures.unwrap_or_default();
    record.push(figures[0].map_or_else(String::new, |figure| figure.runs.to_string()));
    record.extend(figures.into_iter().flat_map(replicated));
    let theory = row.theory.as_ref();
    record.extend([
        theory.map_or_else(String::new, |theory| theory.model.clone()),
        optional(theory.map(|theory| theory.mean_seconds)),
        optional(theory.and_then(|theory| theory.p99_seconds)),
        optional(theory.map(|theory| theory.refused)),
    ]);
    record
}

fn replicated(figure: Option<ReplicatedFigure>) -> [String; 3] {
    let interval = figure.and_then(|figure| figure.interval);
    [
        optional(figure.map(|figure| figure.mean)),
        optional(interval.map(|interval| interval.low)),
        optional(interval.map(|interval| interval.high)),
    ]
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
