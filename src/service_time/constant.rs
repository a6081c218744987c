//! Every request takes the same time.

use std::sync::Arc;

use super::{Kind, Law, Parameter, Parameters, ServiceTimeError, whole_nanos};
use crate::random::Stream;

pub(super) const KIND: Kind = Kind {
    name: "constant",
    parameters: &[Parameter::time("mean")],
    usage: "`mean`",
    build,
};

#[derive(Debug)]
struct Constant {
    seconds: f64,
}

fn build(parameters: &Parameters) -> Result<Arc<dyn Law>, ServiceTimeError> {
    match parameters.exactly(["mean"]) {
        Some([seconds]) => Ok(Arc::new(Constant { seconds })),
        None => Err(ServiceTimeError::Needs(KIND.usage)),
    }
}

impl Law for Constant {
    fn mean(&self) -> f64 {
        self.seconds
    }

    fn variance(&self) -> f64 {
        0.0
    }

    fn fill(&self, _random: &mut Stream, nanos: &mut [u64]) {
        nanos.fill(whole_nanos(self.seconds * 1e9));
    }
}
