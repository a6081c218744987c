//! The Weibull distribution: P(S > t) = exp(−(t/λ)^k).
//!
//! Mean λ Γ(1 + 1/k); p50 = λ (ln 2)^(1/k) and p99 = λ (ln 100)^(1/k), so that
//! k = ln(ln 100 / ln 2) / ln(p99/p50).

use std::f64::consts::LN_2;
use std::sync::Arc;

use rand_distr::Weibull as Sampler;

use super::parameters::ordered;
use super::{Kind, Law, Parameter, Parameters, ServiceTimeError, fill_from};
use crate::random::Stream;

pub(super) const KIND: Kind = Kind {
    name: "weibull",
    parameters: &[
        Parameter::time("p50"),
        Parameter::time("p99"),
        Parameter::time("mean"),
        Parameter::number("shape"),
    ],
    usage: "`p50` and `p99`, or `mean` and `shape`",
    build,
};

#[derive(Debug)]
struct Weibull {
    scale: f64,
    shape: f64,
    nanos: Sampler<f64>,
}

fn build(parameters: &Parameters) -> Result<Arc<dyn Law>, ServiceTimeError> {
    let (scale, shape) = if let Some([p50, p99]) = parameters.exactly(["p50", "p99"]) {
        ordered(p50, p99)?;
        let shape = (100.0_f64.ln() / LN_2).ln() / (p99 / p50).ln();
        (p50 / LN_2.powf(1.0 / shape), shape)
    } else if let Some([mean, shape]) = parameters.exactly(["mean", "shape"]) {
        (mean / libm::tgamma(1.0 + 1.0 / shape), shape)
    } else {
        return Err(ServiceTimeError::Needs(KIND.usage));
    };
    let nanos = Sampler::new(scale * 1e9, shape)
        .map_err(|error| ServiceTimeError::Impossible(error.to_string()))?;
    Ok(Arc::new(Weibull {
        scale,
        shape,
        nanos,
    }))
}

impl Weibull {
    /// E\[S^n\] = λ^n Γ(1 + n/k).
    fn moment(&self, n: f64) -> f64 {
        self.scale.powf(n) * libm::tgamma(1.0 + n / self.shape)
    }
}

impl Law for Weibull {
    fn mean(&self) -> f64 {
        self.moment(1.0)
    }

    fn variance(&self) -> f64 {
        self.moment(2.0) - self.moment(1.0).powi(2)
    }

    fn fill(&self, random: &mut Stream, nanos: &mut [u64]) {
        fill_from(&self.nanos, random, nanos);
    }
}
