//! The CSV files of a run: a summary, the running share, and a row per request.

use std::io::{self, Write};

use crate::scenario::{Phase, Scenario};
use crate::summary::check::CheckSummary;
use crate::summary::{PhaseSummary, Summary, VersionSummary};
use crate::tally::PhaseTally;
use crate::units::SimTime;

/// `summary.csv`: a row per phase and destination.
///
/// # Errors
/// What `out` returns.
pub fn summary(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "phase",
        "algorithm",
        "version",
        "shows",
        "weight",
        "replicas",
        "target_share",
        "requests",
        "observed_count",
        "observed_share",
        "interval_low",
        "interval_high",
        "interval",
        "p_value",
        "p_convention",
        "within_tolerance",
        "within_tolerance_probability",
        "ready_share",
        "ready_lowest",
        "ready_highest",
    ])?;
    for phase in &summary.phases {
        for version in &phase.versions {
            csv.write_record(summary_row(summary, phase, version))?;
        }
    }
    csv.flush()
}

fn summary_row(summary: &Summary, phase: &PhaseSummary, version: &VersionSummary) -> [String; 20] {
    let interval = version
        .wilson
        .map(|_| format!("wilson {}%", summary.confidence_percent));
    [
        phase.name.clone(),
        phase.algorithm.clone(),
        version.version.clone(),
        version.shows.clone().unwrap_or_default(),
        version.weight.to_string(),
        optional(version.replicas),
        version.target_share.to_string(),
        phase.requests.to_string(),
        version.observed_count.to_string(),
        optional(version.observed_share),
        optional(version.wilson.map(|interval| interval.low)),
        optional(version.wilson.map(|interval| interval.high)),
        optional(interval),
        optional(version.p_value.map(|p| p.value)),
        optional(version.p_value.map(|p| p.convention)),
        optional(version.within_tolerance),
        optional(version.within_tolerance_probability),
        optional(version.ready.map(|ready| ready.mean_share)),
        optional(version.ready.map(|ready| ready.lowest)),
        optional(version.ready.map(|ready| ready.highest)),
    ]
}

/// `summary.csv` of a check: a row per version.
///
/// # Errors
/// What `out` returns.
pub fn check_summary(summary: &CheckSummary, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "version",
        "weight",
        "target_share",
        "requests",
        "observed_count",
        "observed_share",
        "interval_low",
        "interval_high",
        "interval",
        "interval_within",
        "p_value",
        "p_convention",
    ])?;
    for version in &summary.versions {
        csv.write_record([
            version.version.clone(),
            optional(version.weight),
            version.target_share.to_string(),
            summary.requests.to_string(),
            version.observed_count.to_string(),
            version.observed_share.to_string(),
            version.interval.low.to_string(),
            version.interval.high.to_string(),
            format!(
                "{} {}%",
                summary.interval_method, summary.confidence_percent
            ),
            version.interval_within.to_string(),
            version.p_value.value.to_string(),
            version.p_value.convention.to_owned(),
        ])?;
    }
    csv.flush()
}

fn optional<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// `running.csv`: the counts and shares so far, at each checkpoint of each phase, a row per
/// destination. Long runs have checkpoints 1% apart, so that the file stays small.
///
/// # Errors
/// What `out` returns.
pub fn running(scenario: &Scenario, tallies: &[PhaseTally], out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(["phase", "requests", "version", "count", "share"])?;
    for (phase, tally) in scenario.phases().iter().zip(tallies) {
        for point in &tally.checkpoints {
            for (destination, count) in point.counts.iter().enumerate() {
                #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
                let share = *count as f64 / point.requests as f64;
                let version = version_of(scenario, phase, destination);
                csv.write_record([
                    phase.name(),
                    &point.requests.to_string(),
                    &version.name,
                    &count.to_string(),
                    &format!("{share:.9}"),
                ])?;
            }
        }
    }
    csv.flush()
}

/// `requests.csv`: a row per request, written as requests come.
#[derive(Debug)]
pub struct RequestsFile<'a, W: Write> {
    scenario: &'a Scenario,
    csv: csv::Writer<W>,
}

impl<'a, W: Write> RequestsFile<'a, W> {
    /// Begins the file with its header.
    ///
    /// # Errors
    /// What `out` returns.
    pub fn new(scenario: &'a Scenario, out: W) -> io::Result<Self> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(["request", "time_seconds", "phase", "version", "seen"])?;
        Ok(Self { scenario, csv })
    }

    /// Adds request number `index` (from 0; the file counts from 1).
    ///
    /// # Errors
    /// What the output returns.
    pub fn add(
        &mut self,
        index: u64,
        time: SimTime,
        phase: usize,
        destination: usize,
    ) -> io::Result<()> {
        let phase = &self.scenario.phases()[phase];
        let version = version_of(self.scenario, phase, destination);
        self.csv.write_record([
            &(index + 1).to_string(),
            &time.to_string(),
            phase.name(),
            &version.name,
            version.seen_as(),
        ])?;
        Ok(())
    }

    /// Completes the file.
    ///
    /// # Errors
    /// What the output returns.
    pub fn finish(mut self) -> io::Result<()> {
        self.csv.flush()
    }
}

fn version_of<'a>(
    scenario: &'a Scenario,
    phase: &Phase,
    destination: usize,
) -> &'a crate::scenario::Version {
    &scenario.versions()[phase.destinations()[destination].version.0]
}
