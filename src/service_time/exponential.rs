//! The exponential distribution: P(S > t) = exp(−t / mean).

use std::f64::consts::LN_2;
use std::sync::Arc;

use rand_distr::{Distribution, Exp1};

use super::{Kind, Law, Parameter, Parameters, ServiceTimeError, whole_nanos};
use crate::random::Stream;

pub(super) const KIND: Kind = Kind {
    name: "exponential",
    parameters: &[
        Parameter::time("mean"),
        Parameter::time("p50"),
        Parameter::time("p99"),
    ],
    usage: "one of `mean`, `p50` and `p99`",
    build,
};

#[derive(Debug)]
struct Exponential {
    mean: f64,
}

fn build(parameters: &Parameters) -> Result<Arc<dyn Law>, ServiceTimeError> {
    let scaled = |key, quantile: f64| parameters.exactly([key]).map(|[value]| value / quantile);
    let mean = scaled("mean", 1.0)
        .or_else(|| scaled("p50", LN_2))
        .or_else(|| scaled("p99", 100.0_f64.ln()));
    match mean {
        Some(mean) => Ok(Arc::new(Exponential { mean })),
        None => Err(ServiceTimeError::Needs(KIND.usage)),
    }
}

impl Law for Exponential {
    fn mean(&self) -> f64 {
        self.mean
    }

    fn variance(&self) -> f64 {
        self.mean * self.mean
    }

    fn fill(&self, random: &mut Stream, nanos: &mut [u64]) {
        let mean = self.mean * 1e9;
        for slot in nanos {
            let unit: f64 = Exp1.sample(random);
            *slot = whole_nanos(unit * mean);
        }
    }
}
