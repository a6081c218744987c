//! Is what was observed consistent with the target? Joins observed counts with their exact tests.
//!
//! The verdict follows one rule. *Not consistent* when the exact p-value of all counts together is
//! below 1 − confidence; else *consistent* when the simultaneous interval of every share lies
//! within target ± tolerance; else *no contradiction yet*, with the number of requests that would
//! confirm the tolerance. The order of the requests has a verdict of its own, which the first one
//! does not depend on.

mod advice;
mod confirm;
mod counts;
mod draw;
mod findings;
mod observer;
mod order;
mod sequential;
mod target;
mod types;

pub use draw::figures;
pub use observer::Observer;
pub use target::{Target, TargetError};
pub use types::*;

use super::Warning;
use crate::stats::StatsError;
use crate::units::{ConfidenceLevel, Tolerance, to_f64};

/// What the observations are held against.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The configured split.
    pub target: Target,
    /// What counts as near the target.
    pub tolerance: Tolerance,
    /// The level of intervals and verdicts.
    pub confidence: ConfidenceLevel,
    /// How sharply the prior of the sequential test is centred on the target; above zero.
    pub concentration: f64,
}

impl Settings {
    /// The probability of a false alarm that the confidence level leaves.
    #[must_use]
    pub fn alpha(&self) -> f64 {
        to_f64(crate::units::Rational::from_integer(1) - self.confidence.percent() / 100)
    }
}

/// What is known about the input beside the observations.
#[derive(Debug, Clone, PartialEq)]
pub struct Provenance {
    /// Where the observations come from.
    pub source: String,
    /// What the input was taken for, in words.
    pub recognised: String,
    /// The versions of the target, then those that were met beside them.
    pub versions: Vec<String>,
    /// Lines that name no version.
    pub skipped: SkippedSummary,
    /// What a reader should know about the input.
    pub warnings: Vec<Warning>,
}

/// Judges what an observer saw.
///
/// # Errors
/// [`StatsError`] if a statistic cannot be given to the promised precision.
pub fn summarise(
    settings: &Settings,
    provenance: Provenance,
    observer: &Observer,
) -> Result<CheckSummary, StatsError> {
    let tally = observer.tally();
    let shares = settings.target.shares_of(provenance.versions.len());
    let mut observed = tally.counts().to_vec();
    observed.resize(shares.len(), 0);
    let versions = counts::rows(settings, &provenance.versions, &shares, &observed)?;
    let p_value = counts::joint(&shares, &observed)?;
    let verdict = verdict(settings, p_value.value, &versions);
    let mut summary = CheckSummary {
        shiftsim: env!("CARGO_PKG_VERSION"),
        source: provenance.source,
        recognised: provenance.recognised,
        target: settings.target.words(),
        tolerance_points: to_f64(settings.tolerance.points()),
        confidence_percent: to_f64(settings.confidence.percent()),
        requests: tally.requests(),
        interval_method: counts::INTERVAL,
        versions,
        p_value,
        sequential: sequential::summarise(settings, observer)?,
        order: order::summarise(settings, tally)?,
        verdict,
        confirmed_points: 0.0,
        requests_to_confirm: None,
        findings: Vec::new(),
        what_to_do: String::new(),
        skipped: provenance.skipped,
        warnings: provenance.warnings,
    };
    summary.confirmed_points = counts::confirmed_points(&summary.versions);
    if verdict == Verdict::NoContradictionYet {
        summary.requests_to_confirm = confirm::requests(settings, &shares, &observed)?;
    }
    summary.findings = findings::sentences(settings, &shares, &summary)?;
    summary.what_to_do = advice::what_to_do(&summary);
    Ok(summary)
}

fn verdict(settings: &Settings, p_value: f64, versions: &[CheckedVersion]) -> Verdict {
    if p_value < settings.alpha() {
        return Verdict::NotConsistent;
    }
    match versions.iter().all(|version| version.interval_within) {
        true => Verdict::Consistent,
        false => Verdict::NoContradictionYet,
    }
}

#[cfg(test)]
mod tests;
