//! Times that were measured: each value of a list is equally likely.

use std::sync::Arc;

use rand::RngExt;

use super::{Kind, Law, Parameter, ParameterKind, Parameters, ServiceTimeError, whole_nanos};
use crate::random::Stream;

pub(super) const KIND: Kind = Kind {
    name: "empirical",
    parameters: &[Parameter {
        key: "values",
        kind: ParameterKind::Times,
    }],
    usage: "`values`, a list of durations",
    build,
};

#[derive(Debug)]
struct Empirical {
    seconds: Vec<f64>,
    nanos: Vec<u64>,
}

fn build(parameters: &Parameters) -> Result<Arc<dyn Law>, ServiceTimeError> {
    let seconds = parameters
        .list()
        .filter(|times| !times.is_empty())
        .ok_or(ServiceTimeError::Needs(KIND.usage))?;
    Ok(Arc::new(Empirical {
        nanos: seconds.iter().map(|time| whole_nanos(time * 1e9)).collect(),
        seconds: seconds.to_vec(),
    }))
}

#[expect(clippy::cast_precision_loss, reason = "lists are far below 2^53")]
fn average(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

impl Law for Empirical {
    fn mean(&self) -> f64 {
        average(self.seconds.iter().copied())
    }

    fn variance(&self) -> f64 {
        let mean = self.mean();
        average(self.seconds.iter().map(|time| (time - mean).powi(2)))
    }

    fn fill(&self, random: &mut Stream, nanos: &mut [u64]) {
        for slot in nanos {
            *slot = self.nanos[random.random_range(0..self.nanos.len())];
        }
    }
}
