//! The gamma distribution with shape k and mean m: variance m²/k. Shape 1 is exponential; a whole
//! shape is Erlang's.

use std::sync::Arc;

use rand_distr::Gamma as Sampler;

use super::{Kind, Law, Parameter, Parameters, ServiceTimeError, fill_from};
use crate::random::Stream;

pub(super) const KIND: Kind = Kind {
    name: "gamma",
    parameters: &[
        Parameter::time("mean"),
        Parameter::number("shape"),
        Parameter::number("cv"),
    ],
    usage: "`mean` and `shape`, or `mean` and `cv` (standard deviation over mean)",
    build,
};

#[derive(Debug)]
struct Gamma {
    mean: f64,
    shape: f64,
    nanos: Sampler<f64>,
}

fn build(parameters: &Parameters) -> Result<Arc<dyn Law>, ServiceTimeError> {
    let by_cv = || {
        let [mean, cv] = parameters.exactly(["mean", "cv"])?;
        Some([mean, 1.0 / (cv * cv)])
    };
    let [mean, shape] = parameters
        .exactly(["mean", "shape"])
        .or_else(by_cv)
        .ok_or(ServiceTimeError::Needs(KIND.usage))?;
    let nanos = Sampler::new(shape, mean / shape * 1e9)
        .map_err(|error| ServiceTimeError::Impossible(error.to_string()))?;
    Ok(Arc::new(Gamma { mean, shape, nanos }))
}

impl Law for Gamma {
    fn mean(&self) -> f64 {
        self.mean
    }

    fn variance(&self) -> f64 {
        self.mean * self.mean / self.shape
    }

    fn fill(&self, random: &mut Stream, nanos: &mut [u64]) {
        fill_from(&self.nanos, random, nanos);
    }
}
