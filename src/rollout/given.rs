//! Metrics that are not simulated, and the probabilities that are given for them.

use super::{Analysis, ArgoMetric, Controller, Flagger, Measure, Rollout, RolloutError};
use crate::units::Rational;

impl Rollout {
    /// The metrics that are not simulated, each once: name, and P(successful).
    #[must_use]
    pub fn not_simulated(&self) -> Vec<(&str, Rational)> {
        let mut found: Vec<(&str, Rational)> = Vec::new();
        for measure in self.measures() {
            if let Measure::NotSimulated { name, successful } = measure
                && !found.iter().any(|(other, _)| other == name)
            {
                found.push((name, *successful));
            }
        }
        found
    }

    fn measures(&self) -> Vec<&Measure> {
        match &self.controller {
            Controller::Flagger(flagger) => flagger
                .checks()
                .iter()
                .map(|check| &check.measure)
                .collect(),
            Controller::Argo(argo) => {
                let metrics = argo.analyses().flat_map(Analysis::metrics);
                metrics.map(|metric| &metric.parts().measure).collect()
            }
            Controller::Staged(_) | Controller::Schedule(_) => Vec::new(),
        }
    }

    /// The same rollout where a metric that is not simulated is successful with that probability.
    ///
    /// # Errors
    /// [`RolloutError::Share`] unless `successful` lies in [0, 1].
    pub fn with_given(&self, wanted: &str, successful: Rational) -> Result<Self, RolloutError> {
        if successful > Rational::from_integer(1) {
            return Err(RolloutError::Share("probability of a metric"));
        }
        let changed = |measure: &Measure| match measure {
            Measure::NotSimulated { name, .. } if name == wanted => Measure::NotSimulated {
                name: name.clone(),
                successful,
            },
            other => other.clone(),
        };
        let controller = match &self.controller {
            Controller::Flagger(flagger) => {
                let checks = flagger.checks().iter().map(|check| {
                    let mut check = check.clone();
                    check.measure = changed(&check.measure);
                    check
                });
                Controller::Flagger(Flagger::new(
                    flagger.interval(),
                    flagger.threshold(),
                    flagger.strategy().clone(),
                    checks.collect(),
                )?)
            }
            Controller::Argo(argo) => Controller::Argo(argo.with_metrics(&|metric| {
                let mut parts = metric.parts().clone();
                parts.measure = changed(&parts.measure);
                ArgoMetric::new(parts)
            })?),
            Controller::Staged(_) | Controller::Schedule(_) => self.controller.clone(),
        };
        Ok(Self {
            name: self.name.clone(),
            controller,
        })
    }
}
