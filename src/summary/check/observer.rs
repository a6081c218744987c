//! Watches observations as they come: the tally, and the sequential test after every request.

use super::Settings;
use crate::stats::StatsError;
use crate::stats::sequential::multinomial::MultinomialEValue;
use crate::tally::ObservedTally;

/// Takes observations one by one, in constant memory.
#[derive(Debug, Clone)]
pub struct Observer {
    tally: ObservedTally,
    evidence: MultinomialEValue,
    targets: usize,
    alpha: f64,
    /// The logarithm near which the alarm is looked at closely.
    near_alarm: f64,
    first_alarm: Option<u64>,
    impossible: bool,
    failed: Option<StatsError>,
}

impl Observer {
    /// An observer that has seen nothing.
    ///
    /// # Errors
    /// [`StatsError::Domain`] if the concentration is not positive and finite.
    pub fn new(settings: &Settings) -> Result<Self, StatsError> {
        let weights: Vec<f64> = settings.target.weights().map(f64::from).collect();
        let alpha = settings.alpha();
        Ok(Self {
            tally: ObservedTally::new(weights.len()),
            evidence: MultinomialEValue::new(&weights, settings.concentration)?,
            targets: weights.len(),
            alpha,
            near_alarm: -alpha.ln() * 0.999,
            first_alarm: None,
            impossible: false,
            failed: None,
        })
    }

    /// The next request was answered by the version at that place; places beyond the target stand
    /// for versions that it does not know.
    pub fn record(&mut self, version: usize) {
        self.tally.record(version);
        if version >= self.targets {
            self.impossible = true;
        } else if let Err(error) = self.evidence.observe(version) {
            self.failed = Some(error);
        }
        let near = self.impossible || self.evidence.ln_value() >= self.near_alarm;
        if near && self.first_alarm.is_none() && self.alarm() {
            self.first_alarm = Some(self.tally.requests());
        }
    }

    /// So many requests, in no known order, were answered by the version at that place.
    pub fn add(&mut self, version: usize, count: u64) {
        self.impossible |= version >= self.targets && count > 0;
        self.tally.add(version, count);
    }

    /// Ends the observation: counts in no known order are looked at once, now.
    ///
    /// # Errors
    /// [`StatsError`] if the sequential test failed on the way.
    pub fn finish(mut self) -> Result<Self, StatsError> {
        self.tally = self.tally.finish();
        if !self.tally.is_ordered() {
            // Looks at requests before the first count are forgotten: their order is lost.
            self.first_alarm = None;
            let seen = self.evidence.counts().to_vec();
            let counts = &self.tally.counts()[..self.targets];
            let more: Vec<u64> = counts
                .iter()
                .zip(seen)
                .map(|(all, seen)| all - seen)
                .collect();
            self.evidence.observe_counts(&more)?;
        }
        self.failed.clone().map_or(Ok(self), Err)
    }

    /// What was observed.
    #[must_use]
    pub fn tally(&self) -> &ObservedTally {
        &self.tally
    }

    /// The sequential test, over the versions of the target.
    #[must_use]
    pub fn evidence(&self) -> &MultinomialEValue {
        &self.evidence
    }

    /// Whether a version was observed that the target does not know.
    #[must_use]
    pub fn is_impossible(&self) -> bool {
        self.impossible
    }

    /// The first request at which the test alarmed.
    #[must_use]
    pub fn first_alarm(&self) -> Option<u64> {
        self.first_alarm
    }

    /// Whether the test has alarmed.
    #[must_use]
    pub fn alarm(&self) -> bool {
        self.impossible || self.evidence.has_crossed(self.alpha)
    }
}
