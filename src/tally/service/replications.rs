//! What many replications of a run with backends gave, a figure per run.

use super::{Outcome, ServiceTally, VersionService};

/// The figures of at most so many replications are kept.
pub const MOST_RUNS: u64 = 10_000;

/// The figures of one version in one phase of one run; `None` where nothing was to be measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunFigures {
    /// The share of the requests with each outcome, in the order of [`Outcome::ALL`].
    pub shares: Option<[f64; 4]>,
    /// The mean time in seconds.
    pub mean: Option<f64>,
    /// The quantiles of the times in seconds, in the order of [`QUANTILES`].
    pub quantiles: [Option<f64>; 3],
}

/// The quantiles that are kept of each run.
pub const QUANTILES: [f64; 3] = [0.5, 0.95, 0.99];

impl RunFigures {
    #[expect(clippy::cast_precision_loss, reason = "shares are rounded")]
    fn of(service: &VersionService) -> Self {
        let requests = service.requests();
        let share = |outcome: Outcome| service.outcomes[outcome as usize] as f64 / requests as f64;
        Self {
            shares: (requests > 0).then(|| Outcome::ALL.map(share)),
            mean: service.latency.mean(),
            quantiles: QUANTILES.map(|quantile| service.latency.quantile(quantile)),
        }
    }
}

/// Replications, in their order: per phase, per version, a row per run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServiceReplications {
    /// Per phase: per version: the runs.
    pub phases: Vec<Vec<Vec<RunFigures>>>,
}

impl ServiceReplications {
    /// Adds a run.
    pub fn add(&mut self, tally: &ServiceTally) {
        self.phases.resize_with(tally.phases.len(), Vec::new);
        for (runs, versions) in self.phases.iter_mut().zip(&tally.phases) {
            runs.resize_with(versions.len(), Vec::new);
            for (runs, service) in runs.iter_mut().zip(versions) {
                runs.push(RunFigures::of(service));
            }
        }
    }

    /// Appends later runs.
    #[must_use]
    pub fn merge(mut self, later: Self) -> Self {
        if self.phases.is_empty() {
            return later;
        }
        for (ours, theirs) in self.phases.iter_mut().zip(later.phases) {
            for (ours, theirs) in ours.iter_mut().zip(theirs) {
                ours.extend(theirs);
            }
        }
        self
    }
}
