//! The log-normal distribution: ln S is normal with mean μ and standard deviation σ.
//!
//! p50 = exp μ and p99 = exp(μ + 2.326 σ); mean = exp(μ + σ²/2).

use std::sync::Arc;

use rand_distr::LogNormal as Sampler;

use super::parameters::{Z99, ordered};
use super::{Kind, Law, Parameter, Parameters, ServiceTimeError, fill_from};
use crate::random::Stream;

pub(super) const KIND: Kind = Kind {
    name: "log-normal",
    parameters: &[
        Parameter::time("p50"),
        Parameter::time("p99"),
        Parameter::time("mean"),
        Parameter::number("cv"),
    ],
    usage: "`p50` and `p99`, or `mean` and `cv` (standard deviation over mean)",
    build,
};

#[derive(Debug)]
struct LogNormal {
    mu: f64,
    sigma: f64,
    nanos: Sampler<f64>,
}

fn build(parameters: &Parameters) -> Result<Arc<dyn Law>, ServiceTimeError> {
    let (mu, sigma) = if let Some([p50, p99]) = parameters.exactly(["p50", "p99"]) {
        ordered(p50, p99)?;
        (p50.ln(), (p99 / p50).ln() / Z99)
    } else if let Some([mean, cv]) = parameters.exactly(["mean", "cv"]) {
        let variance = (cv * cv).ln_1p();
        (mean.ln() - variance / 2.0, variance.sqrt())
    } else {
        return Err(ServiceTimeError::Needs(KIND.usage));
    };
    let nanos = Sampler::new(mu + 1e9_f64.ln(), sigma)
        .map_err(|error| ServiceTimeError::Impossible(error.to_string()))?;
    Ok(Arc::new(LogNormal { mu, sigma, nanos }))
}

impl Law for LogNormal {
    fn mean(&self) -> f64 {
        (self.mu + self.sigma * self.sigma / 2.0).exp()
    }

    fn variance(&self) -> f64 {
        (self.sigma * self.sigma).exp_m1() * self.mean() * self.mean()
    }

    fn fill(&self, random: &mut Stream, nanos: &mut [u64]) {
        fill_from(&self.nanos, random, nanos);
    }
}
