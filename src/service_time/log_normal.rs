//! The log-normal distribution: ln S is normal with mean μ and standard deviation σ.
//!
//! p50 = exp μ and p99 = exp(μ + 2.326 σ); mean = exp(μ + σ²/2). Two of these, or the mean with the
//! coefficient of variation √(exp(σ²) − 1), give both parameters.

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
    usage: "`p50` and `p99`, `mean` and `p50`, `mean` and `p99`, or `mean` and `cv` (standard \
            deviation over mean)",
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
    } else if let Some([mean, p50]) = parameters.exactly(["mean", "p50"]) {
        (p50.ln(), spread_of_median(mean, p50)?)
    } else if let Some([mean, p99]) = parameters.exactly(["mean", "p99"]) {
        let sigma = spread_of_p99(mean, p99)?;
        (mean.ln() - sigma * sigma / 2.0, sigma)
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

/// σ, from mean = p50 · exp(σ²/2).
fn spread_of_median(mean: f64, p50: f64) -> Result<f64, ServiceTimeError> {
    if p50 < mean {
        return Ok((2.0 * (mean / p50).ln()).sqrt());
    }
    Err(ServiceTimeError::Impossible(
        "the mean must be above p50: a few slow requests draw it up".into(),
    ))
}

/// σ, from p99 = mean · exp(z σ − σ²/2), z the 99% quantile of the normal distribution; of the two
/// solutions the smaller one. The right side is at most exp(z²/2), at σ = z.
fn spread_of_p99(mean: f64, p99: f64) -> Result<f64, ServiceTimeError> {
    let rest = Z99 * Z99 - 2.0 * (p99 / mean).ln();
    if p99 > mean && rest >= 0.0 {
        return Ok(Z99 - rest.sqrt());
    }
    let most = (Z99 * Z99 / 2.0).exp();
    Err(ServiceTimeError::Impossible(format!(
        "p99 must be above the mean, and at most {most:.2} times it: slower ones would draw the \
         mean up"
    )))
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
