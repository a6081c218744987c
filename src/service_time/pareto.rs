//! The Pareto distribution: P(S > t) = (m/t)^α for t ≥ m.
//!
//! Mean α m/(α − 1), infinite for α ≤ 1, which is refused; variance infinite for α ≤ 2.
//! p50 = m 2^(1/α) and p99 = m 100^(1/α), so that α = ln 50 / ln(p99/p50).

use std::sync::Arc;

use rand_distr::Pareto as Sampler;

use super::parameters::ordered;
use super::{Kind, Law, Parameter, Parameters, ServiceTimeError, fill_from};
use crate::random::Stream;

pub(super) const KIND: Kind = Kind {
    name: "pareto",
    parameters: &[
        Parameter::time("p50"),
        Parameter::time("p99"),
        Parameter::time("mean"),
        Parameter::number("shape"),
    ],
    usage: "`p50` and `p99`, or `mean` and `shape` (above 1)",
    build,
};

#[derive(Debug)]
struct Pareto {
    least: f64,
    shape: f64,
    nanos: Sampler<f64>,
}

fn build(parameters: &Parameters) -> Result<Arc<dyn Law>, ServiceTimeError> {
    let (least, shape) = if let Some([p50, p99]) = parameters.exactly(["p50", "p99"]) {
        ordered(p50, p99)?;
        let shape = 50.0_f64.ln() / (p99 / p50).ln();
        if shape <= 1.0 {
            return Err(ServiceTimeError::Impossible(
                "p99 must be less than 50 times p50: beyond it, a Pareto distribution has no mean, \
                 and replicas would never be done"
                    .into(),
            ));
        }
        (p50 / 2.0_f64.powf(1.0 / shape), shape)
    } else if let Some([mean, shape]) = parameters.exactly(["mean", "shape"]) {
        if shape <= 1.0 {
            return Err(ServiceTimeError::Impossible(
                "a Pareto distribution has a mean only if its `shape` is above 1".into(),
            ));
        }
        (mean * (shape - 1.0) / shape, shape)
    } else {
        return Err(ServiceTimeError::Needs(KIND.usage));
    };
    let nanos = Sampler::new(least * 1e9, shape)
        .map_err(|error| ServiceTimeError::Impossible(error.to_string()))?;
    Ok(Arc::new(Pareto {
        least,
        shape,
        nanos,
    }))
}

impl Law for Pareto {
    fn mean(&self) -> f64 {
        self.shape * self.least / (self.shape - 1.0)
    }

    fn variance(&self) -> f64 {
        if self.shape <= 2.0 {
            return f64::INFINITY;
        }
        let over = self.shape - 1.0;
        self.least.powi(2) * self.shape / (over * over * (self.shape - 2.0))
    }

    fn fill(&self, random: &mut Stream, nanos: &mut [u64]) {
        fill_from(&self.nanos, random, nanos);
    }
}
