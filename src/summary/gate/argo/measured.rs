//! What the measurements of an analysis come to, each on its own.

use super::super::counted::{ATTEMPTS, Failing};
use super::super::exact::shares;
use super::{NEGLIGIBLE, NO_DATA, OTHER, SEVERAL};
use crate::rollout::{
    Analysis, ArgoMetric, ArgoMetricParts, CanaryWeight, GateTraffic, Judged, Measure, Route,
};
use crate::stats::StatsError;
use crate::stats::gates::measurements::{Limits, MeasurementLaw, MetricLaw, Phase, metric};
use crate::stats::gates::tick::{Requests, Shares};
use crate::units::to_f64;

/// The one metric that counts, if there is just one.
pub(super) fn the_metric(analysis: &Analysis) -> Result<&ArgoMetricParts, &'static str> {
    let all = || {
        let metrics = analysis.metrics().iter().map(ArgoMetric::parts);
        metrics.filter(|parts| !parts.dry_run)
    };
    let alone = all().count() == 1;
    let mut counted = all().filter(|parts| alone || !is_absent(parts));
    let (Some(parts), None) = (counted.next(), counted.next()) else {
        return Err(SEVERAL);
    };
    match &parts.measure {
        Measure::SuccessRate | Measure::NotSimulated { .. } => Ok(parts),
        Measure::LatencyQuantile { .. } => Err(OTHER),
    }
}

/// Whether a metric always succeeds and takes no time, so that it is as good as absent.
fn is_absent(parts: &ArgoMetricParts) -> bool {
    let at_once = parts.initial_delay.is_zero() && parts.count.is_none_or(|count| count <= 1);
    let always = matches!(
        &parts.measure,
        Measure::NotSimulated { successful, .. } if *successful.numer() == *successful.denom()
    );
    always && at_once && parts.interval.is_none()
}

/// What a measurement comes to; `before` is all traffic until then, if it can be told.
pub(super) fn measurement(
    parts: &ArgoMetricParts,
    requests: Requests,
    before: Option<Requests>,
    (traffic, weight): (&GateTraffic, f64),
) -> Result<Result<Measured, &'static str>, StatsError> {
    if let Measure::NotSimulated { successful, .. } = &parts.measure {
        return Ok(Ok(Measured::given(to_f64(*successful))));
    }
    let (requests, failing) =
        Failing::at(Route::users(CanaryWeight::ALL), traffic).weighted(requests, weight);
    let law = |accepted: &Shares| failing.check(requests, accepted);
    let Some(any) = law(&Shares::default())? else {
        return Ok(Err(ATTEMPTS));
    };
    let (none, data) = (requests.none(), any.pass);
    let (success, failure) = (
        parts.success.as_ref().map(shares),
        parts.failure.as_ref().map(shares),
    );
    let passes = |accepted: &Shares| -> Result<f64, StatsError> {
        Ok(law(accepted)?.map_or(0.0, |law| law.pass))
    };
    let (mut successful, mut failed) = match (&success, &failure) {
        (None, None) => (data, 0.0),
        (Some(success), None) => law(success)?.map_or((0.0, 0.0), |law| (law.pass, law.fail)),
        (None, Some(failure)) => law(failure)?.map_or((0.0, 0.0), |law| (law.fail, law.pass)),
        (Some(success), Some(failure)) => {
            let both = passes(&success.and(*failure))?;
            ((passes(success)? - both).max(0.0), passes(failure)?)
        }
    };
    let mut inconclusive = (data - successful - failed).max(0.0);
    if inconclusive < NEGLIGIBLE {
        inconclusive = 0.0;
    }
    let mut failed_without_data = 0.0;
    if none > NEGLIGIBLE {
        // Whether the series is there at all: only if nothing has ever come, or something has.
        let never = before.map_or(0.0, Requests::none);
        let judged = if parts.empty == parts.nan || never < NEGLIGIBLE {
            parts.nan
        } else if never > 1.0 - NEGLIGIBLE {
            parts.empty
        } else {
            return Ok(Err(NO_DATA));
        };
        match judged {
            Judged::Successful => successful += none,
            Judged::Failed => {
                failed += none;
                failed_without_data = none;
            }
            Judged::Inconclusive => inconclusive += none,
            Judged::Error => return Ok(Err(NO_DATA)),
        }
    }
    let law = MeasurementLaw {
        successful,
        failed,
        inconclusive,
        error: 0.0,
    };
    Ok(Ok(Measured {
        law,
        failed_without_data,
    }))
}

/// What a measurement comes to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    law: MeasurementLaw,
    /// The part of `law.failed` that had no data.
    failed_without_data: f64,
}

impl Measured {
    /// Of something that is not simulated, successful with that probability.
    fn given(successful: f64) -> Self {
        Self {
            law: MeasurementLaw {
                successful,
                failed: 1.0 - successful,
                inconclusive: 0.0,
                error: 0.0,
            },
            failed_without_data: 0.0,
        }
    }
}

/// The measurements of an analysis.
#[derive(Debug, Default)]
pub(super) struct Laws(Vec<Measured>);

impl Laws {
    pub(super) fn push(&mut self, measured: Measured) {
        self.0.push(measured);
    }

    pub(super) fn metric(&self, parts: &ArgoMetricParts) -> Result<MetricLaw, StatsError> {
        let laws: Vec<MeasurementLaw> = self.0.iter().map(|measured| measured.law).collect();
        metric(&laws, &limits(parts))
    }

    /// P(failed, and at least one failed measurement had no data): what is missing where such
    /// measurements are taken out.
    pub(super) fn rolled_back_without_data(
        &self,
        parts: &ArgoMetricParts,
    ) -> Result<f64, StatsError> {
        if self
            .0
            .iter()
            .all(|measured| measured.failed_without_data == 0.0)
        {
            return Ok(0.0);
        }
        let with_data = |measured: &Measured| MeasurementLaw {
            failed: measured.law.failed - measured.failed_without_data,
            ..measured.law
        };
        let clean: Vec<MeasurementLaw> = self.0.iter().map(with_data).collect();
        let clean = metric(&clean, &limits(parts))?.probability(Phase::Failed);
        Ok((self.metric(parts)?.probability(Phase::Failed) - clean).max(0.0))
    }
}

fn limits(parts: &ArgoMetricParts) -> Limits {
    Limits {
        count: match (parts.count, parts.interval) {
            (None, None) => Some(1),
            (count, _) => count,
        },
        failures: parts.failure_limit,
        inconclusive: parts.inconclusive_limit,
        errors_in_a_row: parts.consecutive_error_limit,
        successes_in_a_row: parts.consecutive_success_limit,
    }
}
