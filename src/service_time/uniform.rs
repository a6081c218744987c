//! Every time between two ends is equally likely.

use std::sync::Arc;

use rand::RngExt;

use super::{Kind, Law, Parameter, Parameters, ServiceTimeError, whole_nanos};
use crate::random::Stream;

pub(super) const KIND: Kind = Kind {
    name: "uniform",
    parameters: &[Parameter::time("from"), Parameter::time("to")],
    usage: "`from` and `to`",
    build,
};

#[derive(Debug)]
struct Uniform {
    from: f64,
    to: f64,
}

fn build(parameters: &Parameters) -> Result<Arc<dyn Law>, ServiceTimeError> {
    let [from, to] = parameters
        .exactly(["from", "to"])
        .ok_or(ServiceTimeError::Needs(KIND.usage))?;
    if from >= to {
        return Err(ServiceTimeError::Impossible(
            "`from` must be below `to`".into(),
        ));
    }
    Ok(Arc::new(Uniform { from, to }))
}

impl Law for Uniform {
    fn mean(&self) -> f64 {
        f64::midpoint(self.from, self.to)
    }

    fn variance(&self) -> f64 {
        (self.to - self.from).powi(2) / 12.0
    }

    fn fill(&self, random: &mut Stream, nanos: &mut [u64]) {
        let (from, width) = (self.from * 1e9, (self.to - self.from) * 1e9);
        for slot in nanos {
            *slot = whole_nanos(random.random::<f64>() * width + from);
        }
    }
}
